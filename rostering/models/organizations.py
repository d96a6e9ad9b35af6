"""The tenant, and who may act in it."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models


def validate_time_zone(name: str) -> None:
    """Refuse anything but an IANA time zone name."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is no time zone; use an IANA name such as Europe/Berlin.")


class Weekday(models.IntegerChoices):
    """Python's weekday numbers."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Role(models.TextChoices):
    """What a member may do; each role includes those before it."""

    VIEWER = "viewer", "Viewer: sees everything"
    SCHEDULER = "scheduler", "Scheduler: makes and publishes rosters"
    MANAGER = "manager", "Manager: also edits staff, sites, contracts and rules"
    OWNER = "owner", "Owner: also decides who is a member"

    @property
    def rank(self) -> int:
        """Position in the order of power; higher may do more."""
        return list(Role).index(self)


def expiry_alert_days() -> list[int]:
    """Days before expiry on which people are told, where an organization has chosen no others."""
    return [90, 60, 30, 7, 0]


class Organization(models.Model):
    """A customer: the tenant that owns everything else, with its calendar, money and roster defaults."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    week_start = models.PositiveSmallIntegerField(choices=Weekday, default=Weekday.MONDAY)
    currency = models.CharField(
        max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$", "Use a three-letter code such as EUR.")]
    )
    country = models.CharField(
        max_length=2, blank=True, help_text="ISO code for public holidays, such as DE; empty: none are observed."
    )
    subdivision = models.CharField(
        max_length=8, blank=True, help_text="State or region within the country for public holidays, such as BY."
    )
    roster_days = models.PositiveSmallIntegerField(
        default=28, validators=[MinValueValidator(1), MaxValueValidator(92)], help_text="Length of a roster period."
    )
    time_limit_seconds = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(1), MaxValueValidator(3600)], help_text="Default time to optimize."
    )
    fairness_weight = models.FloatField(
        default=1.0, validators=[MinValueValidator(0)], help_text="Points for an hour, night or weekend off the share."
    )
    cost_weight = models.FloatField(
        default=0.01, validators=[MinValueValidator(0)], help_text="Points one unit of currency of wages costs."
    )
    change_weight = models.FloatField(
        default=5.0, validators=[MinValueValidator(0)], help_text="Points for each change against the base roster."
    )
    expiry_alert_days = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(730)]),
        default=expiry_alert_days,
        blank=True,
        help_text="Days before a certification expires on which to send an alert, such as 90, 30, 0; empty: never.",
    )
    expiry_alert_role = models.CharField(
        max_length=10, choices=Role, default=Role.SCHEDULER, help_text="Members from this role up get the alerts."
    )
    expiry_alert_staff = models.BooleanField(
        default=False, help_text="People who can sign in are also told of their own certifications."
    )
    shift_weeks_ahead = models.PositiveSmallIntegerField(
        default=8,
        validators=[MaxValueValidator(52)],
        help_text="Each night patterns make their shifts for this many weeks to come; 0: only when asked.",
    )
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> zoneinfo.ZoneInfo:
        """The organization's time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)


class Membership(models.Model):
    """A user's place in an organization."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["organization", "user"]
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"
