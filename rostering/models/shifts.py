"""Demand: kinds of shift, recurring patterns, and the shifts themselves."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from rostering.days import check_day
from rostering.models.base import OwnedModel
from rostering.models.certifications import Certification
from rostering.models.organizations import Organization, Weekday
from rostering.models.sites import Site


class Priority(models.TextChoices):
    """How badly a place is missed when it stays open; `unfilled_cost` gives the points."""

    LOW = "low", "Low"
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"

    @property
    def unfilled_cost(self) -> float:
        """Points for each unfilled place."""
        return {"low": 300.0, "normal": 1000.0, "high": 3000.0, "critical": 10000.0}[self.value]


class ShiftType(OwnedModel):
    """A kind of shift: when it starts in local time, how long it runs, what it is called and tagged."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    color = models.CharField(
        max_length=7, default="#4f6bed", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Use #RRGGBB.")]
    )
    tags = ArrayField(
        models.CharField(max_length=30), default=list, blank=True, help_text="Such as night, early, weekend, driving."
    )
    start_time = models.TimeField()
    duration_minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(15), MaxValueValidator(2880)])
    unpaid_break_minutes = models.PositiveSmallIntegerField(default=0)
    required_certifications = models.ManyToManyField(Certification, blank=True, related_name="shift_types")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="shift_type_code_once"),
            models.UniqueConstraint(fields=["organization", "id"], name="shift_type_tenant_key"),
            models.CheckConstraint(
                condition=Q(unpaid_break_minutes__lt=F("duration_minutes")),
                name="shift_type_break_below_duration",
                violation_error_message="The unpaid break is as long as the shift.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"


class ShiftPattern(OwnedModel):
    """Recurring demand; `services.patterns` makes its shifts, in site time, as often as asked without doubling any."""

    class Holidays(models.TextChoices):
        AS_USUAL = "as_usual", "Public holidays like any day"
        SKIP = "skip", "Not on public holidays"
        ONLY = "only", "Only on public holidays"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="patterns")
    shift_type = models.ForeignKey(ShiftType, on_delete=models.RESTRICT, related_name="patterns")
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=Weekday), help_text="0 is Monday, 6 is Sunday.")
    headcount = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(500)])
    starts_on = models.DateField(validators=[check_day])
    ends_on = models.DateField(null=True, blank=True, validators=[check_day])
    holidays = models.CharField(max_length=10, choices=Holidays, default=Holidays.AS_USUAL)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    made_until = models.DateField(null=True, editable=False)
    """The last date up to which its shifts have been made; the nightly run goes on from there, so that a shift
    somebody deleted stays deleted."""

    class Meta:
        ordering = ["site", "shift_type", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="shift_pattern_tenant_key"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="shift_pattern_ends_after_start",
                violation_error_message="The pattern ends before it begins.",
            ),
            models.CheckConstraint(
                condition=~Q(weekdays=[]),
                name="shift_pattern_has_weekdays",
                violation_error_message="Choose at least one weekday.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.headcount} × {self.shift_type.code} at {self.site.code}"


class Shift(OwnedModel):
    """One shift at a site, from an aware start to an aware end, for `headcount` people."""

    # Without an index of its own: shift_places begins with it.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="shifts")
    shift_type = models.ForeignKey(ShiftType, on_delete=models.RESTRICT, related_name="shifts")
    pattern = models.ForeignKey(ShiftPattern, null=True, blank=True, on_delete=models.SET_NULL, related_name="shifts")
    starts_at = models.DateTimeField(validators=[check_day])
    ends_at = models.DateTimeField(validators=[check_day])
    headcount = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(500)])
    unpaid_break_minutes = models.PositiveSmallIntegerField(default=0)
    required_certifications = models.ManyToManyField(Certification, blank=True, related_name="shifts")
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    unfilled_cost = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0)], help_text="Points a place; empty: by priority."
    )
    overfill_cost = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0)], help_text="Points an extra person; empty: no extras."
    )
    notes = models.CharField(max_length=250, blank=True)
    # Kept by triggers (migration 0008); what a program writes here is ignored.
    published_people = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(
        null=True, db_default=Now(), editable=False, help_text="Empty: made before this was recorded."
    )

    class Meta:
        ordering = ["starts_at", "site", "shift_type"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "site", "shift_type", "starts_at"],
                name="shift_once",
                violation_error_message="This site already has a shift of this type at this time; raise its headcount.",
            ),
            models.UniqueConstraint(fields=["organization", "id"], name="shift_tenant_key"),
            models.UniqueConstraint(fields=["id", "starts_at", "ends_at"], name="shift_time_key"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="shift_ends_after_start",
                violation_error_message="The shift ends before it starts.",
            ),
            models.CheckConstraint(
                condition=Q(headcount__gte=1),
                name="shift_headcount_positive",
                violation_error_message="A shift needs a headcount of at least 1.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "starts_at"],
                include=["site", "headcount", "published_people", "unpaid_break_minutes"],
                name="shift_by_start",
            ),
            # Few different values: a seventh of the pages of shift_by_start for whoever adds up all places.
            models.Index(fields=["organization", "headcount"], name="shift_places"),
            models.Index(
                fields=["organization", "starts_at"],
                include=["site", "headcount", "published_people"],
                condition=Q(published_people__lt=F("headcount")),
                name="shift_short",
            ),
        ]

    def __str__(self) -> str:
        local = self.starts_at.astimezone(self.site.tz)
        return f"{self.shift_type.code} {local:%a %d %b %H:%M} at {self.site.code}"

    @property
    def minutes(self) -> int:
        """Real minutes from start to end, DST included."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def paid_minutes(self) -> int:
        """Real minutes less the unpaid break."""
        return max(0, self.minutes - self.unpaid_break_minutes)
