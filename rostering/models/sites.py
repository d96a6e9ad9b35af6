"""Where work is done."""

from __future__ import annotations

import zoneinfo

from django.db import models

from rostering.models.base import OwnedModel
from rostering.models.certifications import Certification
from rostering.models.organizations import validate_time_zone


class Site(OwnedModel):
    """A place that is staffed; its shifts are meant in its own time zone."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    client_name = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=250, blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[validate_time_zone], help_text="Empty: the organization's."
    )
    required_certifications = models.ManyToManyField(Certification, blank=True, related_name="sites")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="site_code_once"),
            models.UniqueConstraint(fields=["organization", "id"], name="site_tenant_key"),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"

    @property
    def tz(self) -> zoneinfo.ZoneInfo:
        """The site's time zone, or its organization's."""
        return zoneinfo.ZoneInfo(self.time_zone or self.organization.time_zone)
