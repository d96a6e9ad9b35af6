"""Celery's side of jobs: thin tasks that take a message and call the runner or the sweeper.

Messages are acknowledged early; the lease in the row, not the broker, is what rescues lost work. No results are kept,
for the rows say more, but one: why a schedule could not start its job.
"""

from __future__ import annotations

import uuid
from typing import Any

from celery import shared_task

from jobs import doorbell, schedules, sweeper, worker
from jobs.runner import run_next

# Sweeping and accepting take moments; one that hangs (in a database that hangs) is ended, and the next one tries again.
SHORT_SECONDS = 120


@shared_task(name=doorbell.RUN_TASK, ignore_result=True, acks_late=False)
def run(job_id: str) -> None:
    """Run the job whose turn it is in this one's queue; a duplicate or stale message finds the next, or nothing."""
    run_next(uuid.UUID(job_id), worker=worker.identity())


@shared_task(name="jobs.sweep", ignore_result=True, acks_late=False, time_limit=SHORT_SECONDS)
def sweep() -> None:
    """Ring again for queued jobs and settle expired leases."""
    sweeper.sweep()


@shared_task(
    name="jobs.start_scheduled",
    ignore_result=True,
    store_errors_even_if_ignored=True,
    acks_late=False,
    time_limit=SHORT_SECONDS,
)
def start_scheduled(schedule: str, kind: str, params: dict[str, Any] | None = None) -> None:
    """Accept the job of a schedule's current slot; a second beat finds the slot taken."""
    schedules.start_slot(schedule=schedule, kind=kind, params=params or {})
