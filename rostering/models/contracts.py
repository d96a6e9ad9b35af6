"""Contracts: named sets of rules and what overtime costs."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from rostering.days import check_day
from rostering.models.base import OwnedModel
from rostering.rules import registry

PERIODS = [
    ("day", "Day"),
    ("week", "Week"),
    ("month", "Month"),
    ("roster", "Roster period"),
    ("rolling", "Rolling days"),
]


RULE_COLUMNS = (
    "minimum",
    "maximum",
    "period",
    "period_days",
    "tags",
    "shift_types",
    "then_types",
    "required",
    "weight",
    "valid_from",
    "valid_until",
)


class Contract(OwnedModel):
    """A kind of employment: the rules its staff work under, their usual week and their premiums."""

    name = models.CharField(max_length=80)
    weekly_minutes = models.PositiveIntegerField(
        default=2400, validators=[MaxValueValidator(10080)], help_text="Agreed minutes a week; sets the fair share."
    )
    sunday_premium_percent = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(500)])
    holiday_premium_percent = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(500)])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="contract_name_once"),
            models.UniqueConstraint(fields=["organization", "id"], name="contract_tenant_key"),
        ]

    def __str__(self) -> str:
        return self.name


class OvertimeTier(OwnedModel):
    """Beyond so many paid minutes a week, wages rise by a percentage (added to lower tiers')."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="overtime_tiers")
    after_minutes = models.PositiveIntegerField(validators=[MaxValueValidator(10080)])
    premium_percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(500)])

    class Meta:
        ordering = ["contract", "after_minutes"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "after_minutes"],
                name="overtime_tier_once",
                violation_error_message="This contract already has a tier from that many minutes.",
            )
        ]

    def __str__(self) -> str:
        return f"+{self.premium_percent} % after {self.after_minutes} min a week"


class Rule(OwnedModel):
    """One rule of a contract, or of the whole organization when it names no contract.

    The columns are shared by all kinds; `rostering.rules.registry` knows which of them a kind reads.
    """

    contract = models.ForeignKey(
        Contract,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="rules",
        help_text="Empty: the rule binds everybody in the organization.",
    )
    kind = models.CharField(max_length=30)
    minimum = models.PositiveIntegerField(null=True, blank=True)
    maximum = models.PositiveIntegerField(null=True, blank=True)
    period = models.CharField(max_length=10, choices=PERIODS, default="roster")
    period_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    tags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    shift_types = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    then_types = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    required = models.BooleanField(default=True, help_text="Never broken. Otherwise breaking it costs the weight.")
    weight = models.FloatField(default=10.0, validators=[MinValueValidator(0)])
    valid_from = models.DateField(null=True, blank=True, validators=[check_day])
    valid_until = models.DateField(null=True, blank=True, validators=[check_day])

    class Meta:
        ordering = ["contract", "kind", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(minimum__lte=F("maximum")),
                name="rule_minimum_below_maximum",
                violation_error_message="The minimum is above the maximum.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_from__lte=F("valid_until")),
                name="rule_valid_from_before_until",
                violation_error_message="The rule ends before it begins.",
            ),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def columns(self) -> dict[str, Any]:
        """The columns as `registry.build` takes them."""
        return {name: getattr(self, name) for name in RULE_COLUMNS}

    @property
    def sentence(self) -> str:
        """The rule in plain English, or its kind while it is incomplete."""
        try:
            return registry.build(self.kind, **self.columns).sentence()
        except ValueError:
            return self.kind

    def clean(self) -> None:
        """Refuse columns the kind cannot work with, each with its sentence."""
        super().clean()
        errors = registry.validate(self.kind, self.columns)
        if errors:
            raise ValidationError(errors)
