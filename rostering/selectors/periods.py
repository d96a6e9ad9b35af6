"""Spans of dates as an organization means them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.utils import timezone

from rostering.days import check_day
from rostering.models import Organization
from rostering.selectors.demand import local_midnight

MAX_DAYS = 400


@dataclass(frozen=True)
class Period:
    """Dates from `first` to `last`, both included, in the organization's zone."""

    organization: Organization
    first: date
    last: date

    @classmethod
    def asked(cls, organization: Organization, first: date | None, last: date | None, default_days: int) -> Self:
        """The period a caller asks for; a missing end is `default_days` long, a missing start is today.

        Raises ValidationError for dates in the wrong order or more than `MAX_DAYS` days.
        """
        if first is None:
            first = today(organization) if last is None else last - timedelta(days=default_days - 1)
        last = last or first + timedelta(days=default_days - 1)
        check_day(first)
        check_day(last)
        if last < first:
            raise ValidationError({"end_date": f"The last day {last} lies before the first day {first}."})
        days = (last - first).days + 1
        if days > MAX_DAYS:
            raise ValidationError({"end_date": f"{days} days are too many at once; ask for {MAX_DAYS} at most."})
        return cls(organization, first, last)

    @classmethod
    def week_of(cls, organization: Organization, day: date) -> Self:
        """The week, as the organization begins it, that a date lies in."""
        first = day - timedelta(days=(day.weekday() - organization.week_start) % 7)
        return cls(organization, first, first + timedelta(days=6))

    @property
    def starts_at(self) -> datetime:
        """The first instant."""
        return local_midnight(self.first, self.organization)

    @property
    def ends_at(self) -> datetime:
        """The first instant after."""
        return local_midnight(self.last + timedelta(days=1), self.organization)

    @property
    def days(self) -> list[date]:
        """Each date in order."""
        return [self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]


def today(organization: Organization) -> date:
    """The date it is now in the organization's zone."""
    return timezone.now().astimezone(organization.tz).date()
