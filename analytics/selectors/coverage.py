"""Who covers what: shifts to come, sites, weeks."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from analytics.selectors.metrics import percent
from rostering.models import Assignment, Organization, Roster, Shift, Site
from rostering.querysets import paid_minutes, wage_cents, with_filled
from rostering.selectors.periods import Period, today


def upcoming_shifts(organization: Organization, limit: int) -> list[dict[str, Any]]:
    """The next shifts at active sites, with who is published to work them; times in the site's zone. Two queries."""
    coming = Shift.objects.owned_by(organization).filter(starts_at__gte=timezone.now(), site__active=True)
    shifts = list(coming.select_related("site__organization", "shift_type").order_by("starts_at", "pk")[:limit])
    people: dict[int, list[dict[str, Any]]] = defaultdict(list)
    given = Assignment.objects.filter(shift__in=[shift.pk for shift in shifts], state=Roster.Status.PUBLISHED)
    for row in given.select_related("staff").order_by("staff__last_name", "staff__first_name", "pk"):
        people[row.shift_id].append({"employee_id": row.staff_id, "employee_name": row.staff.name})
    return [_upcoming(shift, people[shift.pk]) for shift in shifts]


def site_coverage(organization: Organization, days: int) -> list[dict[str, Any]]:
    """Places and how many are filled at each active site from today on. Two queries."""
    period = Period.asked(organization, today(organization), None, days)
    found: dict[int, dict[str, int]] = defaultdict(lambda: {"shifts": 0, "places": 0, "filled": 0})
    for site, headcount, filled in _filled(organization, period).values_list("site_id", "headcount", "filled"):
        row = found[site]
        row["shifts"] += 1
        row["places"] += headcount
        row["filled"] += filled
    return [
        {
            "site_id": site.pk,
            "site_code": site.code,
            "site_name": site.name,
            **found[site.pk],
            "open": found[site.pk]["places"] - found[site.pk]["filled"],
            "coverage": percent(found[site.pk]["filled"], found[site.pk]["places"]),
        }
        for site in Site.objects.owned_by(organization).filter(active=True)
    ]


def weekly_summary(organization: Organization, day: date | None = None) -> dict[str, Any]:
    """The week of a date, today's by default: places, hours and wages, in total and by day. Two queries."""
    week = Period.week_of(organization, day or today(organization))
    by_day = {one: {"shifts": 0, "places": 0, "filled": 0} for one in week.days}
    shifts = _filled(organization, week).annotate(day=TruncDate("starts_at", tzinfo=organization.tz))
    for on, headcount, filled in shifts.values_list("day", "headcount", "filled"):
        row = by_day[on]
        row["shifts"] += 1
        row["places"] += headcount
        row["filled"] += filled
    places, filled = (sum(row[name] for row in by_day.values()) for name in ("places", "filled"))
    worked = _published(organization, week).aggregate(
        minutes=Sum(paid_minutes()), cents=Sum(wage_cents()), people=Count("staff", distinct=True)
    )
    return {
        "week_start": week.first,
        "week_end": week.last,
        "shifts": sum(row["shifts"] for row in by_day.values()),
        "places": places,
        "filled": filled,
        "open": places - filled,
        "fill_rate": percent(filled, places),
        "employees_working": worked["people"],
        "hours": round((worked["minutes"] or 0) / 60, 2),
        "cost": round((worked["cents"] or 0) / 100, 2),
        "currency": organization.currency,
        "by_day": [{"date": on, **row, "open": row["places"] - row["filled"]} for on, row in by_day.items()],
    }


def cost_trends(organization: Organization, days: int, first: date | None = None) -> dict[str, Any]:
    """Wages and paid hours of published work by day: the last `days` days, or those from `first` on. One query."""
    start = first or today(organization) - timedelta(days=days - 1)
    period = Period.asked(organization, start, None, days)
    rows = (
        _published(organization, period)
        .annotate(day=TruncDate("starts_at", tzinfo=organization.tz))
        .values("day")
        .annotate(minutes=Sum(paid_minutes()), cents=Sum(wage_cents()), count=Count("pk"))
    )
    found = {row["day"]: row for row in rows}
    trend: list[dict[str, Any]] = [
        {
            "date": day,
            "cost": round(found[day]["cents"] / 100, 2) if day in found else 0.0,
            "hours": round(found[day]["minutes"] / 60, 2) if day in found else 0.0,
            "assignments": found[day]["count"] if day in found else 0,
        }
        for day in period.days
    ]
    return {
        "start_date": period.first,
        "end_date": period.last,
        "currency": organization.currency,
        "total_cost": round(sum(row["cost"] for row in trend), 2),
        "total_hours": round(sum(row["hours"] for row in trend), 2),
        "trend": trend,
    }


def _filled(organization: Organization, period: Period) -> QuerySet[Any]:
    shifts = Shift.objects.owned_by(organization).filter(
        starts_at__gte=period.starts_at, starts_at__lt=period.ends_at, site__active=True
    )
    return with_filled(shifts.order_by())


def _published(organization: Organization, period: Period) -> QuerySet[Assignment]:
    rows: QuerySet[Assignment] = Assignment.objects.owned_by(organization).filter(
        state=Roster.Status.PUBLISHED, starts_at__gte=period.starts_at, starts_at__lt=period.ends_at
    )
    return rows.order_by()


def _upcoming(shift: Shift, people: list[dict[str, Any]]) -> dict[str, Any]:
    short = max(0, shift.headcount - len(people))
    return {
        "shift_id": shift.pk,
        "site_id": shift.site_id,
        "site_name": shift.site.name,
        "shift_type": shift.shift_type.code,
        "start_time": shift.starts_at.astimezone(shift.site.tz).isoformat(),
        "end_time": shift.ends_at.astimezone(shift.site.tz).isoformat(),
        "time_zone": shift.site.tz.key,
        "headcount": shift.headcount,
        "assigned": len(people),
        "open": short,
        "status": "open" if short else "assigned",
        "employees": people,
    }
