"""The dashboard's headline figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, DateField, ExpressionWrapper, F, Q, Value
from django.utils import timezone

from rostering.models import Organization
from rostering.selectors.dates import Dates, shifts_in
from rostering.selectors.expiry import current_certifications
from rostering.selectors.periods import Period, today


COUNTS = """
    SELECT *
    FROM (SELECT count(*) AS staff, count(*) FILTER (WHERE active) AS active_staff
        FROM rostering_staff WHERE organization_id = %(organization)s) AS staff,
    (SELECT count(*) AS sites FROM rostering_site WHERE organization_id = %(organization)s AND active) AS sites,
    (SELECT count(*) AS availability
        FROM rostering_availability WHERE organization_id = %(organization)s) AS availability,
    (SELECT max(warn_days) AS longest_warning
        FROM rostering_certification WHERE organization_id = %(organization)s) AS certifications,
    -- Shifts thrice, each from the one index that holds all it asks for (shift_places, shift_by_start, shift_short):
    -- at once they would be read from the table's own pages, which takes twice as long.
    (SELECT count(*) AS shifts, coalesce(sum(headcount), 0)::bigint AS places
        FROM rostering_shift WHERE organization_id = %(organization)s) AS shifts,
    (SELECT count(*) AS upcoming
        FROM rostering_shift WHERE organization_id = %(organization)s AND starts_at >= %(now)s) AS upcoming,
    (SELECT count(*) AS short, coalesce(sum(headcount - published_people), 0)::bigint AS open
        FROM rostering_shift WHERE organization_id = %(organization)s AND published_people < headcount) AS short
"""
"""Counts that need no join, in one round trip."""


def dashboard_metrics(organization: Organization) -> dict[str, Any]:
    """Counts of staff, shifts, sites, certifications and availability; four queries.

    A shift is assigned when people are published for all its places; `fill_rate` is in percent of places.
    """
    counted = _counts(organization)
    week = Dates.of(Period.week_of(organization, today(organization)))
    return {
        "employees": {
            "total": counted["staff"],
            "active": counted["active_staff"],
            "inactive": counted["staff"] - counted["active_staff"],
        },
        "shifts": {
            "total": counted["shifts"],
            "upcoming": counted["upcoming"],
            "assigned": counted["shifts"] - counted["short"],
            "unassigned": counted["short"],
            "this_week": shifts_in(week).count(),
            "fill_rate": percent(counted["places"] - counted["open"], counted["places"]),
        },
        "sites": {"total": counted["sites"]},
        "certifications": _certifications(organization, counted["longest_warning"] or 0),
        "availability": {"total_records": counted["availability"]},
    }


def _counts(organization: Organization) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"organization": organization.pk, "now": timezone.now()})
        return dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))


def _certifications(organization: Organization, longest_warning: int) -> dict[str, int]:
    day = today(organization)
    warned = ExpressionWrapper(Value(day, DateField()) + F("certification__warn_days"), output_field=DateField())
    longest = day + timedelta(days=longest_warning)
    # The range first, from an index: whether it was renewed is then asked of few certifications.
    running_out = current_certifications(organization).filter(expires__lte=longest).filter(expires__lte=warned)
    counted: dict[str, int] = running_out.aggregate(
        expiring_soon=Count("pk", filter=Q(expires__gte=day)), expired=Count("pk", filter=Q(expires__lt=day))
    )
    return counted


def percent(part: float | None, whole: float | None) -> float:
    """Percent with one decimal; 0 of nothing."""
    return round(100 * (part or 0) / whole, 1) if whole else 0.0
