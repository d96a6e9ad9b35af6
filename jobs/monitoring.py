"""Figures for whoever watches the installation: health checks and metrics. From PostgreSQL alone, without names of
people, organizations or hosts; every function is one query or two, whatever the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from jobs import conf
from jobs.models import JobRun, WorkerPulse
from jobs.schedules import SWEEP_NAME
from jobs.states import Status

# Beat writes the times of its last runs into the database every three minutes.
BEAT_SILENT_SECONDS = 600.0
QUANTILES = (0.5, 0.95, 1.0)
DURATIONS = """
    SELECT kind, percentile_cont(%s::float8[]) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - started_at))
    FROM jobs_jobrun
    WHERE status = 'succeeded' AND started_at IS NOT NULL AND completed_at > now() - make_interval(secs => %s)
    GROUP BY kind ORDER BY kind
"""


@dataclass(frozen=True)
class WaitingQueue:
    """A queue where jobs that are due wait: how many, the oldest for how long, and whether a live worker listens."""

    name: str
    waiting: int
    oldest_seconds: float
    attended: bool


def waiting_queues() -> list[WaitingQueue]:
    """The queues with jobs that could start now, by name."""
    now = timezone.now()
    alive = WorkerPulse.objects.filter(seen_at__gte=Now() - timedelta(seconds=conf.worker_silent_seconds()))
    attended = {name for queues in alive.values_list("queues", flat=True) for name in queues.split(",")}
    due = JobRun.objects.filter(status=Status.QUEUED, available_at__lte=Now()).order_by("queue")
    rows = due.values_list("queue").annotate(waiting=Count("pk"), oldest=Min("available_at"))
    return [WaitingQueue(name, waiting, _age(oldest, now), name in attended) for name, waiting, oldest in rows]


def beat_seconds() -> float | None:
    """How long ago beat last ran the sweep, as far as the database knows; None when it is not scheduled, or switched
    off. A beat that has never run counts from the schedule's last change.
    """
    row = PeriodicTask.objects.filter(name=SWEEP_NAME, enabled=True).values_list("last_run_at", "date_changed").first()
    return None if row is None else _age(row[0] or row[1], timezone.now())


def jobs_by_kind_and_status() -> dict[tuple[str, str], int]:
    """How many jobs of each kind stand in each state; finished ones as long as they are kept."""
    rows = JobRun.objects.order_by("kind", "status").values_list("kind", "status").annotate(count=Count("pk"))
    return {(kind, status): count for kind, status, count in rows}


def durations(within: timedelta) -> dict[str, list[float]]:
    """Seconds that jobs which succeeded `within` this time worked, by kind: one figure for each of `QUANTILES`."""
    with connection.cursor() as cursor:
        cursor.execute(DURATIONS, [list(QUANTILES), within.total_seconds()])
        return {kind: [float(seconds) for seconds in figures] for kind, figures in cursor.fetchall()}


def _age(moment: datetime, now: datetime) -> float:
    return round(max(0.0, (now - moment).total_seconds()), 1)
