"""JobRun, the row that is the queue; its attempts; and the workers that are alive."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from jobs.registry import find_kind, kind_label
from jobs.states import ACTIVE, ApiStatus, Control, FailureKind, Outcome, Status, api_status


class JobRun(models.Model):
    """One piece of long work, from acceptance to exactly one final state.

    The row decides everything; Celery only rings the doorbell. `attempt` is the fence: whoever writes about a
    running job names the attempt it believes in, and a write with an older number changes nothing. `coverage` and
    `gap` are percentages; `history` holds improvements as `[seconds, objective, coverage]`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, blank=True, help_text="What the job works on, such as roster:42.")
    organization_id = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="job_runs"
    )
    params = models.JSONField(default=dict, blank=True)
    queue = models.CharField(max_length=50, default="default")

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    control = models.CharField(max_length=10, choices=Control.choices, default=Control.NONE, blank=True)
    controlled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    hand_back = models.BooleanField(default=False, help_text="The worker is shutting down and gives the job back.")
    attempt = models.PositiveIntegerField(default=0)
    attempts_left = models.PositiveIntegerField(default=3)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True)

    available_at = models.DateTimeField(db_default=Now())
    rung_at = models.DateTimeField(null=True, blank=True)
    rings = models.PositiveIntegerField(default=0)

    progress = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=500, blank=True)
    objective = models.FloatField(null=True, blank=True)
    bound = models.FloatField(null=True, blank=True)
    gap = models.FloatField(null=True, blank=True)
    coverage = models.FloatField(null=True, blank=True)
    history = models.JSONField(default=list, blank=True)

    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="A sentence for the user.")
    error_detail = models.TextField(blank=True, help_text="The traceback, for platform staff.")
    failure_kind = models.CharField(max_length=15, choices=FailureKind.choices, default=FailureKind.NONE, blank=True)

    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="When its latest attempt began.")

    tell_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its domain, which could not be told of its end, is told."
    )

    retry_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries")
    schedule = models.CharField(max_length=100, blank=True)
    slot = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "job"
        ordering: ClassVar = ["-queued_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(status__in=[Status.QUEUED, Status.RUNNING]) & ~Q(subject=""),
                name="jobs_one_active_per_subject",
            ),
            models.UniqueConstraint(
                fields=["schedule", "slot"], condition=~Q(schedule=""), name="jobs_one_per_schedule_slot"
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="jobs_progress_is_a_percentage"),
            models.CheckConstraint(
                condition=~Q(status=Status.RUNNING) | Q(lease_expires_at__isnull=False),
                name="jobs_running_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
                | Q(completed_at__isnull=False),
                name="jobs_final_has_an_end",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "-queued_at"], name="jobs_by_organization"),
            models.Index(fields=["-queued_at", "-id"], name="jobs_recent"),
            models.Index(
                fields=["available_at"], condition=Q(status=Status.QUEUED), name="jobs_queued", include=["rung_at"]
            ),
            models.Index(fields=["lease_expires_at"], condition=Q(status=Status.RUNNING), name="jobs_leases"),
            models.Index(
                Coalesce("organization_id", Value(0)),
                F("claimed_at").desc(),
                condition=Q(claimed_at__isnull=False),
                name="jobs_last_start",
            ),
            models.Index(fields=["schedule", "-queued_at"], condition=~Q(schedule=""), name="jobs_latest_of_schedule"),
            models.Index(fields=["tell_at"], condition=Q(tell_at__isnull=False), name="jobs_untold"),
            models.Index(fields=["completed_at"], condition=Q(completed_at__isnull=False), name="jobs_ended"),
        ]

    def __str__(self) -> str:
        kind = find_kind(self.kind)
        if kind is not None and kind.title is not None and (title := kind.title(self)):
            return title
        if self.schedule:
            return self.label if self.label == self.schedule else f"{self.label} ({self.schedule})"
        return f"{self.label} ({self.subject})" if self.subject else self.label

    @property
    def label(self) -> str:
        """What people call this kind of job."""
        return kind_label(self.kind)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def can_cancel(self) -> bool:
        return self.is_active and self.control != Control.CANCEL

    @property
    def can_stop(self) -> bool:
        """Whether *stop and keep* applies: running, of a kind that can keep, and not already asked."""
        kind = find_kind(self.kind)
        return self.status == Status.RUNNING and self.control == Control.NONE and (kind is None or kind.stoppable)

    @property
    def can_retry(self) -> bool:
        return self.status in (Status.FAILED, Status.CANCELLED) and find_kind(self.kind) is not None

    @property
    def api_status(self) -> ApiStatus:
        return api_status(self.status, reported=bool(self.progress or self.stage))

    @property
    def seconds(self) -> float | None:
        """How long it has worked (or worked), None before it starts."""
        if self.started_at is None:
            return None
        return ((self.completed_at or timezone.now()) - self.started_at).total_seconds()


class JobAttempt(models.Model):
    """One claim of a job by a worker, and how it ended."""

    job = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=15, choices=Outcome.choices, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = "attempt"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="jobs_attempt_numbers_are_unique"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="jobs_attempt_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number}"


class WorkerPulse(models.Model):
    """A worker process's sign of life, renewed every few seconds while it runs."""

    name = models.CharField(max_length=200, unique=True)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    concurrency = models.PositiveIntegerField(default=1)
    queues = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "worker"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
