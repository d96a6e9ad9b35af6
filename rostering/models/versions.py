"""How often an organization's data changed, topic by topic; written by triggers alone (migration 0006)."""

from __future__ import annotations

from django.db import models


class Topic(models.TextChoices):
    """What a version speaks of; `rostering.migrations.0006` says which tables bump which."""

    ORGANIZATION = "organization", "The organization's settings"
    SITES = "sites", "Sites and what they require"
    STAFF = "staff", "Staff, their sites and contracts"
    CERTIFICATIONS = "certifications", "Certifications and who holds them"
    AVAILABILITY = "availability", "Leave and wishes"
    SHIFTS = "shifts", "Shifts and their types"
    ROSTERS = "rosters", "Rosters, assignments and gaps"


class DataVersion(models.Model):
    """A part of one topic's version: the version is the sum over the topic's rows.

    There is a row for each transaction that ever wrote the topic at the same time as others, so that no writer waits
    for another; see `rostering.versions` for why the sum is a version. No foreign key: rows outlive their organization,
    whose id is never used again, so that deleting it in any order works.
    """

    organization_id = models.BigIntegerField()
    topic = models.CharField(max_length=20, choices=Topic)
    version = models.BigIntegerField()
    transaction_id = models.BigIntegerField()
    bumped_at = models.DateTimeField()

    class Meta:
        db_table = "data_version"
        verbose_name = "cache"
        verbose_name_plural = "cache"
        indexes = [models.Index(fields=["organization_id", "topic"], name="data_version_by_topic")]

    def __str__(self) -> str:
        return f"{self.topic} of organization {self.organization_id}"
