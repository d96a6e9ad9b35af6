"""Tidying up, nightly: jobs that ended long ago, and what Celery keeps of its tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import current_app
from django.db.models.functions import Now

from jobs import conf, schedules
from jobs.context import JobContext
from jobs.models import JobRun
from jobs.registry import job_kind
from jobs.schedules import Schedule
from jobs.states import FINAL, ShouldStop

KIND = "jobs.tidy_up"
BATCH = 500


@job_kind(KIND, label="Tidy up old jobs", stages={"jobs": "Deleting old jobs", "results": "Deleting old task results"})
def tidy_up(context: JobContext) -> dict[str, Any]:
    """Delete jobs that ended more than `JOBS_KEEP_DAYS` days ago, with their attempts, and expired task results."""
    days = conf.keep_days()
    context.report(progress=1, stage="jobs", message=f"Deleting jobs that ended more than {days} days ago.")
    deleted = 0
    while not context.should_stop():
        batch = context.checkpoint(lambda: delete_old_jobs(days))
        deleted += batch
        if batch < BATCH:
            break
        context.report(message=f"{deleted} old jobs deleted.")
    if context.should_stop() is ShouldStop.NONE:
        context.report(progress=90, stage="results", message="Deleting old task results.")
        current_app.backend.cleanup()
    return {
        "message": f"{deleted} {'job' if deleted == 1 else 'jobs'} older than {days} days deleted.",
        "jobs": deleted,
    }


def delete_old_jobs(days: int) -> int:
    """Delete up to `BATCH` jobs that ended more than `days` days ago, the oldest first; how many.

    Whatever names such a job (a roster, a retry) stays, and names none from then on.
    """
    old = JobRun.objects.filter(status__in=FINAL, completed_at__lt=Now() - timedelta(days=days))
    keys = list(old.order_by("completed_at").values_list("pk", flat=True)[:BATCH])
    JobRun.objects.filter(pk__in=keys).delete()
    return len(keys)


schedules.register(
    Schedule(
        name="Tidy up old jobs",
        kind=KIND,
        description="Deletes jobs that ended long ago (setting JOBS_KEEP_DAYS) and Celery's old task results.",
        hour="3",
        minute="40",
    )
)
