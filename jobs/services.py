"""What the rest of Muster asks of jobs: accept, cancel, stop and keep, retry.

Every function is one transaction. The Celery message goes out after the commit of the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from jobs import conf, lifecycle
from jobs.exceptions import JobAlreadyActive, JobNotActive, TooManyActiveJobs
from jobs.models import JobRun
from jobs.registry import JobKind, get_kind
from jobs.states import ACTIVE, Control, Status

Person = AbstractBaseUser | AnonymousUser | None

SLOT_KEY = "jobs_one_per_schedule_slot"
"""The constraint that holds one job a slot."""


def enqueue(
    *,
    kind: str,
    subject: str = "",
    organization_id: int | None = None,
    requested_by: Person = None,
    params: Mapping[str, Any] | None = None,
    delay: timedelta | None = None,
    retry_of: JobRun | None = None,
    schedule: str = "",
    slot: str = "",
) -> JobRun:
    """Accept a job: a row in the caller's transaction, a message to the workers once that commits.

    With the broker down or hung the job is accepted all the same and the sweeper wakes a worker later.
    Raises `UnknownKind`, `JobAlreadyActive` (same kind and subject queued or running; carries that job) and
    `TooManyActiveJobs` (the organization is at its cap). Both limits hold under any number of parallel calls.
    """
    job_kind = get_kind(kind)
    job = JobRun(
        kind=kind,
        subject=subject,
        organization_id=organization_id,
        requested_by_id=requested_by.pk if requested_by is not None else None,
        params=dict(params or {}),
        queue=job_kind.queue,
        attempts_left=job_kind.max_attempts,
        retry_of=retry_of,
        schedule=schedule,
        slot=slot,
    )
    with transaction.atomic():
        _admit(job, job_kind)
        if delay is not None:
            job.available_at = Now() + delay  # the database's clock
        _insert(job, job_kind)
        if delay is None:
            lifecycle.ring_on_commit(job)
    return job


def enqueue_slot(*, schedule: str, slot: str, kind: str, params: Mapping[str, Any] | None = None) -> JobRun | None:
    """Accept the job of one slot of a schedule.

    None when this slot has its job already (two beats send once), or when the job of an earlier slot still runs.
    """
    if JobRun.objects.filter(schedule=schedule, slot=slot).exists():
        return None
    try:
        return enqueue_scheduled(schedule=schedule, slot=slot, kind=kind, params=params)
    except JobAlreadyActive:
        return None
    except IntegrityError as error:
        if SLOT_KEY not in str(error):
            raise
        return None


def enqueue_scheduled(
    *, schedule: str, slot: str, kind: str, params: Mapping[str, Any] | None = None, requested_by: Person = None
) -> JobRun:
    """Accept a job of a schedule. Raises `IntegrityError` when the slot has its job, and what `enqueue` raises."""
    with transaction.atomic():
        return enqueue(
            kind=kind,
            subject=f"schedule:{schedule}",
            requested_by=requested_by,
            params=params,
            schedule=schedule,
            slot=slot,
        )


def cancel(job: JobRun, by: Person = None) -> JobRun:
    """Cancel: a queued job ends at once, a running one within the poll interval, and nothing of it is published.

    Raises `JobNotActive` when the job has ended.
    """
    with transaction.atomic():
        row = _locked(job)
        if row.status == Status.QUEUED:
            row.control = Control.CANCEL
            row.controlled_by_id = by.pk if by is not None else None
            lifecycle.settle_cancelled(row, message="Cancelled before it started.")
        elif row.status == Status.RUNNING:
            _ask(row, Control.CANCEL, by)
        else:
            raise JobNotActive(f"This job has already ended ({row.get_status_display().lower()}); nothing to cancel.")
    return row


def stop(job: JobRun, by: Person = None) -> JobRun:
    """Stop and keep: the running job ends soon and publishes the best it has.

    Raises `JobNotActive` when there is nothing to keep: the job has not started, is being cancelled or has ended.
    """
    with transaction.atomic():
        row = _locked(job)
        if row.status == Status.QUEUED:
            raise JobNotActive("This job has not started, so there is nothing to keep yet. Cancel it instead.")
        if row.status != Status.RUNNING:
            raise JobNotActive(f"This job has already ended ({row.get_status_display().lower()}); nothing to stop.")
        if row.control == Control.CANCEL:
            raise JobNotActive("This job is being cancelled; what it has will not be kept.")
        if not get_kind(row.kind).stoppable:
            raise JobNotActive("This kind of job cannot be stopped half-way. Let it finish, or cancel it.")
        _ask(row, Control.STOP, by)
    return row


def retry(job: JobRun, by: Person = None) -> JobRun:
    """Start the same work again as a new job that names the old one, and its schedule if it has one.

    Raises `JobNotActive` when the old job has not failed or been cancelled, and what `enqueue` raises.
    """
    with transaction.atomic():
        row = _locked(job)
        if row.status in ACTIVE:
            raise JobNotActive("This job has not ended yet. Cancel it first, or wait for it.")
        if row.status == Status.SUCCEEDED:
            raise JobNotActive("This job succeeded; start a new one instead of a retry.")
        other = row.retries.filter(status__in=ACTIVE).first()
        if other is not None:
            raise JobAlreadyActive("A retry of this job is already waiting or running.", other)
        return enqueue(
            kind=row.kind,
            subject=row.subject,
            organization_id=row.organization_id,
            requested_by=by,
            params=row.params,
            retry_of=row,
            schedule=row.schedule,
            slot=f"retry:{timezone.now().astimezone(UTC).isoformat()}" if row.schedule else "",
        )


def hand_back(*, worker: str) -> int:
    """Ask every job of a worker that is shutting down to return to the queue; the count of jobs asked."""
    return JobRun.objects.filter(worker=worker, status=Status.RUNNING).update(hand_back=True)


def _locked(job: JobRun) -> JobRun:
    return JobRun.objects.select_for_update(of=("self",)).get(pk=job.pk)


def _ask(row: JobRun, control: Control, by: Person) -> None:
    row.control = control
    row.controlled_by_id = by.pk if by is not None else None
    row.save(update_fields=["control", "controlled_by"])


def _admit(job: JobRun, kind: JobKind) -> None:
    """Refuse a second active job of the subject, and one over its organization's cap."""
    if job.organization_id is not None:
        _lock_organization(job.organization_id)
    _refuse_second_active(kind, job.subject)
    if job.organization_id is not None:
        _refuse_over_cap(job.organization_id)


def _insert(job: JobRun, kind: JobKind) -> None:
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        # Lost a race that no organization lock covers: the partial unique key held the line.
        _refuse_second_active(kind, job.subject)
        raise
    job.refresh_from_db()


def _lock_organization(organization_id: int) -> None:
    """One start at a time per organization, until the caller's transaction ends; so that counting is not a race."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"jobs.start:{organization_id}"])


def _refuse_second_active(kind: JobKind, subject: str) -> None:
    if not subject:
        return
    active = JobRun.objects.filter(Q(status__in=ACTIVE), kind=kind.name, subject=subject).first()
    if active is not None:
        raise JobAlreadyActive(f"{kind.label} is already {active.get_status_display().lower()} for this.", active)


def _refuse_over_cap(organization_id: int) -> None:
    cap = conf.active_per_organization()
    active = JobRun.objects.filter(organization_id=organization_id, status__in=ACTIVE).count()
    if active >= cap:
        raise TooManyActiveJobs(
            f"Your organization already has {active} jobs waiting or running; at most {cap} are allowed. "
            "Wait for one to end, or cancel one."
        )
