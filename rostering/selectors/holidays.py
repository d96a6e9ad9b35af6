"""Public holidays as an organization observes them."""

from __future__ import annotations

from datetime import date

import holidays as holiday_calendars
from django.core.exceptions import ValidationError

from rostering.models import Organization


def public_holidays(organization: Organization, first: date, last: date) -> dict[date, str]:
    """Name of each public holiday from `first` to `last`, both included; empty where no country is set."""
    if not organization.country:
        return {}
    calendar = _calendar(organization, range(first.year, last.year + 1))
    return {day: name for day, name in sorted(calendar.items()) if first <= day <= last}


def _calendar(organization: Organization, years: range) -> holiday_calendars.HolidayBase:
    try:
        return holiday_calendars.country_holidays(
            organization.country, subdiv=organization.subdivision or None, years=years
        )
    except NotImplementedError as error:
        where = "-".join(filter(None, (organization.country, organization.subdivision)))
        raise ValidationError(
            {"country": f"No public holidays are known for “{where}”; correct or empty it."}
        ) from error
