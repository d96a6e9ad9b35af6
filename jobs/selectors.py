"""Reading jobs: always through the access policy, so that a foreign job does not exist."""

from __future__ import annotations

import uuid

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.access import User, policy
from jobs.models import JobRun

NAME_LENGTH = 100
"""As much of a schedule's name as a job remembers."""
# Result, history and tracebacks can be large; no list shows them.
HEAVY = ("result", "history", "error_detail", "params")
CHAIN = """
    WITH RECURSIVE earlier AS (
        SELECT id, retry_of_id FROM jobs_jobrun WHERE id = %s
        UNION SELECT job.id, job.retry_of_id FROM jobs_jobrun job JOIN earlier ON job.id = earlier.retry_of_id
    ), chain AS (
        SELECT id FROM earlier
        UNION SELECT job.id FROM jobs_jobrun job JOIN chain ON job.retry_of_id = chain.id
    )
    SELECT id FROM chain
"""


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


def retry_chain(*, job: JobRun, user: User, request: HttpRequest | None = None) -> list[JobRun]:
    """The job with what it retries and what retried it, however far, oldest first; those the user may see."""
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, [job.pk])
        found = [row[0] for row in cursor.fetchall()]
    if len(found) == 1:
        return [job]
    rows = recent_jobs(user=user, request=request).filter(pk__in=found).select_related("requested_by")
    return list(rows.order_by("queued_at", "id"))


def jobs_of_schedule(*, name: str, limit: int) -> list[JobRun]:
    """The latest jobs of a schedule, newest first, with the person who started one by hand. One query."""
    rows = JobRun.objects.filter(schedule=name).select_related("requested_by").defer(*HEAVY)
    return list(rows.order_by("-queued_at", "-id")[:limit])


def people(*, user: User, request: HttpRequest | None = None) -> QuerySet[AbstractBaseUser]:
    """Who asked for the jobs this user may know of."""
    asked = visible_jobs(user=user, request=request).order_by().values("requested_by_id")
    return get_user_model()._default_manager.filter(pk__in=asked).order_by("username")


def schedule_names(*, user: User, request: HttpRequest | None = None) -> list[str]:
    """The schedules that started jobs this user may know of, by name."""
    jobs = visible_jobs(user=user, request=request).exclude(schedule="")
    return list(jobs.order_by("schedule").values_list("schedule", flat=True).distinct())


def may_control(*, user: User, job: JobRun) -> bool:
    """Whether this user may cancel, stop and retry the job."""
    return policy().may_control(user, job)
