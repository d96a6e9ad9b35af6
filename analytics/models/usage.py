"""Which features are used, and by how many people, without saying who."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from rostering.models import OwnedModel


class DailySalt(models.Model):
    """The secret that made one day's actors; gone once the day has ended, and with it the way back to a person."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=32)

    class Meta:
        db_table = "analytics_daily_salt"

    def __str__(self) -> str:
        return f"Salt of {self.day}"


class FeatureUse(OwnedModel):
    """How often somebody used one feature on one of the organization's own dates.

    `actor` tells the people of one organization and one day apart and nothing else: it differs from day to day and
    from organization to organization. No name, address, page or time of day is stored.
    """

    day = models.DateField(help_text="In the organization's time zone.")
    feature = models.CharField(max_length=20)
    actor = models.CharField(max_length=16, help_text="A pseudonym that is new every day.")
    times = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "analytics_feature_use"
        verbose_name = "feature use"
        verbose_name_plural = "feature use"
        ordering: ClassVar = ["-day", "feature", "actor"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "day", "feature", "actor"], name="feature_use_once")
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="feature_use_by_day")]

    def __str__(self) -> str:
        return f"{self.feature} on {self.day}"
