"""Every change of a job's state, each one conditional write fenced by attempt.

Nothing else writes `status`. A caller that lost the race gets `None` or `LeaseLost`, never a half-done change. All
times come from the database's clock, so workers whose clocks disagree still agree on a lease.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import ExpressionWrapper, F, Q, Value
from django.db.models.fields import DateTimeField, DurationField
from django.db.models.functions import Coalesce, Greatest, Least, Now

from jobs import conf, doorbell, fairness
from jobs.exceptions import LeaseLost
from jobs.models import JobAttempt, JobRun
from jobs.registry import find_kind
from jobs.states import Control, FailureKind, Outcome, Status

logger = logging.getLogger(__name__)

CLEAN_START: dict[str, Any] = {
    "progress": 0,
    "stage": "",
    "objective": None,
    "bound": None,
    "gap": None,
    "coverage": None,
    "history": [],
}
LONGEST_UNTOLD = timedelta(hours=1)
"""Pause at most before a domain that could not be told of an end is told again."""
STOP_FORGOTTEN = "What it had so far is lost, so the wish to stop and keep it is, too."


def claim(job_id: uuid.UUID, *, worker: str) -> JobRun | None:
    """Take the job for one attempt, or None when there is nothing to take.

    Takes a queued job that is due, or a running one whose lease expired; never a cancelled one, never one without
    attempts left. Of any number of workers that try at once, exactly one gets it.
    """
    with transaction.atomic():
        return _take(job_id, worker)


def claim_next(job_id: uuid.UUID, *, worker: str) -> JobRun | None:
    """Take the job whose turn it is in this one's queue, or this one, or None when there is nothing to take.

    A message says that its queue has work, not which work is next: that is decided here, so that organizations take
    turns whatever the order of the messages. There are as many messages as jobs, so no job waits for the sweeper.
    """
    with transaction.atomic():
        chosen = fairness.next_in_line(job_id)
        # Nobody in line may also mean that this row is locked for a moment, by the one who sent the message.
        return _take(chosen or job_id, worker)


def _take(job_id: uuid.UUID, worker: str) -> JobRun | None:
    free = Q(status=Status.QUEUED, available_at__lte=Now()) | Q(status=Status.RUNNING, lease_expires_at__lt=Now())
    claimed = (
        JobRun.objects.filter(free, pk=job_id, attempts_left__gt=0)
        .exclude(control=Control.CANCEL)
        .update(
            status=Status.RUNNING,
            attempt=F("attempt") + 1,
            attempts_left=F("attempts_left") - 1,
            lease_expires_at=Now() + timedelta(seconds=conf.lease_seconds()),
            worker=worker,
            control=Control.NONE,
            hand_back=False,
            started_at=Coalesce("started_at", Now()),
            claimed_at=Now(),
            message="",
            error="",
            error_detail="",
            **CLEAN_START,
        )
    )
    if not claimed:
        return None
    job = JobRun.objects.get(pk=job_id)
    _close_attempts(job, Outcome.LOST, "The worker fell silent; another one took the job over.")
    JobAttempt.objects.create(job=job, number=job.attempt, worker=worker)
    return job


def hold(job_id: uuid.UUID, attempt: int) -> JobRun:
    """Lock the row of a running attempt for the current transaction. Raises `LeaseLost`."""
    job = JobRun.objects.select_for_update().filter(pk=job_id, attempt=attempt, status=Status.RUNNING).first()
    if job is None:
        raise LeaseLost("Another attempt holds this job, or it has ended; nothing of this attempt is written.")
    return job


def succeed(job: JobRun, *, result: Mapping[str, Any] | None, figures: Mapping[str, Any]) -> None:
    """Write the success of a job locked by `hold`, in the caller's transaction.

    The result's own `message`, where it has one, is the job's last sentence.
    """
    keep_figures(job, figures)
    job.progress = 100
    job.result = dict(result) if result is not None else {}
    message = job.result.get("message")
    job.message = message[:500] if isinstance(message, str) else ""
    _end(job, Status.SUCCEEDED, Outcome.SUCCEEDED)


def keep_figures(job: JobRun, figures: Mapping[str, Any]) -> None:
    """Put what was last reported (columns by name) on a locked row that is about to be saved."""
    for name, value in figures.items():
        setattr(job, name, value)


def fail(job: JobRun, *, sentence: str, kind: FailureKind, detail: str = "", outcome: Outcome = Outcome.FAILED) -> None:
    """Write the failure of a locked job: `sentence` for the user, `detail` for platform staff.

    `outcome` is what became of its last attempt, where that did not itself say that the job failed.
    """
    job.error = sentence
    job.error_detail = detail
    job.failure_kind = kind
    _end(job, Status.FAILED, outcome, note=sentence)


def settle_cancelled(job: JobRun, *, message: str) -> None:
    """Write the cancellation of a locked job."""
    job.message = message
    _end(job, Status.CANCELLED, Outcome.CANCELLED, note=message)


def requeue(job: JobRun, *, message: str, outcome: Outcome, delay_seconds: float = 0, refund: bool = False) -> None:
    """Put a locked, running job back in the queue; `refund` when the attempt should not count."""
    _close_attempts(job, outcome, message)
    keep_figures(job, CLEAN_START)
    job.status = Status.QUEUED
    job.lease_expires_at = None
    job.worker = ""
    job.hand_back = False
    if job.control == Control.STOP:  # what was to be kept is lost with the attempt
        job.control = Control.NONE
        message = f"{message} {STOP_FORGOTTEN}"
    job.message = message
    job.attempts_left += 1 if refund else 0
    job.rings = 0
    job.rung_at = None
    job.available_at = Now() + timedelta(seconds=delay_seconds)  # the database's clock
    job.save()
    job.refresh_from_db(fields=["available_at"])
    if delay_seconds == 0:
        ring_on_commit(job)


def times(job: JobRun, *outcomes: Outcome) -> int:
    """How many attempts have ended in one of these ways, the one that is ending now included."""
    return job.attempts.filter(outcome__in=outcomes).count() + 1


def ring_on_commit(job: JobRun) -> None:
    """Send the job's message once the transaction has committed; a broker that is down changes nothing."""
    job_id, queue = job.pk, job.queue
    transaction.on_commit(lambda: ring(job_id, queue), robust=True)


