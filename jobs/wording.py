"""What a job's state reads like: the one sentence that the API, the list and the job page show."""

from __future__ import annotations

from jobs.models import JobRun
from jobs.states import Control, FailureKind, Status


def sentence(job: JobRun) -> str:
    """Where the job stands, in a sentence a scheduler understands; never empty."""
    if job.status == Status.RUNNING and job.control == Control.CANCEL:
        return "Cancelling…"
    if job.status == Status.RUNNING and job.control == Control.STOP:
        return "Stopping and keeping the best so far…"
    if job.status == Status.FAILED:
        return job.error or "The job failed."
    return job.message or {
        Status.QUEUED.value: "Waiting for a free worker.",
        Status.RUNNING.value: "Started.",
        Status.SUCCEEDED.value: "Done.",
        Status.CANCELLED.value: "Cancelled.",
    }.get(job.status, "")


def advice(job: JobRun) -> str:
    """What to do about a failed or cancelled job; empty for the others."""
    if job.status == Status.CANCELLED:
        return "Retry starts the same work again."
    if job.status != Status.FAILED:
        return ""
    return {
        FailureKind.EXPLAINED.value: "Change what the sentence names, then start it again.",
        FailureKind.INFRASTRUCTURE.value: "Retry in a while. If it fails again, give support this job's number.",
        FailureKind.ERROR.value: "Retry once. If it fails again, give support this job's number.",
    }.get(job.failure_kind, "Retry, or ask support.")


def duration(seconds: float | None) -> str:
    """`0:42`, `12:05` or `1:02:09`; a dash when there is none."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
