"""The people, and when they can and want to work."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from rostering.days import check_day
from rostering.models.base import OwnedModel
from rostering.models.contracts import Contract
from rostering.models.organizations import Weekday
from rostering.models.sites import Site


class Staff(OwnedModel):
    """A person who can be rostered."""

    number = models.CharField(max_length=20)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    contract = models.ForeignKey(Contract, on_delete=models.RESTRICT, related_name="staff")
    hourly_rate = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal(0))])
    home_site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="home_staff")
    allowed_sites = models.ManyToManyField(
        Site, blank=True, related_name="allowed_staff", help_text="Empty: may work at every site."
    )
    preferred_sites = models.ManyToManyField(Site, blank=True, related_name="preferring_staff")
    barred_sites = models.ManyToManyField(Site, blank=True, related_name="barred_staff")
    employed_from = models.DateField(validators=[check_day])
    employed_until = models.DateField(
        null=True, blank=True, help_text="Last day employed; empty: open-ended.", validators=[check_day]
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="staff_record"
    )
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(
        null=True, db_default=Now(), editable=False, help_text="Empty: added before this was recorded."
    )

    class Meta:
        ordering = ["last_name", "first_name", "number"]
        verbose_name_plural = "staff"
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="staff_number_once"),
            models.UniqueConstraint(fields=["organization", "id"], name="staff_tenant_key"),
            models.CheckConstraint(
                condition=Q(employed_until__isnull=True) | Q(employed_until__gte=F("employed_from")),
                name="staff_employed_until_after_from",
                violation_error_message="Employment ends before it begins.",
            ),
            models.CheckConstraint(
                condition=Q(hourly_rate__gte=0),
                name="staff_hourly_rate_not_negative",
                violation_error_message="The hourly rate is negative.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


class Availability(OwnedModel):
    """When a person cannot, would rather not, or wishes to work: one span of time, or every week on given days.

    A span has `starts_at`–`ends_at`. The weekly form has `weekdays` and local times in the organization's zone
    (an end not after the start is on the next day), from `starts_on` until `ends_on`.
    """

    class Kind(models.TextChoices):
        UNAVAILABLE = "unavailable", "Unavailable"
        UNWANTED = "unwanted", "Would rather not"
        WANTED = "wanted", "Wishes to work"

    class Approval(models.TextChoices):
        REQUESTED = "requested", "Requested"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="availability")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.UNAVAILABLE)
    reason = models.CharField(max_length=120, blank=True, help_text="Such as annual leave, sick, school run.")
    weight = models.PositiveSmallIntegerField(
        default=10, validators=[MaxValueValidator(1000)], help_text="Points when a wish is not met."
    )
    approval = models.CharField(
        max_length=10, choices=Approval, default=Approval.APPROVED, help_text="Only what is approved binds the roster."
    )
    shift_type = models.ForeignKey(
        "rostering.ShiftType", null=True, blank=True, on_delete=models.CASCADE, help_text="A wish for this type alone."
    )
    starts_at = models.DateTimeField(null=True, blank=True, validators=[check_day])
    ends_at = models.DateTimeField(null=True, blank=True, validators=[check_day])
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=Weekday), default=list, blank=True)
    start_time = models.TimeField(null=True, blank=True)
    end_time = models.TimeField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True, validators=[check_day])
    ends_on = models.DateField(null=True, blank=True, validators=[check_day])

    class Meta:
        ordering = ["staff", "starts_at", "starts_on"]
        verbose_name_plural = "availability"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    starts_at__isnull=False,
                    ends_at__isnull=False,  # else the comparison is unknown, and unknown passes a check
                    ends_at__gt=F("starts_at"),
                    weekdays=[],
                    start_time=None,
                    end_time=None,
                )
                | (
                    Q(starts_at=None, ends_at=None, start_time__isnull=False, end_time__isnull=False)
                    & Q(starts_on__isnull=False)
                    & ~Q(weekdays=[])
                ),
                name="availability_span_or_weekly",
                violation_error_message=(
                    "Give either a start and a later end, or weekdays with a start time, an end time and a first date."
                ),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="availability_ends_after_start",
                violation_error_message="The last date lies before the first.",
            ),
            models.UniqueConstraint(
                fields=["staff", "kind", "starts_at", "ends_at", "shift_type"],
                nulls_distinct=False,
                condition=Q(starts_at__isnull=False),
                name="availability_span_once",
                violation_error_message="This person already has the same entry.",
            ),
        ]
        indexes = [models.Index(fields=["organization", "starts_at", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.staff}"
