"""Reading jobs: always through the access policy, so that a foreign job does not exist."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.access import User, policy
from jobs.models import JobRun

# Result, history and tracebacks can be large; no list shows them.
HEAVY = ("result", "history", "error_detail", "params")


def visible_jobs(*, user: User, request: HttpRequest | None = None) -> QuerySet[JobRun]:
    """The jobs this user may know of, newest first."""
    return policy().visible(user, request).order_by("-queued_at", "-id")


def recent_jobs(*, user: User, request: HttpRequest | None = None) -> QuerySet[JobRun]:
    """As `visible_jobs`, without the large columns."""
    return visible_jobs(user=user, request=request).defer(*HEAVY)


def visible_job(*, user: User, job_id: str | uuid.UUID, request: HttpRequest | None = None) -> JobRun | None:
    """One job by its public id; None when it is unknown, foreign, or no job id at all."""
    try:
        key = job_id if isinstance(job_id, uuid.UUID) else uuid.UUID(job_id)
    except ValueError:
        return None
    return visible_jobs(user=user, request=request).filter(pk=key).first()


def may_control(*, user: User, job: JobRun) -> bool:
    """Whether this user may cancel, stop and retry the job."""
    return policy().may_control(user, job)
