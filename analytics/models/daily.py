"""One organization's figures of one of its own dates."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from rostering.models import OwnedModel


class DailyMetrics(OwnedModel):
    """What happened from one midnight of the organization to the next; `analytics.services.daily_metrics` writes it.

    Money is in integer cents of the organization's currency, rates are percent. A rate is None where there was nothing
    to fill, assign or staff; what was not recorded yet on that day is None, not 0.
    """

    day = models.DateField(help_text="In the organization's time zone.")

    active_users = models.PositiveIntegerField(null=True, help_text="Different people who used Muster.")
    features_used: models.JSONField[Any, Any] = models.JSONField(null=True, help_text="Feature to number of uses.")
    jobs_ended = models.PositiveIntegerField(null=True, help_text="Succeeded or failed; cancelled ones left out.")
    jobs_failed = models.PositiveIntegerField(null=True)

    rosters_generated = models.PositiveIntegerField(default=0, help_text="Asked for on this day and solved.")
    optimization_seconds = models.FloatField(default=0)
    shifts_created = models.PositiveIntegerField(default=0)
    staff_added = models.PositiveIntegerField(default=0)

    shifts = models.PositiveIntegerField(default=0, help_text="That start on this day at active sites.")
    places = models.PositiveIntegerField(default=0)
    filled = models.PositiveIntegerField(default=0, help_text="Places somebody is published for.")
    fill_rate = models.FloatField(null=True, help_text="Percent of places.")

    assignments = models.PositiveIntegerField(default=0, help_text="Published ones that start on this day.")
    compliant = models.PositiveIntegerField(default=0, help_text="Assignments that break no required rule.")
    compliance_rate = models.FloatField(null=True, help_text="Percent of assignments.")

    staffed_shifts = models.PositiveIntegerField(default=0, help_text="Shifts with at least one assignment.")
    scheduled_cost_cents = models.BigIntegerField(default=0)
    cost_per_shift_cents = models.BigIntegerField(null=True, help_text="By staffed shift.")

    calculated_at = models.DateTimeField()

    class Meta:
        db_table = "analytics_daily_metrics"
        verbose_name = "daily metrics"
        verbose_name_plural = "daily metrics"
        ordering: ClassVar = ["-day", "organization"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "day"], name="daily_metrics_once")]
        indexes: ClassVar = [models.Index(fields=["day"], name="daily_metrics_by_day")]

    def __str__(self) -> str:
        return f"{self.day}"
