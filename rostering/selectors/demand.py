"""Which shifts a roster is about."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from rostering.models import Organization, Roster, Shift

ZONE_MARGIN = timedelta(hours=26)
"""More than any two zones differ: widens a query by instants before local dates are compared."""


def local_midnight(day: date, organization: Organization) -> datetime:
    """The first instant of a date in the organization's zone."""
    return datetime.combine(day, time.min, tzinfo=organization.tz)


def shifts_of(roster: Roster) -> list[Shift]:
    """The shifts that start on the roster's dates, each in its site's own zone, in order of start.

    Sites are the roster's, or every active one when it names none. Two queries.
    """
    start = local_midnight(roster.start_date, roster.organization)
    end = local_midnight(roster.end_date + timedelta(days=1), roster.organization)
    shifts = Shift.objects.owned_by(roster.organization).filter(
        starts_at__gte=start - ZONE_MARGIN, starts_at__lt=end + ZONE_MARGIN
    )
    sites = list(roster.sites.values_list("pk", flat=True))
    shifts = shifts.filter(site_id__in=sites) if sites else shifts.filter(site__active=True)
    shifts = shifts.select_related("site__organization", "shift_type").order_by("starts_at", "ends_at", "pk")
    return [shift for shift in shifts if roster.start_date <= local_date(shift) <= roster.end_date]


def local_date(shift: Shift) -> date:
    """The date a shift starts on, at its site."""
    return shift.starts_at.astimezone(shift.site.tz).date()
