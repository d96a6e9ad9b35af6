"""How well a customer does with Muster, as scored every half day."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from rostering.models import Organization


class HealthStatus(models.TextChoices):
    """What a score means; `analytics.scoring.status_of` draws the lines."""

    HEALTHY = "healthy", "Healthy"
    AT_RISK = "at_risk", "At risk"
    CHURNING = "churning", "Churning"
    UNKNOWN = "unknown", "Not enough data yet"


class ChurnRisk(models.TextChoices):
    """The churn risk in a word."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    UNKNOWN = "unknown", "Not known yet"


class HealthScore(models.Model):
    """One organization's score in one half day, kept for its trend.

    `score` and the components are 0 to 100; None where there is too little to go by. `churn_risk` is an index of 0 to
    100, no probability. `inputs` are the figures the components were made of, `recommendations` sentences.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="health_scores")
    slot = models.DateTimeField(help_text="Start of the half day, UTC.")
    calculated_at = models.DateTimeField()
    day = models.DateField(help_text="Last day of the organization that counted.")
    status = models.CharField(max_length=10, choices=HealthStatus)
    score = models.FloatField(null=True)
    usage = models.FloatField(null=True)
    adoption = models.FloatField(null=True)
    satisfaction = models.FloatField(null=True)
    growth = models.FloatField(null=True)
    churn_risk = models.FloatField(null=True)
    inputs: models.JSONField[Any, Any] = models.JSONField(default=dict)
    recommendations: models.JSONField[Any, Any] = models.JSONField(default=list)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        db_table = "analytics_health_score"
        ordering: ClassVar = ["-slot", "organization"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "slot"], name="health_score_once"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100), name="health_score_of_100"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} on {self.day}"


class Customer(Organization):
    """An organization as platform staff look at it."""

    class Meta:
        proxy = True
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
