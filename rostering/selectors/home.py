"""What the home page shows of an organization; the number of queries depends on nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from jobs.models import JobRun
from jobs.states import ACTIVE
from rostering.models import (
    Contract,
    Membership,
    Organization,
    Roster,
    Shift,
    ShiftType,
    Site,
    Staff,
)
from rostering.selectors.expiry import Ending, expiring

SHOWN = 6


@dataclass(frozen=True)
class Step:
    """Something to set up before rosters can be made."""

    sentence: str
    page: str
    done: bool


def expiring_first(organization: Organization) -> list[Ending]:
    """Certifications that run out soon or have, those that uncover most future shifts first. Two queries."""
    return sorted(expiring(organization), key=lambda ending: -ending.uncovered)[:SHOWN]


def jobs_of(organization: Organization) -> list[JobRun]:
    """Its jobs that wait or run, and else the last that ended. One query."""
    recent = list(JobRun.objects.filter(organization_id=organization.pk).order_by("-queued_at", "-id")[:SHOWN])
    return [job for job in recent if job.status in ACTIVE] or recent[:2]


def drafts(organization: Organization) -> QuerySet[Roster]:
    """Drafts that could be published. One query."""
    rows = Roster.objects.owned_by(organization).filter(status=Roster.Status.DRAFT).exclude(coverage=None)
    found: QuerySet[Roster] = rows.order_by("-created_at")[:4]
    return found


def published_for(organization: Organization, first: date, last: date) -> Roster | None:
    """The published roster that covers all these dates, the latest of several. One query."""
    return _rosters(organization, Roster.Status.PUBLISHED).filter(start_date__lte=first, end_date__gte=last).last()


def has_draft(organization: Organization, first: date, last: date) -> bool:
    """Whether a draft, made or in the making, touches these dates. One query."""
    return _rosters(organization, Roster.Status.DRAFT).filter(start_date__lte=last, end_date__gte=first).exists()


def _rosters(organization: Organization, status: Roster.Status) -> QuerySet[Roster]:
    return Roster.objects.owned_by(organization).filter(status=status).order_by("pk")


def steps(organization: Organization) -> list[Step]:
    """What a new organization does first, in order; six cheap queries."""
    owned: list[tuple[str, str, Any]] = [
        ("Add your first site", "rostering_site_add", Site),
        ("Add shift types, such as early, late and night", "rostering_shifttype_add", ShiftType),
        ("Add contracts: weekly hours, premiums, rules", "rostering_contract_add", Contract),
        ("Add or import staff", "rostering_staff_changelist", Staff),
        ("Make shifts, from patterns or a file", "rostering_shiftpattern_changelist", Shift),
        ("Generate a roster", "rostering_roster_generate", Roster),
    ]
    return [
        Step(sentence, f"admin:{page}", model.objects.owned_by(organization).exists())
        for sentence, page, model in owned
    ]


def all_organizations() -> QuerySet[Any]:
    """Every organization with its size, for platform staff who chose none. One query."""

    def counted(model: Any, **only: Any) -> Coalesce:
        rows = model.objects.filter(organization=OuterRef("pk"), **only).order_by()
        return Coalesce(Subquery(rows.values("organization").annotate(n=Count("*")).values("n")), 0)

    running = (
        JobRun.objects.filter(organization_id=OuterRef("pk"), status__in=ACTIVE)
        .order_by()
        .values("organization_id")
        .annotate(n=Count("*"))
        .values("n")
    )
    return Organization.objects.annotate(
        people=counted(Staff, active=True),
        places=counted(Site, active=True),
        published=counted(Roster, status=Roster.Status.PUBLISHED),
        members=counted(Membership),
        running=Coalesce(Subquery(running), 0),
    )
