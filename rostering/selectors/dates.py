"""Shifts, places and published work between two dates, as home page, dashboard and reports all count them.

A shift belongs to the date on which it starts at its site, in the site's own zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum, Value
from django.db.models.functions import Least

from rostering.models import Assignment, Roster, Shift, Site
from rostering.querysets import local_date
from rostering.selectors.demand import ZONE_MARGIN
from rostering.selectors.periods import Period


@dataclass(frozen=True)
class Dates:
    """The dates of a period as each site means them; `zones` are all that sites of the organization are in."""

    period: Period
    zones: frozenset[str]

    @classmethod
    def of(cls, period: Period) -> Self:
        """One query."""
        organization = period.organization
        named = Site.objects.owned_by(organization).order_by().values_list("time_zone", flat=True).distinct()
        return cls(period, frozenset(name or organization.time_zone for name in named))

    def among(self, rows: QuerySet[Any], site: str) -> QuerySet[Any]:
        """Of shifts or assignments those that start on one of the dates, each with its `day`."""
        organization = self.period.organization
        if len(self.zones) > 1:
            dates = (self.period.first, self.period.last)
            mixed: QuerySet[Any] = rows.annotate(day=local_date(organization, F(f"{site}__time_zone")))
            return mixed.filter(day__range=dates)
        (zone,) = self.zones or {organization.time_zone}
        alike: QuerySet[Any] = rows.annotate(day=local_date(organization, Value(zone)))
        return alike

    def span(self, prefix: str = "") -> dict[str, datetime]:
        """A filter by instants: exact where all sites are in one zone, else wide enough for any."""
        if len(self.zones) > 1:
            start, end = self.period.starts_at - ZONE_MARGIN, self.period.ends_at + ZONE_MARGIN
        else:
            zone = ZoneInfo(next(iter(self.zones), self.period.organization.time_zone))
            start = datetime.combine(self.period.first, time.min, tzinfo=zone)
            end = datetime.combine(self.period.last + timedelta(days=1), time.min, tzinfo=zone)
        return {f"{prefix}starts_at__gte": start, f"{prefix}starts_at__lt": end}


def shifts_in(dates: Dates) -> QuerySet[Any]:
    """Shifts at active sites that start on the dates, each with its `day`."""
    organization = dates.period.organization
    rows: QuerySet[Any] = Shift.objects.owned_by(organization).filter(
        **dates.span(), site__organization=organization, site__active=True
    )
    return dates.among(rows.order_by(), "site")


def work_in(dates: Dates) -> QuerySet[Any]:
    """Published assignments of shifts that start on the dates, each with its `day`."""
    organization = dates.period.organization
    # A shift's times are its assignments' too; naming both lets the database read two short ranges of indexes.
    rows: QuerySet[Any] = Assignment.objects.owned_by(organization).filter(
        **dates.span(),
        **dates.span("shift__"),
        shift__organization=organization,
        staff__organization=organization,
        state=Roster.Status.PUBLISHED,
    )
    return dates.among(rows.order_by(), "shift__site")


def places_by(shifts: QuerySet[Any], column: str) -> dict[Any, dict[str, int]]:
    """Shifts, places and how many of those are filled, by `column`. One query."""
    filled = Sum(Least(F("headcount"), F("published_people")))
    rows = shifts.values(column).annotate(shifts=Count("*"), places=Sum("headcount"), filled=filled)
    return {row.pop(column): {**row, "open": row["places"] - row["filled"]} for row in rows}


NOTHING = {"shifts": 0, "places": 0, "filled": 0, "open": 0}
