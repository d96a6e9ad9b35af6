"""The dashboard's headline figures."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from rostering.models import Organization
from rostering.selectors.dates import Dates, shifts_in
from rostering.selectors.periods import Period, today

COUNTS = """
    SELECT *
    FROM (SELECT count(*) AS staff, count(*) FILTER (WHERE active) AS active_staff
        FROM rostering_staff WHERE organization_id = %(organization)s) AS staff,
    (SELECT count(*) AS sites FROM rostering_site WHERE organization_id = %(organization)s AND active) AS sites,
    (SELECT count(*) AS availability
        FROM rostering_availability WHERE organization_id = %(organization)s) AS availability,
    -- The same that selectors.expiry.current_certifications finds, of everything held only what lasts longest.
    (SELECT count(*) FILTER (WHERE held.expires >= %(today)s) AS expiring_soon,
            count(*) FILTER (WHERE held.expires < %(today)s) AS expired
        FROM (SELECT DISTINCT ON (staff_id, certification_id) staff_id, certification_id, expires
            FROM rostering_staffcertification WHERE organization_id = %(organization)s
            ORDER BY staff_id, certification_id, expires DESC NULLS FIRST) AS held
        JOIN rostering_certification AS kind
            ON kind.id = held.certification_id AND kind.organization_id = %(organization)s
        JOIN rostering_staff AS person ON person.id = held.staff_id
        WHERE held.expires <= %(today)s + kind.warn_days AND person.active AND (person.employed_until IS NULL
            OR person.employed_until >= %(today)s
                AND (held.expires < person.employed_until OR held.expires < %(today)s))) AS certifications,
    -- Shifts thrice, each from the one index that holds all it asks for (shift_places, shift_by_start, shift_short):
    -- at once they would be read from the table's own pages, which takes twice as long.
    (SELECT count(*) AS shifts, coalesce(sum(headcount), 0)::bigint AS places
        FROM rostering_shift WHERE organization_id = %(organization)s) AS shifts,
    (SELECT count(*) AS upcoming
        FROM rostering_shift WHERE organization_id = %(organization)s AND starts_at >= %(now)s) AS upcoming,
    (SELECT count(*) AS short, coalesce(sum(headcount - published_people), 0)::bigint AS open
        FROM rostering_shift WHERE organization_id = %(organization)s AND published_people < headcount) AS short
"""
"""All but the week in one round trip; PostgreSQL plans and runs each line by itself."""


def dashboard_metrics(organization: Organization) -> dict[str, Any]:
    """Counts of staff, shifts, sites, certifications and availability; three queries.

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
        "certifications": {name: counted[name] for name in ("expiring_soon", "expired")},
        "availability": {"total_records": counted["availability"]},
    }


def _counts(organization: Organization) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"organization": organization.pk, "today": today(organization), "now": timezone.now()})
        return dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))


def percent(part: float | None, whole: float | None) -> float:
    """Percent with one decimal; 0 of nothing."""
    return round(100 * (part or 0) / whole, 1) if whole else 0.0
