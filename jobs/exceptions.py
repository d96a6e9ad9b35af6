"""What can go wrong with a job. Every message is a sentence that may be shown to a person.

Named by what happened, since handlers and callers read them as events.
"""
# ruff: noqa: N818

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.models import JobRun


class JobError(Exception):
    """Base of everything this app raises on purpose."""

    @property
    def sentence(self) -> str:
        return str(self.args[0]) if self.args else "The job could not be processed."


class JobFailed(JobError):
    """Raised by a handler: the domain says no, and this sentence tells the user why and what to do."""


class JobCancelled(JobError):
    """Raised inside a handler that was asked to give up; nothing of it is published."""


class LeaseLost(JobError):
    """Raised inside a handler whose attempt no longer holds the job: another attempt does, or the job has ended."""


class JobRefused(JobError):
    """A job was not accepted, or an action does not apply to its state."""


class JobAlreadyActive(JobRefused):
    """The same work (kind and subject) is already queued or running, as `job`."""

    def __init__(self, sentence: str, job: JobRun) -> None:
        super().__init__(sentence)
        self.job = job


class TooManyActiveJobs(JobRefused):
    """The organization already has as many jobs queued or running as it may."""


class JobNotActive(JobRefused):
    """The job has ended (or has not started), so the action does not apply."""


class UnknownKind(JobError):
    """No handler is registered under this kind."""
