"""The figures an organization's health is judged by; a fixed number of queries."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, Max, Q, Sum, TextField

from analytics.models import DailyMetrics, HealthScore
from analytics.scoring import WINDOW_DAYS, Inputs
from analytics.selectors.metrics import percent
from rostering.models import Membership, Organization, Staff

TREND_DAYS = 14
"""How far back the score stands that the present one is compared with."""


def inputs_of(organization: Organization, last: date, now: datetime) -> Inputs:
    """What is known of the `WINDOW_DAYS` days up to `last`. Five queries."""
    first = last - timedelta(days=WINDOW_DAYS - 1)
    rows = DailyMetrics.objects.owned_by(organization).filter(day__lte=last).order_by()
    figures = _figures(rows, first, last, organization.roster_days)
    window = rows.filter(day__gte=first)
    return Inputs(
        known_days=figures["known_days"],
        active_days=figures["active_days"],
        busiest=figures["busiest"] or 0,
        members=Membership.objects.filter(organization=organization, user__is_active=True).count(),
        rosters=figures["rosters"] or 0,
        roster_days=organization.roster_days,
        features=tuple(sorted(_features(window))),
        fill_rate=percent(figures["filled"], figures["places"]) if figures["places"] else None,
        compliance_rate=percent(figures["compliant"], figures["assignments"]) if figures["assignments"] else None,
        jobs_ended=figures["jobs_ended"] or 0,
        jobs_failed=figures["jobs_failed"] or 0,
        places=figures["places"] or 0,
        places_before=figures["places_before"] or 0,
        score_before=_score_before(organization, now),
        **_staff(organization, last),
    )


def _figures(rows: Any, first: date, last: date, roster_days: int) -> dict[str, Any]:
    window = Q(day__gte=first)
    before = Q(day__lt=first, day__gte=first - timedelta(days=WINDOW_DAYS))
    generated = Q(day__gt=last - timedelta(days=max(WINDOW_DAYS, roster_days)))
    summed = {
        name: Sum(name, filter=window)
        for name in ("places", "filled", "assignments", "compliant", "jobs_ended", "jobs_failed")
    }
    found: dict[str, Any] = rows.aggregate(
        known_days=Count("pk", filter=window & Q(active_users__isnull=False)),
        active_days=Count("pk", filter=window & Q(active_users__gt=0)),
        busiest=Max("active_users", filter=window),
        rosters=Sum("rosters_generated", filter=generated),
        places_before=Sum("places", filter=before),
        days_before=Count("pk", filter=before),
        **summed,
    )
    if found["days_before"] < WINDOW_DAYS:  # half a period compared with a whole one would be growth out of nothing
        found["places_before"] = 0
    return found


def _features(window: Any) -> list[str]:
    keys = Func(F("features_used"), function="jsonb_object_keys", output_field=TextField())
    rows = window.exclude(features_used=None).annotate(feature=keys).values_list("feature", flat=True)
    return list(rows.distinct())


def _staff(organization: Organization, last: date) -> dict[str, int]:
    """People employed on the last day and `WINDOW_DAYS` before.

    *Active* is what is so today: the past goes by dates, and of somebody inactive without a last day nobody knows since
    when, so they count for neither.
    """

    def employed(day: date) -> Q:
        return Q(employed_from__lte=day) & (Q(employed_until=None) | Q(employed_until__gte=day))

    dated = Q(active=True) | Q(employed_until__isnull=False)
    before = last - timedelta(days=WINDOW_DAYS)
    counted: dict[str, int] = Staff.objects.owned_by(organization).aggregate(
        staff=Count("pk", filter=employed(last) & Q(active=True)),
        staff_before=Count("pk", filter=employed(before) & dated),
    )
    return counted


def _score_before(organization: Organization, now: datetime) -> float | None:
    """The last score that is two weeks old; None when the trend does not reach back so far."""
    then = now - timedelta(days=TREND_DAYS)
    rows = HealthScore.objects.filter(organization=organization, slot__lte=then, slot__gte=then - timedelta(days=2))
    found: float | None = rows.order_by("-slot").values_list("score", flat=True).first()
    return found
