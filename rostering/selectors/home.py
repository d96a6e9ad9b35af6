"""What the home page shows of an organization; the number of queries depends on nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from jobs.models import JobRun
from jobs.states import ACTIVE
from rostering.models import (
    Assignment,
    Contract,
    Membership,
    Organization,
    Roster,
    Shift,
    ShiftType,
    Site,
    Staff,
)
from rostering.selectors.demand import ZONE_MARGIN, local_midnight
from rostering.selectors.expiry import expiring

SHOWN = 6


@dataclass
class DayCover:
    """Places of a date and how many of them somebody is published for."""

    date: date
    places: int = 0
    filled: int = 0

    @property
    def open(self) -> int:
        return self.places - self.filled


@dataclass
class Week:
    """Seven days' cover."""

    label: str
    days: list[DayCover] = field(default_factory=list)

    @property
    def places(self) -> int:
        return sum(day.places for day in self.days)

    @property
    def open(self) -> int:
        return sum(day.open for day in self.days)

    @property
    def coverage(self) -> float | None:
        """Percent of places filled; None where there is nothing to fill."""
        return 100 * (self.places - self.open) / self.places if self.places else None


@dataclass(frozen=True)
class Step:
    """Something to set up before rosters can be made."""

    sentence: str
    page: str
    done: bool


def two_weeks(organization: Organization) -> list[Week]:
    """This week and the next, by day. One query."""
    today = timezone.now().astimezone(organization.tz).date()
    first = today - timedelta(days=(today.weekday() - organization.week_start) % 7)
    days = [DayCover(first + timedelta(days=offset)) for offset in range(14)]
    by_date = {day.date: day for day in days}
    taken = (
        Assignment.objects.filter(shift=OuterRef("pk"), state=Roster.Status.PUBLISHED)
        .order_by()
        .values("shift")
        .annotate(number=Count("*"))
        .values("number")
    )
    shifts = Shift.objects.owned_by(organization).filter(
        starts_at__gte=local_midnight(first, organization) - ZONE_MARGIN,
        starts_at__lt=local_midnight(first + timedelta(days=14), organization) + ZONE_MARGIN,
        site__active=True,
    )
    rows = (
        shifts.order_by()
        .annotate(taken=Coalesce(Subquery(taken), 0))
        .values("starts_at", "site__time_zone")
        .annotate(places=Sum("headcount"), filled=Sum(Least(F("headcount"), F("taken"))))
    )
    for row in rows:
        zone = ZoneInfo(row["site__time_zone"] or organization.time_zone)
        if day := by_date.get(row["starts_at"].astimezone(zone).date()):
            day.places += row["places"]
            day.filled += row["filled"]
    return [Week("This week", days[:7]), Week("Next week", days[7:])]


def next_shifts(organization: Organization) -> list[Any]:
    """The next shifts, with how many people are published for each. One query."""
    published = Count("assignments", filter=Q(assignments__state=Roster.Status.PUBLISHED))
    shifts = Shift.objects.owned_by(organization).filter(starts_at__gte=timezone.now(), site__active=True)
    shifts = shifts.select_related("site__organization", "shift_type").annotate(people=published)
    return list(shifts.order_by("starts_at", "site__code", "pk")[:SHOWN])


def expiring_first(organization: Organization) -> list[Any]:
    """Certifications that run out soon or have, those that uncover most future shifts first. One query."""
    return list(expiring(organization).order_by("-uncovered", "expires", "staff__last_name")[:SHOWN])


def jobs_of(organization: Organization) -> list[JobRun]:
    """Its jobs that wait or run, and else the last that ended. One query."""
    recent = list(JobRun.objects.filter(organization_id=organization.pk).order_by("-queued_at", "-id")[:SHOWN])
    return [job for job in recent if job.status in ACTIVE] or recent[:2]


def drafts(organization: Organization) -> QuerySet[Roster]:
    """Drafts that could be published. One query."""
    rows = Roster.objects.owned_by(organization).filter(status=Roster.Status.DRAFT).exclude(coverage=None)
    found: QuerySet[Roster] = rows.order_by("-created_at")[:4]
    return found


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
