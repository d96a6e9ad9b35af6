"""Finds what fell through: lost messages are sent again, jobs of silent workers go back to work or end with a reason,
and domains that could not be told of an end are told again.

Safe to run anywhere, any number at once: rows that another sweeper holds are skipped.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import ExpressionWrapper, F, Q, Value
from django.db.models.fields import DateTimeField, DurationField
from django.db.models.functions import Least, Now, Power

from jobs import conf, lifecycle
from jobs.exceptions import LeaseLost
from jobs.models import JobRun, WorkerPulse
from jobs.states import Control, FailureKind, Outcome, Status

logger = logging.getLogger(__name__)

BATCH = 200
FORGET_WORKERS_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    requeued: int = 0
    ended: int = 0
    rung: int = 0
    told: int = 0


def sweep() -> Swept:
    """Settle expired leases, ring again for queued jobs nobody came for, tell domains that could not be told."""
    requeued, ended = _settle_expired()
    rung = _ring_again()
    told = _tell_again()
    WorkerPulse.objects.filter(seen_at__lt=Now() - FORGET_WORKERS_AFTER).delete()
    return Swept(requeued=requeued, ended=ended, rung=rung, told=told)


def _settle_expired() -> tuple[int, int]:
    requeued = ended = 0
    for _ in range(BATCH):
        with transaction.atomic():
            job = (
                JobRun.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(status=Status.RUNNING, lease_expires_at__lt=Now())
                .order_by("lease_expires_at")
                .first()
            )
            if job is None:
                break
            if _settle_one(job, Outcome.LOST):
                requeued += 1
            else:
                ended += 1
    return requeued, ended


def rescue(job_id: uuid.UUID, attempt: int, outcome: Outcome) -> None:
    """Settle an attempt whose process is known to be gone, without waiting for its lease."""
    try:
        with transaction.atomic():
            _settle_one(lifecycle.hold(job_id, attempt), outcome)
    except LeaseLost:
        logger.info("Job %s attempt %d had ended, or was taken over already", job_id, attempt)


def _settle_one(job: JobRun, outcome: Outcome) -> bool:
    """True when the job went back to the queue, False when it ended."""
    logger.warning("Job %s: worker %s fell silent in attempt %d", job.pk, job.worker or "?", job.attempt)
    if job.control == Control.CANCEL:
        lifecycle.settle_cancelled(job, message="Cancelled; its worker had stopped answering.")
        return False
    if job.attempts_left == 0:
        silences = lifecycle.times(job, Outcome.LOST, Outcome.KILLED)
        often = "once" if silences == 1 else f"{silences} times"
        lifecycle.fail(
            job,
            sentence=(
                f"The worker computing this stopped answering {often}, and no attempts are left. "
                "Nothing of it was kept. A smaller piece of work may go through."
            ),
            kind=FailureKind.INFRASTRUCTURE,
            outcome=outcome,
            detail=(
                f"Worker {job.worker or '?'}, attempt {job.attempt}: {outcome.label.lower()}; no attempts left. "
                "Its log may say more."
            ),
        )
        return False
    lifecycle.requeue(job, message="The worker computing this stopped answering; it starts again.", outcome=outcome)
    return True


def _ring_again() -> int:
    pause = ExpressionWrapper(
        Value(timedelta(seconds=1), output_field=DurationField())
        * Least(
            Value(conf.ring_again_seconds()) * Power(Value(2.0), Least(F("rings") - 1, 16)),
            Value(conf.ring_again_max_seconds()),
        ),
        output_field=DurationField(),
    )
    silent_since = ExpressionWrapper(F("rung_at") + pause, output_field=DateTimeField())
    due = (
        JobRun.objects.filter(status=Status.QUEUED, available_at__lte=Now())
        .annotate(ring_due_at=silent_since)
        .filter(Q(rung_at__isnull=True) | Q(ring_due_at__lte=Now()))
        .order_by("available_at")
        .values_list("pk", "queue")[:BATCH]
    )
    rung = 0
    for job_id, queue in due:
        if not lifecycle.ring(job_id, queue):
            break
        rung += 1
    return rung


def _tell_again() -> int:
    told = 0
    for _ in range(BATCH):
        with transaction.atomic():
            job = (
                JobRun.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(tell_at__lte=Now())
                .order_by("tell_at")
                .first()
            )
            if job is None:
                break
            told += lifecycle.tell_again(job)
    return told
