"""Runs one attempt of a job: claim, call the handler, write exactly one end.

`JobContext` and `ShouldStop` are re-exported for handlers.
"""

from __future__ import annotations

import logging
import socket
import traceback
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import kombu.exceptions
import redis.exceptions
from django.db import transaction

from jobs import conf, lifecycle
from jobs.context import JobContext, view_of
from jobs.exceptions import JobCancelled, JobFailed, LeaseLost, UnknownKind
from jobs.models import JobRun
from jobs.patience import DATABASE_ERRORS, outlast
from jobs.pulse import Pulse
from jobs.registry import get_kind
from jobs.states import Control, FailureKind, Outcome, ShouldStop
from jobs.watchdog import Watched

__all__ = ["JobContext", "ShouldStop", "run_job"]

logger = logging.getLogger(__name__)

# Errors of the machinery under the work, which may be gone on the next attempt.
INFRASTRUCTURE_ERRORS = (
    *DATABASE_ERRORS,
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    kombu.exceptions.OperationalError,
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
)
NEUTRAL_SENTENCE = (
    "Something went wrong on our side, and nothing of this job was kept. The details are recorded for support."
)


def run_job(job_id: uuid.UUID, *, worker: str = "", inline: bool = False) -> JobRun | None:
    """Run one attempt of this job in this process; the row as it ended, or None when there was nothing to claim.

    Never raises for what the handler does. `inline` keeps the heartbeat on the caller's thread and connection
    (for tests and commands); a worker beats on a thread of its own.
    """
    return _run(lifecycle.claim(job_id, worker=worker), job_id, inline=inline)


def run_next(job_id: uuid.UUID, *, worker: str) -> JobRun | None:
    """As `run_job`, for the job whose turn it is in the named job's queue; what a worker does with a message."""
    return _run(lifecycle.claim_next(job_id, worker=worker), job_id, inline=False)


def _run(job: JobRun | None, rung_for: uuid.UUID, *, inline: bool) -> JobRun | None:
    if job is None:
        logger.info("Job %s has nothing to claim: it runs elsewhere, is not due, or has ended", rung_for)
        return None
    logger.info("Job %s (%s) attempt %d starts", job.pk, job.kind, job.attempt)
    with nullcontext() if inline else Watched(job.pk, job.attempt) as watched:
        pulse = Pulse(job.pk, job.attempt, watched)
        context = JobContext(view_of(job), pulse)
        if not inline:
            pulse.start()
        try:
            ending = _call(context, job, pulse)
        finally:
            pulse.stop()
        if ending is not None:
            _settle(job, ending, patient=not inline)
    return JobRun.objects.filter(pk=job.pk).first()


@dataclass(frozen=True)
class Ending:
    """How an attempt wants its job to end; `gives_up` where the handler itself has heeded a cancel, and says so."""

    write: Callable[[JobRun], None]
    gives_up: bool = False


def _call(context: JobContext, job: JobRun, pulse: Pulse) -> Ending | None:
    """Call the handler and decide how the attempt ends; None when the end is already written, or not ours."""
    ending: Ending
    try:
        ending = _returned(get_kind(job.kind).handler(context), pulse)
    except LeaseLost as error:
        logger.warning("Job %s attempt %d gives way: %s", job.pk, job.attempt, error)
        return None
    except JobCancelled as error:
        ending = _cancelled(error.sentence)
    except (JobFailed, UnknownKind) as error:
        ending = _failed(error.sentence, FailureKind.EXPLAINED, pulse=pulse)
    except INFRASTRUCTURE_ERRORS as error:
        logger.warning("Job %s attempt %d met an infrastructure error", job.pk, job.attempt, exc_info=True)
        ending = _interrupted(error, traceback.format_exc(), pulse)
    except Exception:
        names = {"job_id": str(job.pk), "job_kind": job.kind, "job_attempt": job.attempt}
        logger.exception("Job %s (%s) attempt %d broke", job.pk, job.kind, job.attempt, extra=names)
        ending = _failed(NEUTRAL_SENTENCE, FailureKind.ERROR, detail=traceback.format_exc(), pulse=pulse)
    return None if context.published else ending


def _returned(result: Mapping[str, Any] | None, pulse: Pulse) -> Ending:
    def end(row: JobRun) -> None:
        lifecycle.succeed(row, result=result, figures=pulse.figures)

    return Ending(end)


def _cancelled(message: str) -> Ending:
    def end(row: JobRun) -> None:
        lifecycle.settle_cancelled(row, message=message)

    return Ending(end, gives_up=True)


def _failed(sentence: str, kind: FailureKind, *, pulse: Pulse, detail: str = "") -> Ending:
    def end(row: JobRun) -> None:
        lifecycle.keep_figures(row, pulse.figures)
        lifecycle.fail(row, sentence=sentence, kind=kind, detail=detail)

    return Ending(end)


def _interrupted(error: Exception, detail: str, pulse: Pulse) -> Ending:
    def end(row: JobRun) -> None:
        failures = lifecycle.times(row, Outcome.INTERRUPTED)
        if row.attempts_left == 0:
            often = "once" if failures == 1 else f"{failures} times"
            sentence = (
                f"A service this job needs did not answer ({often}), and no attempts are left. Nothing of it was kept."
            )
            lifecycle.keep_figures(row, pulse.figures)
            lifecycle.fail(row, sentence=sentence, kind=FailureKind.INFRASTRUCTURE, detail=detail)
            return
        delay = conf.backoff_seconds() * 2 ** (failures - 1)
        lifecycle.requeue(
            row,
            message=f"Interrupted ({type(error).__name__}); tried again by itself.",
            outcome=Outcome.INTERRUPTED,
            delay_seconds=delay,
        )

    return Ending(end)


def _settle(job: JobRun, ending: Ending, *, patient: bool) -> None:
    """Write the end, fenced by attempt. A database that is away is waited for as long as the lease may live."""
    try:
        outlast(lambda: _write_end(job, ending), seconds=conf.lease_seconds() if patient else 0)
    except LeaseLost as error:
        logger.warning("Job %s attempt %d ended without a say: %s", job.pk, job.attempt, error)
    except DATABASE_ERRORS:
        logger.exception("The end of job %s could not be written; the sweeper will settle it", job.pk)


def _write_end(job: JobRun, ending: Ending) -> None:
    """A cancel or hand-back that came meanwhile outranks what the handler returned or raised."""
    with transaction.atomic():
        row = lifecycle.hold(job.pk, job.attempt)
        if row.control == Control.CANCEL and not ending.gives_up:
            lifecycle.settle_cancelled(row, message="Cancelled; nothing of it was kept.")
        elif row.hand_back and row.control != Control.CANCEL:
            lifecycle.requeue(
                row,
                message="The worker shut down and gave the job back; it starts again shortly.",
                outcome=Outcome.HANDED_BACK,
                refund=True,
            )
        else:
            ending.write(row)
