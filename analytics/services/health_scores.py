"""Scoring customers every half day, and keeping the scores for their trends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import ExtractHour
from django.utils import timezone

from analytics.advice import recommendations
from analytics.models import DailyMetrics, HealthScore
from analytics.scoring import assess
from analytics.selectors.health_inputs import inputs_of
from rostering.models import Organization
from rostering.selectors.periods import today

SLOT_HOURS = 12
FINE_DAYS = 90
"""So long every score is kept, from then on the first of each day."""
KEPT_DAYS = 800


def slot_of(moment: datetime) -> datetime:
    """The start of the half day, UTC, that a moment lies in."""
    seconds = SLOT_HOURS * 3600
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, tz=UTC)


def scored_organizations() -> QuerySet[Organization]:
    """Who is scored: every active organization."""
    return Organization.objects.filter(active=True).order_by("name")


def score(organization: Organization, *, at: datetime | None = None) -> HealthScore:
    """Judge the organization by its last day that has metrics, and store the score of this half day.

    Another score of the same half day is replaced. Raises nothing: without metrics the status is that there is not
    enough data yet. `at` is for making history; figures that keep no history (members) are those of today.
    """
    now = at or timezone.now()
    until = today(organization) if at is None else at.astimezone(organization.tz).date()
    days = DailyMetrics.objects.owned_by(organization).filter(day__lt=until).order_by("-day")
    last = days.values_list("day", flat=True).first() or until - timedelta(days=1)
    inputs = inputs_of(organization, last, now)
    health = assess(inputs)
    stored, _ = HealthScore.objects.update_or_create(
        organization=organization,
        slot=slot_of(now),
        defaults={
            "calculated_at": timezone.now(),
            "day": last,
            "status": health.status,
            "score": health.score,
            **health.components,
            "churn_risk": health.churn_risk,
            "inputs": inputs.as_json(),
            "recommendations": recommendations(inputs, health),
        },
    )
    found: HealthScore = stored
    return found


def prune_scores() -> int:
    """Thin out old scores: one a day after `FINE_DAYS`, none after `KEPT_DAYS`; the number deleted."""
    now = timezone.now()
    fine = Q(slot__lt=now - timedelta(days=FINE_DAYS)) & ~Q(hour=0)
    rows = HealthScore.objects.annotate(hour=ExtractHour("slot", tzinfo=UTC))
    old = rows.filter(fine | Q(slot__lt=now - timedelta(days=KEPT_DAYS)))
    deleted: int = HealthScore.objects.filter(pk__in=old.values("pk")).delete()[0]
    return deleted
