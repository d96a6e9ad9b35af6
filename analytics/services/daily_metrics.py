"""`analytics_daily_metrics`: one row for each organization and each of its own dates that has ended.

Recomputing a day gives the same row: every figure is counted anew from what is stored, and the row replaced. The
number of queries depends neither on the number of days nor on the size of the organization.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from analytics.models import DailyMetrics
from analytics.selectors import days
from analytics.selectors.metrics import percent
from analytics.services.usage import kept_since, recorded_since
from rostering.models import Organization
from rostering.selectors.periods import Period, today

LATE_DAYS = 7
"""Days computed once more each night: rosters solved or published after midnight, and counts written late."""
MOST_DAYS = 400
"""How far back a run looks for days it missed; further back is for the command."""
PERISHABLE = ("active_users", "features_used", "jobs_ended", "jobs_failed")
"""Made of rows that are deleted after a while: a day from before is not counted anew."""
FIGURES = (
    *("rosters_generated", "optimization_seconds", "shifts_created", "staff_added", "shifts", "places", "filled"),
    *("fill_rate", "assignments", "compliant", "compliance_rate", "staffed_shifts", "scheduled_cost_cents"),
    *("cost_per_shift_cents", "calculated_at"),
)


def waiting_organizations() -> list[Organization]:
    """Active organizations by name, each with `computed`, its last day that has metrics. One query."""
    last = DailyMetrics.objects.filter(organization=OuterRef("pk")).order_by("-day").values("day")[:1]
    rows = Organization.objects.filter(active=True).annotate(computed=Subquery(last))
    return list(rows.order_by(F("computed").asc(nulls_first=True), "name"))


def ended_days(organization: Organization, computed: date | None) -> Period | None:
    """The dates to compute now: all that ended since `computed`, and the few before; None while none has.

    A date has ended at the next midnight of the organization's zone. Without `computed` it begins with the date the
    organization was made.
    """
    yesterday = today(organization) - timedelta(days=1)
    begun = organization.created_at.astimezone(organization.tz).date()
    if computed is not None and computed >= yesterday:
        return None
    first = begun if computed is None else max(begun, computed + timedelta(days=1 - LATE_DAYS))
    first = max(first, yesterday - timedelta(days=MOST_DAYS - 1))
    return Period(organization, first, yesterday) if first <= yesterday else None


def calculate(period: Period) -> int:
    """Write the metrics of each date of the period, replacing those that are there; the number of days.

    Raises ValidationError for dates in the wrong order, more than `MOST_DAYS` of them, or one that has not ended.
    """
    check_ended(period)
    if (count := (period.last - period.first).days + 1) > MOST_DAYS:
        raise ValidationError(f"{count} days are too many at once; compute {MOST_DAYS} at most.")
    with transaction.atomic():
        rows = list(_rows(period, recorded_since()))
        kept = kept_since()
        for recent in (True, False):
            some = [row for row in rows if (row.day >= kept) is recent]
            DailyMetrics.objects.bulk_create(
                some,
                update_conflicts=True,
                unique_fields=["organization", "day"],
                update_fields=[*FIGURES, *(PERISHABLE if recent else ())],
            )
    return len(rows)


def check_ended(period: Period) -> None:
    """Refuse, by ValidationError, dates in the wrong order and a last one that has not ended in its organization."""
    if period.last < period.first:
        raise ValidationError(f"The last day {period.last} lies before the first day {period.first}.")
    now = today(period.organization)
    if period.last >= now:
        raise ValidationError(
            f"{period.last} has not ended for {period.organization}, where it is {now}; name a day before."
        )


def _rows(period: Period, recorded: date | None) -> Iterator[DailyMetrics]:
    places, work, made = days.places(period), days.work(period), days.made(period)
    broken, use, jobs = days.broken_assignments(period), days.use(period), days.jobs(period)
    now, kept = timezone.now(), kept_since()
    for day in period.days:
        fields = {**_perishable(day, use, jobs, recorded, kept), **made.get(day, {})}
        place, worked = places.get(day, {}), work.get(day, {})
        given, staffed = worked.get("assignments", 0), worked.get("staffed_shifts", 0)
        compliant = given - broken.get(day, 0)
        cents = round(worked.get("cents", 0))
        yield DailyMetrics(
            organization=period.organization,
            day=day,
            calculated_at=now,
            **fields,
            **place,
            fill_rate=percent(place["filled"], place["places"]) if place else None,
            assignments=given,
            compliant=compliant,
            compliance_rate=percent(compliant, given) if given else None,
            staffed_shifts=staffed,
            scheduled_cost_cents=cents,
            cost_per_shift_cents=round(cents / staffed) if staffed else None,
        )


def _perishable(day: date, use: days.Rows, jobs: days.Rows, recorded: date | None, kept: date) -> dict[str, Any]:
    """Nothing counted is 0 on days that were watched, and unknown on others."""
    fields: dict[str, Any] = {}
    if recorded is not None and day >= recorded:
        fields |= {"active_users": 0, "features_used": {}, **use.get(day, {})}
    if day >= kept:
        fields |= {"jobs_ended": 0, "jobs_failed": 0, **jobs.get(day, {})}
    return fields
