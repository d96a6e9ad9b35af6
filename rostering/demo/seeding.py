"""Putting the demo into a database, and taking it out again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from jobs.models import JobRun
from jobs.states import ACTIVE
from rostering.demo.building import Builder
from rostering.demo.generating import publish_generated
from rostering.demo.history import publish_history
from rostering.demo.northgate import NORTHGATE
from rostering.demo.specs import OrganizationSpec
from rostering.demo.willow import WILLOW
from rostering.exceptions import Conflict
from rostering.models import Membership, Organization, Role
from rostering.services.expiry_alerts import create_alerts
from rostering.services.mailing import wake

ORGANIZATIONS = (NORTHGATE, WILLOW)
PLATFORM_STAFF = "admin"
log = logging.getLogger(__name__)
_more: list[Callable[[Organization], None]] = []


def also_seed(more: Callable[[Organization], None]) -> None:
    """Have another app add what is its own to each demo organization, in the same transaction."""
    _more.append(more)


def seed(*, first_day: date | None = None) -> list[Organization]:
    """Make the demo organizations that do not exist, with two published weeks before `first_day` and demand for four
    after it, and the demo users with their names as passwords; returns what was made. All or nothing. Whom it is due,
    is told of certifications that run out.

    Without a first day it is the next Monday in each organization's own time, never today.
    """
    made = []
    with transaction.atomic():
        for spec in ORGANIZATIONS:
            if not Organization.objects.filter(slug=spec.slug).exists():
                made.append(_make(spec, first_day))
        # Last: in a fresh demo, user 1 and organization 1 are those that existing clients' examples name.
        _user(PLATFORM_STAFF, superuser=True)
    return made


def remove() -> None:
    """Delete the demo organizations with all that is theirs; raises Conflict while one of their jobs runs."""
    with transaction.atomic():
        found = Organization.objects.filter(slug__in=[spec.slug for spec in ORGANIZATIONS])
        jobs = JobRun.objects.filter(organization_id__in=found.values("pk"))
        if jobs.filter(status__in=ACTIVE).exists():
            raise Conflict("A job of a demo organization is still running; wait for it or cancel it first.")
        jobs.delete()
        found.delete()


def next_monday(today: date) -> date:
    """The first Monday after the date."""
    return today + timedelta(days=7 - today.weekday())


def _make(spec: OrganizationSpec, first_day: date | None) -> Organization:
    manager = _user(spec.manager)
    first = first_day or next_monday(timezone.localdate(timezone=ZoneInfo(spec.time_zone)))
    organization = Builder(spec, first).build()
    Membership.objects.create(organization=organization, user=manager, role=Role.MANAGER)
    _publish_past(organization, spec, first, manager)
    for more in _more:
        more(organization)
    if create_alerts(organization=organization):
        transaction.on_commit(wake, robust=True)
    return organization


def _publish_past(organization: Organization, spec: OrganizationSpec, first: date, manager: User) -> None:
    """By hand but for the site that is generated; all by hand should that fail, for the demo is more than its past."""
    if spec.generated:
        try:
            with transaction.atomic():
                publish_history(organization=organization, first=first, by=manager, but=spec.generated)
                publish_generated(organization=organization, site=spec.generated, first=first, by=manager)
            return
        except Conflict as conflict:
            log.warning("%s", " ".join([conflict.sentence, *conflict.violations]))
    publish_history(organization=organization, first=first, by=manager)


def _user(name: str, *, superuser: bool = False) -> User:
    """The demo user of this name, whose password is the name; whoever already has the name becomes that user."""
    user, _ = get_user_model().objects.get_or_create(username=name)
    user.email, user.is_staff, user.is_superuser, user.is_active = f"{name}@muster.example", True, superuser, True
    user.set_password(name)
    user.save()
    return user
