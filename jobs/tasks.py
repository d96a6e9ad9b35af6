"""Celery's side of jobs: thin tasks that take a message and call the runner or the sweeper.

Messages are acknowledged early; the lease in the row, not the broker, is what rescues lost work.
"""

from __future__ import annotations

import uuid
from typing import Any

from celery import shared_task

from jobs import doorbell, schedules, sweeper, worker
from jobs.runner import run_job


@shared_task(name=doorbell.RUN_TASK, ignore_result=True, acks_late=False)
def run(job_id: str) -> None:
    """Run the job if it can be claimed; a duplicate or stale message finds nothing to do."""
    run_job(uuid.UUID(job_id), worker=worker.identity())


@shared_task(name="jobs.sweep", ignore_result=True, acks_late=False)
def sweep() -> None:
    """Ring again for queued jobs and settle expired leases."""
    sweeper.sweep()


@shared_task(name="jobs.start_scheduled", ignore_result=True, acks_late=False)
def start_scheduled(schedule: str, kind: str, params: dict[str, Any] | None = None) -> None:
    """Accept the job of a schedule's current slot; a second beat finds the slot taken."""
    schedules.start_slot(schedule=schedule, kind=kind, params=params or {})
