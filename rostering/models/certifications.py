"""Licenses and skills, and who holds them until when."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from rostering.days import check_day
from rostering.models.base import OwnedModel


class Certification(OwnedModel):
    """A kind of license or skill that sites, shift types or single shifts ask for."""

    class Kind(models.TextChoices):
        LICENSE = "license", "License"
        SKILL = "skill", "Skill"

    code = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.LICENSE)
    validity_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)], help_text="Empty: no expiry."
    )
    warn_days = models.PositiveSmallIntegerField(
        default=60, help_text="Days before expiry from which lists mark it as expiring soon."
    )
    blocks = models.BooleanField(
        default=True, help_text="Nobody without it is ever assigned. Otherwise lacking it costs points."
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="certification_code_once"),
            models.UniqueConstraint(fields=["organization", "id"], name="certification_tenant_key"),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"


class StaffCertification(OwnedModel):
    """A certification a person holds; it counts for a shift only when it covers all of it."""

    staff = models.ForeignKey("rostering.Staff", on_delete=models.CASCADE, related_name="certifications")
    certification = models.ForeignKey(Certification, on_delete=models.RESTRICT, related_name="holders")
    number = models.CharField(max_length=60, blank=True)
    issued = models.DateField(validators=[check_day])
    expires = models.DateField(
        null=True, blank=True, help_text="Last day it is valid; empty: does not expire.", validators=[check_day]
    )
    verified = models.BooleanField(default=False, help_text="Somebody has seen the document.")

    class Meta:
        ordering = ["staff", "certification", "issued"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "certification", "issued"],
                name="staff_certification_once",
                violation_error_message="This certification of the same date is already recorded for this person.",
            ),
            models.CheckConstraint(
                condition=Q(expires__isnull=True) | Q(expires__gte=F("issued")),
                name="staff_certification_expires_after_issue",
                violation_error_message="The certification expires before it was issued.",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "expires"]),
            models.Index(fields=["organization", "staff", "certification", "expires"], name="certification_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.certification.code} of {self.staff}"
