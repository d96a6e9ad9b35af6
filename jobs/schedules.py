"""Periodic work: beat entries created once and then the operator's own, and one job per slot of a schedule.

An app registers what it wants to run; `manage.py setup_schedules` creates the django-celery-beat rows that are
missing and never touches those that exist. Disable a row to silence it: a deleted one comes back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from jobs import conf, doorbell, services
from jobs.exceptions import JobAlreadyActive, JobRefused, UnknownKind
from jobs.models import JobRun
from jobs.selectors import HEAVY, NAME_LENGTH
from jobs.services import Person

# Beats and workers whose clocks run this much early still name the slot they mean.
CLOCK_TOLERANCE = timedelta(seconds=5)
START_TASK = "jobs.start_scheduled"
SWEEP_NAME = "Sweep jobs"
CELERY_CLEANUP = "celery.backend_cleanup"
"""The one task of Celery's own that may be scheduled; the library's beat used to do so by itself."""
DEFAULT_QUEUE = "default"
MANUAL = "manual:"


@dataclass(frozen=True)
class Schedule:
    """A periodic start of a job kind, at wall-clock times of `time_zone` (default: the installation's)."""

    name: str
    kind: str
    description: str
    minute: str = "0"
    hour: str = "*"
    day_of_week: str = "*"
    time_zone: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


_schedules: dict[str, Schedule] = {}


def register(schedule: Schedule) -> None:
    """Remember a schedule for `setup`; call it where the kind is registered."""
    _schedules[schedule.name] = schedule


def is_built_in(name: str) -> bool:
    """Whether `setup` would make the entry again: it is disabled, not deleted, and keeps its name."""
    return name == SWEEP_NAME or name in _schedules


def setup() -> list[str]:
    """Create the beat rows that are missing; the names of those created. Existing rows stay as operators left them."""
    created = []
    with transaction.atomic():
        if _create_sweep():
            created.append(SWEEP_NAME)
        created.extend(schedule.name for schedule in _schedules.values() if _create(schedule))
    return created


def start_slot(*, schedule: str, kind: str, params: Mapping[str, Any], at: datetime | None = None) -> JobRun | None:
    """Accept the job of the slot that `at` (default: now) falls in; None when the slot has one already.

    Raises `UnknownKind`.
    """
    entry = PeriodicTask.objects.select_related("crontab", "interval").filter(name=schedule).first()
    slot = slot_key(entry, (at or timezone.now()) + CLOCK_TOLERANCE)
    return services.enqueue_slot(schedule=schedule[:NAME_LENGTH], slot=slot, kind=kind, params=params)


def slot_key(entry: PeriodicTask | None, moment: datetime) -> str:
    """Names the latest time at or before `moment` at which the entry was due; the same for every beat that fires it."""
    if entry is not None and entry.interval is not None:
        period = max(1.0, entry.interval.schedule.run_every.total_seconds())
        began = int(moment.timestamp() // period * period)
        return datetime.fromtimestamp(began, tz=UTC).isoformat()
    if entry is not None and entry.crontab is not None:
        zone = entry.crontab.timezone
        wall = moment.astimezone(zone).replace(tzinfo=None)
        return f"{last_due(entry.crontab.schedule, wall).isoformat(timespec='minutes')}"
    return moment.replace(second=0, microsecond=0).isoformat()


def run_now(entry: PeriodicTask, by: Person) -> JobRun | None:
    """Start what the entry starts, at once and beside its slots; disabled entries too.

    The job it made, or None for an entry whose task is not a job (the sweep): its message is sent as it is. Raises
    `JobRefused` with a sentence: the schedule's last job is still active, the entry's arguments cannot be read, its
    kind is unknown, or the broker does not answer.
    """
    args, kwargs = _arguments(entry)
    if entry.task != START_TASK:
        if not doorbell.send(entry.task, args=args, kwargs=kwargs, queue=entry.queue or DEFAULT_QUEUE):
            raise JobRefused("The message broker does not answer, so nothing was started. Try again in a moment.")
        return None
    slot = f"{MANUAL}{timezone.now().astimezone(UTC).isoformat()}"
    try:
        return services.enqueue_scheduled(
            schedule=entry.name[:NAME_LENGTH],
            slot=slot,
            kind=str(kwargs.get("kind", "")),
            params=kwargs.get("params"),
            requested_by=by,
        )
    except JobAlreadyActive as error:
        state = error.job.get_status_display().lower()
        raise JobAlreadyActive(
            f"The last job of “{entry.name}” is still {state}; wait for it to end.", error.job
        ) from error
    except UnknownKind as error:
        raise JobRefused(f"“{entry.name}” cannot start: {error.sentence} Correct `kind` in its arguments.") from error


def next_run(entry: PeriodicTask, now: datetime) -> datetime | None:
    """When beat starts the entry next, at or after `now`; None when never (disabled, expired, ran once) or unknown."""
    if not entry.enabled or (entry.one_off and entry.total_run_count > 0):
        return None
    after = max(now, entry.start_time - timedelta(microseconds=1)) if entry.start_time else now
    due = _next_due_of(entry, after)
    return None if due is None or (entry.expires is not None and due >= entry.expires) else due


def last_runs(names: Iterable[str]) -> dict[str, JobRun]:
    """The latest job of each schedule that has had one, by the schedule's name, without large columns. One query."""
    full = {name[:NAME_LENGTH]: name for name in names}
    latest = (
        JobRun.objects.filter(schedule__in=full)
        .exclude(schedule="")
        .order_by("schedule", "-queued_at")
        .distinct("schedule")
        .defer(*HEAVY)
    )
    return {full[job.schedule]: job for job in latest}


def next_due(schedule: crontab, wall: datetime) -> datetime | None:
    """The first wall-clock minute after `wall` that the crontab names; None when there is none in five years."""
    for days_ahead in range(5 * 366):
        day = wall.date() + timedelta(days=days_ahead)
        for due in _times_of(schedule, day):
            if due > wall:
                return due
    return None


def last_due(schedule: crontab, wall: datetime) -> datetime:
    """The latest wall-clock minute at or before `wall` that the crontab names; `wall` itself when none in two years."""
    for days_back in range(732):
        day = wall.date() - timedelta(days=days_back)
        for due in reversed(_times_of(schedule, day)):
            if due <= wall:
                return due
    return wall.replace(second=0, microsecond=0)


def _times_of(schedule: crontab, day: date) -> list[datetime]:
    """The wall-clock minutes of a day that the crontab names, in order."""
    # The parsed sets are attributes that the published types of celery leave out.
    parts: Any = schedule
    if not (
        day.month in parts.month_of_year and day.day in parts.day_of_month and day.isoweekday() % 7 in parts.day_of_week
    ):
        return []
    return [
        datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001  wall clock on purpose
        for hour in sorted(parts.hour)
        for minute in sorted(parts.minute)
    ]


def _next_due_of(entry: PeriodicTask, after: datetime) -> datetime | None:
    if entry.crontab is not None:
        zone = entry.crontab.timezone
        try:
            crontab_schedule = entry.crontab.schedule
        except ValueError:  # February 30
            return None
        due = next_due(crontab_schedule, after.astimezone(zone).replace(tzinfo=None))
        # By way of UTC: a time that the clocks jump over is the one an hour later, as beat sees it.
        return due.replace(tzinfo=zone).astimezone(UTC) if due is not None else None
    if entry.interval is not None:
        began: datetime = entry.last_run_at or entry.date_changed or after
        upcoming: datetime = began + entry.interval.schedule.run_every
        return max(after, upcoming)
    if entry.clocked is not None:
        once: datetime = entry.clocked.clocked_time
        return once if once > after else None
    return None  # by the sun: known only with an astronomy library that is not installed


def row_of_times(model: Any, **times: Any) -> Any:
    """The row of these times, made if there is none; of several, which the library allows, the first."""
    return model.objects.filter(**times).order_by("pk").first() or model.objects.create(**times)


def _arguments(entry: PeriodicTask) -> tuple[list[Any], dict[str, Any]]:
    try:
        args, kwargs = json.loads(entry.args or "[]"), json.loads(entry.kwargs or "{}")
    except ValueError as error:
        raise JobRefused(
            f"The arguments of “{entry.name}” are not valid JSON ({error}); correct them first."
        ) from error
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise JobRefused(f"The arguments of “{entry.name}” must be a JSON list and a JSON object; correct them first.")
    return args, kwargs


def _create_sweep() -> bool:
    if PeriodicTask.objects.filter(name=SWEEP_NAME).exists():
        return False
    seconds = max(1, int(conf.sweep_seconds()))
    interval = row_of_times(IntervalSchedule, every=seconds, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(
        name=SWEEP_NAME,
        task="jobs.sweep",
        interval=interval,
        queue=DEFAULT_QUEUE,
        expire_seconds=seconds,
        description="Sends lost messages again and rescues jobs whose worker fell silent.",
    )
    return True


def _create(schedule: Schedule) -> bool:
    if PeriodicTask.objects.filter(name=schedule.name).exists():
        return False
    when = row_of_times(
        CrontabSchedule,
        minute=schedule.minute,
        hour=schedule.hour,
        day_of_week=schedule.day_of_week,
        day_of_month="*",
        month_of_year="*",
        timezone=ZoneInfo(schedule.time_zone or settings.TIME_ZONE),
    )
    PeriodicTask.objects.create(
        name=schedule.name,
        task=START_TASK,
        crontab=when,
        queue=DEFAULT_QUEUE,
        kwargs=json.dumps({"schedule": schedule.name, "kind": schedule.kind, "params": dict(schedule.params)}),
        description=schedule.description,
    )
    return True
