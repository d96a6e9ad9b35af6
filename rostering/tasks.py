"""The jobs and tasks of rostering; each hands over to a service."""

from __future__ import annotations

from celery import shared_task

from jobs.context import JobContext
from jobs.registry import job_kind
from rostering.fanout import remote, work
from rostering.fanout.crew import redis_url
from rostering.selectors.results import result_facts
from rostering.services.rosters import JOB_KIND
from rostering.services.solving import generate_roster, settle

STAGES = {
    "loading": "Reading the data",
    "preparing": "Preparing",
    "construction": "Making a first legal roster",
    "modeling": "Writing the model",
    "optimization": "Optimizing",
    "bounding": "Working out what is possible",
    "diving": "Choosing everybody's shifts",
    "trading": "Trading shifts between people",
    "improving": "Improving the roster",
    "saving": "Explaining and saving",
    "done": "Finished",
}


@job_kind(
    JOB_KIND,
    queue="solve",
    max_attempts=3,
    label="Generate roster",
    on_end=settle,
    stages=STAGES,
    facts=result_facts,
)
def generate(context: JobContext) -> None:
    """Fill the draft roster named by the job's parameters."""
    generate_roster(roster_id=int(context.params["roster_id"]), context=context)


@shared_task(name=remote.TASK, ignore_result=True, acks_late=False)
def solve_part(run: str, task: int, attempt: int) -> None:
    """One part of a large roster, for the job that solves the whole; see `rostering.fanout`."""
    work.solve_part(url=redis_url(), run=run, task=task, attempt=attempt)
