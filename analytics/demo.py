"""A past for the demo organizations: what was used on each day, and the figures and scores computed from it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast, Least, Now
from django.utils import timezone

from analytics.features import VISIT
from analytics.models import FeatureUse
from analytics.services.daily_metrics import calculate
from analytics.services.health_scores import score
from jobs.models import JobAttempt, JobRun
from rostering.demo.seeding import also_seed
from rostering.models import Notification, Organization, Roster, Shift, Staff
from rostering.selectors.periods import Period, today

USE_DAYS = 42
SCORED_DAYS = 14
CUSTOMER_DAYS = 120
PLANNED_AHEAD = timedelta(days=21)
"""So long before their first day rosters are planned by hand, and checked for `CHECKED` before they are published."""
GENERATED_AHEAD = timedelta(days=5)
CHECKED = timedelta(days=2)


@dataclass(frozen=True)
class Habit:
    """How a customer used Muster: on which weekdays, what, and how many days ago it began to fade away."""

    weekdays: frozenset[int]
    features: tuple[str, ...]
    fades_since: int = 0


HABITS = {
    "northgate": Habit(frozenset(range(6)), ("edit", "replace", "gaps", "publish", "export", "import")),
    "willow": Habit(frozenset(range(5)), ("edit", "replace", "publish", "import"), fades_since=18),
}
ORDINARY = Habit(frozenset(range(5)), ("edit", "publish"))


def seed_history(organization: Organization) -> None:
    """Date the organization's rows back, invent its use, and compute what follows from both by the real services."""
    _date_back(organization)
    last = today(organization) - timedelta(days=1)
    first = last - timedelta(days=USE_DAYS - 1)
    FeatureUse.objects.bulk_create(_use(organization, Period(organization, first, last)))
    _note_generated(organization)
    calculate(Period(organization, first, last))
    now = timezone.now()
    for days_ago in range(SCORED_DAYS, -1, -1):
        score(organization, at=now - timedelta(days=days_ago))


def _date_back(organization: Organization) -> None:
    begun = timezone.now() - timedelta(days=CUSTOMER_DAYS)
    Organization.objects.filter(pk=organization.pk).update(created_at=begun)
    organization.created_at = begun
    staff = Staff.objects.owned_by(organization).filter(employed_from__lte=today(organization))
    staff.update(created_at=Cast(F("employed_from"), DateTimeField()))
    Shift.objects.owned_by(organization).update(created_at=Least(F("starts_at") - PLANNED_AHEAD, Now()))
    for roster in Roster.objects.owned_by(organization):
        made = _noon(roster.start_date) - (GENERATED_AHEAD if roster.job_id else PLANNED_AHEAD)
        published = made + CHECKED
        Roster.objects.filter(pk=roster.pk).update(created_at=made, published_at=published)
        told = Notification.objects.owned_by(organization).filter(key__startswith=f"roster.published:{roster.pk}:")
        told.update(created_at=published)
        if roster.job_id:
            _date_job(roster.job_id, made, timedelta(seconds=roster.solve_seconds or 0))


def _date_job(job: uuid.UUID, made: datetime, took: timedelta) -> None:
    """As if it had begun when it was asked for, and taken as long as the solver did."""
    JobRun.objects.filter(pk=job).update(queued_at=made, started_at=made, claimed_at=made, completed_at=made + took)
    JobAttempt.objects.filter(job=job).update(started_at=made, ended_at=made + took)


def _note_generated(organization: Organization) -> None:
    """Who generated a roster and published it used both, on whatever day; a day without use gets its person."""
    for roster in Roster.objects.owned_by(organization).exclude(job=None):
        for moment, feature in ((roster.created_at, "generate"), (roster.published_at, "publish")):
            day = moment.astimezone(organization.tz).date()
            if day >= today(organization):
                continue
            uses = FeatureUse.objects.owned_by(organization).filter(day=day)
            actor = uses.values_list("actor", flat=True).first() or "5eed" * 4
            for used in (VISIT, feature):
                use = {"organization": organization, "day": day, "feature": used, "actor": actor}
                FeatureUse.objects.get_or_create(**use, defaults={"times": 1})


def _use(organization: Organization, period: Period) -> Iterator[FeatureUse]:
    """One person's use, for each demo organization has one member."""
    habit = HABITS.get(organization.slug, ORDINARY)
    chance = random.Random(f"use of {organization.slug}")  # noqa: S311 – repeatable, not secret
    for day in period.days:
        actor, drawn = f"{chance.getrandbits(64):016x}", [chance.random() for _ in habit.features]
        fading = habit.fades_since and (period.last - day).days < habit.fades_since
        if day.weekday() not in habit.weekdays or (fading and day.weekday() not in (0, 3)):
            continue
        used = [name for name, luck in zip(habit.features, drawn, strict=True) if luck < (0.2 if fading else 0.5)]
        for feature in (VISIT, *used):
            times = chance.randint(5, 40) if feature == VISIT else chance.randint(1, 6)
            yield FeatureUse(organization=organization, day=day, feature=feature, actor=actor, times=times)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


also_seed(seed_history)
