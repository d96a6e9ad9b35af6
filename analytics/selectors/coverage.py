"""Who covers what: shifts to come, sites, weeks, and what it costs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone

from analytics.selectors.metrics import percent
from rostering.models import Assignment, Organization, Roster, Shift, Site, Staff
from rostering.querysets import paid_minutes, wage_cents
from rostering.selectors.dates import NOTHING, Dates, places_by, shifts_in, work_in
from rostering.selectors.periods import Period, today


@dataclass(frozen=True)
class ComingShift:
    """A shift that lies ahead and the people published to work it."""

    shift: Shift
    people: list[Staff]

    @property
    def open(self) -> int:
        return max(0, self.shift.headcount - len(self.people))


def coming_shifts(organization: Organization, limit: int) -> list[ComingShift]:
    """The next shifts at active sites, with who is published to work them. Two queries."""
    coming = Shift.objects.owned_by(organization).filter(starts_at__gte=timezone.now(), site__active=True)
    shifts = list(coming.select_related("site__organization", "shift_type").order_by("starts_at", "pk")[:limit])
    people: dict[int, list[Staff]] = defaultdict(list)
    given = Assignment.objects.filter(shift__in=[shift.pk for shift in shifts], state=Roster.Status.PUBLISHED)
    for row in given.select_related("staff").order_by("staff__last_name", "staff__first_name", "pk"):
        people[row.shift_id].append(row.staff)
    return [ComingShift(shift, people[shift.pk]) for shift in shifts]


def upcoming_shifts(organization: Organization, limit: int) -> list[dict[str, Any]]:
    """`coming_shifts` as the API tells them; times in the site's zone. Two queries."""
    return [_upcoming(coming) for coming in coming_shifts(organization, limit)]


def days_coverage(dates: Dates) -> list[dict[str, Any]]:
    """`{date, shifts, places, filled, open}` of every date. One query."""
    found = places_by(shifts_in(dates), "day")
    return [{"date": day, **found.get(day, NOTHING)} for day in dates.period.days]


def total_coverage(days: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of `days_coverage` with `fill_rate` in percent of places."""
    totals = {name: sum(day[name] for day in days) for name in NOTHING}
    return {**totals, "fill_rate": percent(totals["filled"], totals["places"])}


def site_coverage(organization: Organization, days: int) -> list[dict[str, Any]]:
    """Places and how many are filled at each active site from today on. Three queries."""
    dates = Dates.of(Period.asked(organization, today(organization), None, days))
    found = places_by(shifts_in(dates), "site_id")
    rows = []
    for site in Site.objects.owned_by(organization).filter(active=True):
        counted = found.get(site.pk, NOTHING)
        coverage = percent(counted["filled"], counted["places"])
        rows.append(
            {"site_id": site.pk, "site_code": site.code, "site_name": site.name, **counted, "coverage": coverage}
        )
    return rows


def weekly_summary(organization: Organization, day: date | None = None) -> dict[str, Any]:
    """The week of a date, today's by default: places, hours and wages, in total and by day. Three queries."""
    week = Period.week_of(organization, day or today(organization))
    dates = Dates.of(week)
    days = days_coverage(dates)
    worked = work_in(dates).aggregate(
        minutes=Sum(paid_minutes()), cents=Sum(wage_cents()), people=Count("staff", distinct=True)
    )
    return {
        "week_start": week.first,
        "week_end": week.last,
        **total_coverage(days),
        "employees_working": worked["people"],
        "hours": round((worked["minutes"] or 0) / 60, 2),
        "cost": round((worked["cents"] or 0) / 100, 2),
        "currency": organization.currency,
        "by_day": days,
    }


def cost_trends(organization: Organization, days: int, first: date | None = None) -> dict[str, Any]:
    """Wages and paid hours of published work by day: the last `days` days, or those from `first` on. Two queries."""
    start = first or today(organization) - timedelta(days=days - 1)
    period = Period.asked(organization, start, None, days)
    sums = {"minutes": Sum(paid_minutes()), "cents": Sum(wage_cents()), "count": Count("*")}
    found = {row["day"]: row for row in work_in(Dates.of(period)).values("day").annotate(**sums)}
    nothing = {"cents": 0.0, "minutes": 0.0, "count": 0}
    trend: list[dict[str, Any]] = [
        {
            "date": day,
            "cost": round(row["cents"] / 100, 2),
            "hours": round(row["minutes"] / 60, 2),
            "assignments": row["count"],
        }
        for day in period.days
        for row in [found.get(day, nothing)]
    ]
    return {
        "start_date": period.first,
        "end_date": period.last,
        "currency": organization.currency,
        "total_cost": round(sum(row["cost"] for row in trend), 2),
        "total_hours": round(sum(row["hours"] for row in trend), 2),
        "trend": trend,
    }


def _upcoming(coming: ComingShift) -> dict[str, Any]:
    shift = coming.shift
    return {
        "shift_id": shift.pk,
        "site_id": shift.site_id,
        "site_name": shift.site.name,
        "shift_type": shift.shift_type.code,
        "start_time": shift.starts_at.astimezone(shift.site.tz).isoformat(),
        "end_time": shift.ends_at.astimezone(shift.site.tz).isoformat(),
        "time_zone": shift.site.tz.key,
        "headcount": shift.headcount,
        "assigned": len(coming.people),
        "open": coming.open,
        "status": "open" if coming.open else "assigned",
        "employees": [{"employee_id": person.pk, "employee_name": person.name} for person in coming.people],
    }
