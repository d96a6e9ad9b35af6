"""Periodic work: beat entries created once and then the operator's own, and one job per slot of a schedule.

An app registers what it wants to run; `manage.py setup_schedules` creates the django-celery-beat rows that are
missing and never touches those that exist. Disable a row to silence it: a deleted one comes back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from jobs import conf, services
from jobs.models import JobRun

# Beats and workers whose clocks run this much early still name the slot they mean.
CLOCK_TOLERANCE = timedelta(seconds=5)
START_TASK = "jobs.start_scheduled"
SWEEP_NAME = "Sweep jobs"


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
    return services.enqueue_slot(schedule=schedule[:100], slot=slot, kind=kind, params=params)


def slot_key(entry: PeriodicTask | None, moment: datetime) -> str:
    """Names the latest time at or before `moment` at which the entry was due; the same for every beat that fires it."""
    if entry is not None and entry.interval is not None:
        period = max(1.0, entry.interval.schedule.run_every.total_seconds())
        began = int(moment.timestamp() // period * period)
        return datetime.fromtimestamp(began, tz=ZoneInfo("UTC")).isoformat()
    if entry is not None and entry.crontab is not None:
        zone = entry.crontab.timezone
        wall = moment.astimezone(zone).replace(tzinfo=None)
        return f"{last_due(entry.crontab.schedule, wall).isoformat(timespec='minutes')}"
    return moment.replace(second=0, microsecond=0).isoformat()


def last_due(schedule: crontab, wall: datetime) -> datetime:
    """The latest wall-clock minute at or before `wall` that the crontab names; `wall` itself when none in two years."""
    # The parsed sets are attributes that the published types of celery leave out.
    parts: Any = schedule
    for days_back in range(732):
        day = wall.date() - timedelta(days=days_back)
        if not (
            day.month in parts.month_of_year
            and day.day in parts.day_of_month
            and day.isoweekday() % 7 in parts.day_of_week
        ):
            continue
        for hour in sorted(parts.hour, reverse=True):
            for minute in sorted(parts.minute, reverse=True):
                due = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001  wall clock on purpose
                if due <= wall:
                    return due
    return wall.replace(second=0, microsecond=0)


def _create_sweep() -> bool:
    if PeriodicTask.objects.filter(name=SWEEP_NAME).exists():
        return False
    seconds = max(1, int(conf.sweep_seconds()))
    interval, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(
        name=SWEEP_NAME,
        task="jobs.sweep",
        interval=interval,
        queue="default",
        expire_seconds=seconds,
        description="Sends lost messages again and rescues jobs whose worker fell silent.",
    )
    return True


def _create(schedule: Schedule) -> bool:
    if PeriodicTask.objects.filter(name=schedule.name).exists():
        return False
    when, _ = CrontabSchedule.objects.get_or_create(
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
        queue="default",
        kwargs=json.dumps({"schedule": schedule.name, "kind": schedule.kind, "params": dict(schedule.params)}),
        description=schedule.description,
    )
    return True
