"""The shapes of daily metrics and health."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from analytics.models import DailyMetrics, HealthScore, HealthStatus
from analytics.scoring import WEIGHTS, risk_level

Row = serializers.Serializer[dict[str, Any]]


class DailyMetricsSerializer(serializers.ModelSerializer[DailyMetrics]):
    """One date of the organization; rates are percent, money in its currency."""

    organization = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    date = serializers.DateField(source="day")
    features_used = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    currency = serializers.CharField(source="organization.currency")
    scheduled_cost = serializers.SerializerMethodField()
    cost_per_shift = serializers.SerializerMethodField()

    class Meta:
        model = DailyMetrics
        fields = [
            *("organization", "date", "active_users", "features_used", "rosters_generated", "optimization_seconds"),
            *("shifts_created", "staff_added", "shifts", "places", "filled", "fill_rate", "assignments", "compliant"),
            *("compliance_rate", "staffed_shifts", "scheduled_cost", "cost_per_shift", "currency", "jobs_ended"),
            *("jobs_failed", "calculated_at"),
        ]

    def get_scheduled_cost(self, row: DailyMetrics) -> float:
        return row.scheduled_cost_cents / 100

    def get_cost_per_shift(self, row: DailyMetrics) -> float | None:
        return None if row.cost_per_shift_cents is None else row.cost_per_shift_cents / 100


class ComponentsSerializer(Row):
    usage = serializers.FloatField(allow_null=True, help_text="Weight 0.4.")
    adoption = serializers.FloatField(allow_null=True, help_text="Weight 0.3.")
    satisfaction = serializers.FloatField(allow_null=True, help_text="Weight 0.2.")
    growth = serializers.FloatField(allow_null=True, help_text="Weight 0.1.")


class HealthPointSerializer(serializers.ModelSerializer[HealthScore]):
    class Meta:
        model = HealthScore
        fields = ["slot", "score", "status"]


class HealthSerializer(Row):
    organization = serializers.CharField(help_text="Slug.")
    name = serializers.CharField()
    status = serializers.ChoiceField(
        choices=HealthStatus.choices, help_text="healthy from 70, at_risk from 50, else churning."
    )
    score = serializers.FloatField(allow_null=True, help_text="0 to 100; null without enough data.")
    components = ComponentsSerializer()
    churn_risk = serializers.FloatField(allow_null=True, help_text="An index of 0 to 100, no probability.")
    churn_risk_level = serializers.CharField(help_text="low, medium, high or unknown.")
    recommendations = serializers.ListField(child=serializers.CharField())


class OwnHealthSerializer(HealthSerializer):
    inputs = serializers.DictField(help_text="The figures the components are made of.")
    date = serializers.DateField(help_text="Last day that counted.", allow_null=True)
    calculated_at = serializers.DateTimeField(allow_null=True)
    history = HealthPointSerializer(many=True, help_text="The last 60 scores, the newest first.")


def customer_row(customer: Any) -> dict[str, Any]:
    """A customer of `selectors.customers.with_health` as `HealthSerializer` has it."""
    return {
        "organization": customer.slug,
        "name": customer.name,
        "status": customer.health_status,
        "score": customer.health_score,
        "components": {name: getattr(customer, f"health_{name}") for name in WEIGHTS},
        "churn_risk": customer.health_churn_risk,
        "churn_risk_level": risk_level(customer.health_churn_risk).value,
        "recommendations": customer.health_recommendations or [],
    }


def own_row(organization: Any, scores: list[HealthScore]) -> dict[str, Any]:
    """An organization's last score and its history; `scores` are the last ones, the newest first."""
    last = scores[0] if scores else None
    return {
        "organization": organization.slug,
        "name": organization.name,
        "status": last.status if last else HealthStatus.UNKNOWN.value,
        "score": last.score if last else None,
        "components": {name: getattr(last, name) if last else None for name in WEIGHTS},
        "churn_risk": last.churn_risk if last else None,
        "churn_risk_level": risk_level(last.churn_risk if last else None).value,
        "recommendations": last.recommendations if last else ["No score has been calculated yet."],
        "inputs": last.inputs if last else {},
        "date": last.day if last else None,
        "calculated_at": last.calculated_at if last else None,
        "history": HealthPointSerializer(scores, many=True).data,
    }
