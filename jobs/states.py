"""The states of a job, the ways an attempt ends, and the words the API uses for them."""

from __future__ import annotations

import enum

from django.db import models


class Status(models.TextChoices):
    """Where a job stands. The last three are final: no write ever leaves them."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE = (Status.QUEUED, Status.RUNNING)
FINAL = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


class Control(models.TextChoices):
    """What a person asked of a running job; the worker polls it and writes the end state."""

    NONE = "", "—"
    STOP = "stop", "Stop and keep the best so far"
    CANCEL = "cancel", "Cancel and discard"


class FailureKind(models.TextChoices):
    """Why a job failed: the domain said no, our code broke, or the machinery under it did."""

    NONE = "", "—"
    EXPLAINED = "explained", "Explained by the job"
    ERROR = "error", "Unexpected error"
    INFRASTRUCTURE = "infrastructure", "Infrastructure"


class Outcome(models.TextChoices):
    """How one attempt ended."""

    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    INTERRUPTED = "interrupted", "Infrastructure error, tried again"
    HANDED_BACK = "handed_back", "Handed back by a worker shutting down"
    LOST = "lost", "Worker fell silent"
    KILLED = "killed", "Process hung and was ended"


class ShouldStop(enum.Enum):
    """What a handler must do now: go on, return the best so far, or give up and write nothing."""

    NONE = "none"
    STOP = "stop"
    CANCEL = "cancel"

    def __bool__(self) -> bool:
        return self is not ShouldStop.NONE


class ApiStatus(enum.StrEnum):
    """The status words of the public API."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    PROGRESS = "PROGRESS"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


def api_status(status: str, *, reported: bool) -> ApiStatus:
    """The API's word for a state; `reported` says whether the running attempt has reported anything yet."""
    if status == Status.RUNNING:
        return ApiStatus.PROGRESS if reported else ApiStatus.STARTED
    return {
        Status.QUEUED.value: ApiStatus.PENDING,
        Status.SUCCEEDED.value: ApiStatus.SUCCESS,
        Status.FAILED.value: ApiStatus.FAILURE,
        Status.CANCELLED.value: ApiStatus.CANCELLED,
    }[status]
