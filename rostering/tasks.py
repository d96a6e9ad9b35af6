"""The jobs and tasks of rostering; each hands over to a service."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from jobs import schedules
from jobs.context import JobContext
from jobs.registry import job_kind
from jobs.schedules import Schedule
from rostering.fanout import remote, work
from rostering.fanout.crew import redis_url
from rostering.navigation import generate_page
from rostering.selectors.results import result_facts
from rostering.services import upkeep
from rostering.services.mailing import JOB_KIND as SEND_KIND
from rostering.services.rosters import JOB_KIND, job_title
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
    title=job_title,
    start_page=generate_page,
)
def generate(context: JobContext) -> None:
    """Fill the draft roster named by the job's parameters."""
    generate_roster(roster_id=int(context.params["roster_id"]), context=context)


@job_kind("certifications.alert", label="Send expiry alerts", stoppable=False, facts=upkeep.facts)
def send_expiry_alerts(context: JobContext) -> dict[str, Any]:
    """Tell every organization's people of certifications that run out."""
    return upkeep.send_expiry_alerts(context)


@job_kind(
    SEND_KIND, label="Send e-mails", stoppable=False, facts=upkeep.facts, title=lambda job: job.label
)  # its subject is there to have one at a time
def send_emails(context: JobContext) -> dict[str, Any]:
    """Send what waits in the outbox."""
    return upkeep.send_emails(context)


@job_kind("shifts.materialize", label="Materialize shifts", stoppable=False, facts=upkeep.facts)
def materialize_shifts(context: JobContext) -> dict[str, Any]:
    """Make the shifts of patterns for the weeks to come."""
    return upkeep.materialize_shifts(context)


schedules.register(
    Schedule(
        name="Send expiry alerts",
        kind="certifications.alert",
        description="Tells people of certifications that run out, and of the published shifts that uncovers.",
        hour="6",
    )
)
schedules.register(
    Schedule(
        name="Send waiting e-mails",
        kind=SEND_KIND,
        description="Tries again what the mail server has not taken yet.",
        minute="*/15",
    )
)
schedules.register(
    Schedule(
        name="Materialize shifts",
        kind="shifts.materialize",
        description="Makes the shifts of patterns, as many weeks ahead as each organization wishes.",
        hour="1",
        minute="30",
    )
)


@shared_task(name=remote.TASK, ignore_result=True, acks_late=False)
def solve_part(run: str, task: int, attempt: int) -> None:
    """One part of a large roster, for the job that solves the whole; see `rostering.fanout`."""
    work.solve_part(url=redis_url(), run=run, task=task, attempt=attempt)