def ring(job_id: uuid.UUID, queue: str) -> bool:
    """Send the message and remember that it was sent, so that the sweeper knows when to send it again."""
    sent = doorbell.ring(job_id, queue)
    if sent:
        JobRun.objects.filter(pk=job_id, status=Status.QUEUED).update(rung_at=Now(), rings=F("rings") + 1)
    return sent


def _end(job: JobRun, status: Status, outcome: Outcome, note: str = "") -> None:
    job.status = status
    job.lease_expires_at = None
    job.hand_back = False
    job.completed_at = Now()  # an expression: the database's clock, in the same write
    job.save()
    job.refresh_from_db(fields=["completed_at"])
    _close_attempts(job, outcome, note)
    _tell_domain(job)


def _close_attempts(job: JobRun, outcome: Outcome, note: str) -> None:
    JobAttempt.objects.filter(job=job, ended_at__isnull=True, number__lte=job.attempt).update(
        ended_at=Now(), outcome=outcome, note=note
    )


def tell_again(job: JobRun) -> bool:
    """Tell the domain of the end of a locked job once more; whether that is settled now.

    A retry has taken over what the job prepared, so from then on there is nothing to settle: clearing up would hit the
    retry's work. Whoever retries locks the row, too, and is therefore either seen here or waits.
    """
    if not job.retries.exists() and not _told(job):
        _put_off_telling(job)
        return False
    JobRun.objects.filter(pk=job.pk).update(tell_at=None)
    return True


def _tell_domain(job: JobRun) -> None:
    """Let the kind settle what it prepared, now or, where that fails, later: the job's end stands either way."""
    if not _told(job):
        _put_off_telling(job)


def _told(job: JobRun) -> bool:
    """Call the kind's hook; False when it raised and what it wrote is undone."""
    kind = find_kind(job.kind)
    if kind is None or kind.on_end is None:
        return True
    try:
        with transaction.atomic():
            kind.on_end(job)
    except Exception:
        if connection.needs_rollback or connection.closed_in_transaction:
            raise  # the connection is gone, and the end that was to be written with it
        logger.exception("Settling job %s (%s) in its domain failed; it is tried again", job.pk, job.kind)
        return False
    return True


def _put_off_telling(job: JobRun) -> None:
    """The pause is as long as the job has been waiting to be settled, so it doubles."""
    waited = ExpressionWrapper(Now() - F("completed_at"), output_field=DurationField())
    pause = Least(Greatest(waited, Value(timedelta(seconds=conf.backoff_seconds()))), Value(LONGEST_UNTOLD))
    due = ExpressionWrapper(Now() + pause, output_field=DateTimeField())
    JobRun.objects.filter(pk=job.pk).update(tell_at=due)
