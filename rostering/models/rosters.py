"""Rosters: who works what, what stays open and why."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q

from jobs.models import JobRun
from rostering.days import check_day
from rostering.models.base import OwnedModel
from rostering.models.shifts import Shift
from rostering.models.sites import Site
from rostering.models.staff import Staff

MAX_ROSTER_DAYS = 92


class Roster(OwnedModel):
    """A plan for a period and some sites: a draft until it is published, archived when another takes its place.

    Money is in integer cents, `coverage` in percent of places, `objective` and `bound` in points.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Archived"

    name = models.CharField(max_length=120, blank=True)
    start_date = models.DateField(validators=[check_day])
    end_date = models.DateField(validators=[check_day])
    sites = models.ManyToManyField(Site, blank=True, related_name="rosters", help_text="Empty: all active sites.")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    algorithm = models.CharField(max_length=12, default="production")
    time_limit_seconds = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(1), MaxValueValidator(3600)]
    )
    seed = models.PositiveIntegerField(default=1)
    budget = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    base = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="revisions",
        help_text="Stay close to it.",
    )
    job = models.ForeignKey(JobRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    solver_status = models.CharField(max_length=12, blank=True)
    objective = models.FloatField(null=True, blank=True)
    bound = models.FloatField(null=True, blank=True)
    solve_seconds = models.FloatField(null=True, blank=True)
    coverage = models.FloatField(null=True, blank=True)
    places = models.PositiveIntegerField(default=0)
    filled = models.PositiveIntegerField(default=0)
    cost_cents = models.BigIntegerField(default=0)
    paid_minutes = models.BigIntegerField(default=0)
    score: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-start_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="roster_tenant_key"),
            models.UniqueConstraint(fields=["id", "status"], name="roster_status_key"),
            models.CheckConstraint(
                condition=Q(end_date__gte=F("start_date")),
                name="roster_ends_after_start",
                violation_error_message="The roster ends before it starts.",
            ),
        ]
        indexes = [models.Index(fields=["organization", "status", "start_date"])]

    def __str__(self) -> str:
        return self.name or f"Roster {self.start_date:%d %b} – {self.end_date:%d %b %Y}"

    @property
    def days(self) -> int:
        """Number of days, both ends included."""
        return (self.end_date - self.start_date).days + 1

    @property
    def gap(self) -> float | None:
        """Percent of the objective by which it could still fall; 100 and more says nothing."""
        if self.objective is None or self.bound is None:
            return None
        return 100 * max(0.0, self.objective - self.bound) / max(abs(self.objective), 1e-9)


WORKED = Func(F("starts_at"), F("ends_at"), RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField())
"""The span from a row's start to its end, end excluded."""


class Assignment(OwnedModel):
    """A person on a shift in a roster.

    `starts_at`, `ends_at` and `state` repeat the shift's and the roster's columns so that exclusion constraints can
    hold; composite foreign keys with ON UPDATE CASCADE (migration 0002) keep them equal.
    """

    class Source(models.TextChoices):
        SOLVER = "solver", "Solver"
        MANUAL = "manual", "Manual"
        IMPORT = "import", "Import"

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="assignments")
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="assignments")
    staff = models.ForeignKey(Staff, on_delete=models.RESTRICT, related_name="assignments")
    starts_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)
    state = models.CharField(max_length=10, choices=Roster.Status, default=Roster.Status.DRAFT, editable=False)
    pinned = models.BooleanField(default=False, help_text="The solver keeps it.")
    source = models.CharField(max_length=8, choices=Source, default=Source.MANUAL)
    cost_cents = models.BigIntegerField(default=0)
    override_reason = models.CharField(
        max_length=250, blank=True, help_text="Why a manager let it stand against a required rule."
    )

    class Meta:
        ordering = ["starts_at", "shift", "staff"]
        constraints = [
            models.UniqueConstraint(
                fields=["roster", "shift", "staff"],
                name="assignment_once",
                violation_error_message="This person is already on this shift.",
            ),
            ExclusionConstraint(
                name="assignment_no_overlap_in_roster",
                expressions=[
                    (F("roster"), RangeOperators.EQUAL),
                    (F("staff"), RangeOperators.EQUAL),
                    (WORKED, RangeOperators.OVERLAPS),
                ],
                violation_error_message="This person already works at that time in this roster.",
            ),
            ExclusionConstraint(
                name="assignment_no_overlap_published",
                expressions=[
                    (F("staff"), RangeOperators.EQUAL),
                    (WORKED, RangeOperators.OVERLAPS),
                ],
                condition=Q(state="published"),
                violation_error_message="This person already works at that time in another published roster.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "state", "starts_at"],
                include=["staff", "shift", "ends_at", "cost_cents"],
                name="assignment_by_start",
            ),
            # Lists of all states page in this order; without it each page sorts everything.
            models.Index(fields=["organization", "starts_at", "id"], name="assignment_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.staff} on {self.shift}"

    def clean(self) -> None:
        """Copy what the database will copy, so that overlaps are told before saving; drafts alone can change."""
        if self.shift_id:
            self.starts_at, self.ends_at = self.shift.starts_at, self.shift.ends_at
        if self.roster_id:
            self.state = self.roster.status
        super().clean()


class Gap(OwnedModel):
    """A shift with places left open, and for every staff member the rule that rules them out.

    `reasons` is a list of `{rule, label, count, staff: [id, …], sentence}` whose counts add up to all staff;
    `nearest` lists those with one objection only. `remedies` are the single changes that fill one place, the smallest
    first, each verified; None when nobody has looked. They are thorough when smaller ones were looked for and refuted.
    """

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="gaps")
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="gaps")
    short = models.PositiveSmallIntegerField()
    reasons: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    nearest: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    remedies: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    remedies_thorough = models.BooleanField(default=False)

    class Meta:
        ordering = ["shift__starts_at", "shift"]
        constraints = [models.UniqueConstraint(fields=["roster", "shift"], name="gap_once")]

    def __str__(self) -> str:
        return f"{self.short} short on {self.shift}"
