"""Customers by how well they do; for platform staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from analytics.models import Customer, HealthScore, HealthStatus
from analytics.selectors.health_inputs import TREND_DAYS

SCORES_SHOWN = 60
SHOWN = ("score", "status", "usage", "adoption", "satisfaction", "growth", "churn_risk", "day", "recommendations")
CALM = 2.0
"""Points by which a score may move within two weeks and still count as unchanged."""


def with_health(customers: QuerySet[Any]) -> QuerySet[Any]:
    """Customers with their last score's fields as `health_…`, and `health_before`, the score of two weeks ago."""
    scores = HealthScore.objects.filter(organization=OuterRef("pk")).order_by("-slot")
    before = scores.filter(slot__lte=timezone.now() - timedelta(days=TREND_DAYS)).values("score")[:1]
    last = {f"health_{name}": Subquery(scores.values(name)[:1]) for name in SHOWN}
    rows: QuerySet[Any] = customers.annotate(**last, health_before=Subquery(before))
    return rows


def at_risk(limit: int | None = None) -> QuerySet[Any]:
    """Active customers at risk or churning, the highest churn risk first, each with its last score. One query."""
    rows = with_health(Customer.objects.filter(active=True)).filter(
        health_status__in=[HealthStatus.AT_RISK, HealthStatus.CHURNING]
    )
    found = rows.order_by(F("health_churn_risk").desc(nulls_last=True), "name")
    return found[:limit] if limit is not None else found


def scores_of(organization_id: int) -> list[HealthScore]:
    """The organization's last scores, the newest first. One query."""
    return list(HealthScore.objects.filter(organization_id=organization_id).order_by("-slot")[:SCORES_SHOWN])


def direction(score: float | None, before: float | None) -> str:
    """Where a score is going: `up`, `down`, `level`, or "" when that is not known."""
    if score is None or before is None:
        return ""
    if abs(score - before) < CALM:
        return "level"
    return "up" if score > before else "down"
