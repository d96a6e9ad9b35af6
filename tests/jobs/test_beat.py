"""The real beat under a simulated clock: changes of the clocks, and times missed while it was down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from celery import current_app
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings

from jobs import schedules
from jobs.beat import Scheduler
from jobs.models import JobRun
from jobs.runner import run_job
from jobs.schedules import Schedule, start_slot

pytestmark = pytest.mark.django_db(transaction=True)

BERLIN = ZoneInfo("Europe/Berlin")
STEP = timedelta(minutes=10)


class Beat(Scheduler):
    """Does at once what a worker does with the message; all else, above all the timing, is the real beat's."""

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> None:
        if entry.task == schedules.START_TASK:
            job = start_slot(**entry.kwargs)
            if job is not None:
                run_job(job.pk, inline=True)


def beat(begin: datetime, end: datetime) -> None:
    """A beat that starts at `begin`, wakes every ten minutes and is ended at `end`."""
    scheduler = Beat(app=current_app, lazy=True)
    moment = begin
    while moment < end:
        with time_machine.travel(moment, tick=False):
            while scheduler.tick() == 0:
                pass
        moment += STEP
    with time_machine.travel(end, tick=False):
        scheduler.sync()


@pytest.fixture
def daily() -> Iterator[PeriodicTask]:
    """Every day at 02:30 in Berlin: the hour that one night has twice and another not at all."""
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        schedule = Schedule(
            name="Half past two", kind="test.add", description="", hour="2", minute="30", time_zone="Europe/Berlin"
        )
        schedules.register(Schedule(**{**vars(schedule), "params": {"a": 1, "b": 2}}))
        try:
            schedules.setup()
        finally:
            schedules._schedules.pop(schedule.name)
    PeriodicTask.objects.exclude(name=schedule.name).update(enabled=False)
    yield PeriodicTask.objects.get(name=schedule.name)


def runs() -> list[tuple[str, datetime]]:
    return [(job.slot, job.queued_at.astimezone(BERLIN)) for job in JobRun.objects.order_by("queued_at")]


def after(moment: datetime) -> None:
    """The last run before the story begins."""
    PeriodicTask.objects.filter(name="Half past two").update(last_run_at=moment)


@pytest.mark.parametrize(
    ("day", "runs_at"),
    [
        (datetime(2026, 3, 29, tzinfo=BERLIN), "03:30"),  # there is no 02:30
        (datetime(2026, 10, 25, tzinfo=BERLIN), "02:30"),  # there are two
    ],
)
def test_the_night_the_clocks_change_has_one_run_and_so_have_its_neighbors(
    daily: PeriodicTask, day: datetime, runs_at: str
) -> None:
    after(day - timedelta(hours=21, minutes=30))
    beat((day - timedelta(hours=12)).astimezone(UTC), (day + timedelta(hours=36)).astimezone(UTC))
    slots = [slot for slot, _ in runs()]
    assert slots == [f"{(day + timedelta(days=number)).date()}T02:30" for number in range(2)]
    first = runs()[0][1]
    assert abs(first - datetime.fromisoformat(f"{day.date()}T{runs_at}").replace(tzinfo=BERLIN)) <= STEP


@pytest.mark.parametrize("down_until", [timedelta(hours=3), timedelta(hours=9), timedelta(hours=20)])
def test_a_beat_that_was_down_over_its_time_runs_late_and_once(daily: PeriodicTask, down_until: timedelta) -> None:
    day = datetime(2026, 3, 10, tzinfo=BERLIN)
    after(day - timedelta(hours=45, minutes=30))
    beat(day - timedelta(hours=23), day - timedelta(hours=3))
    assert [slot for slot, _ in runs()] == ["2026-03-09T02:30"]
    back = day + down_until
    beat(back, day + timedelta(hours=30))
    assert [slot for slot, _ in runs()] == ["2026-03-09T02:30", "2026-03-10T02:30", "2026-03-11T02:30"]
    assert runs()[1][1] == back


def test_a_beat_that_was_down_for_days_runs_the_last_missed_time_alone(daily: PeriodicTask) -> None:
    day = datetime(2026, 3, 10, tzinfo=BERLIN)
    after(day + timedelta(hours=2, minutes=30))
    beat(day + timedelta(days=5, hours=8), day + timedelta(days=5, hours=20))
    assert [slot for slot, _ in runs()] == ["2026-03-15T02:30"]


@pytest.fixture
def short_deadline() -> Iterator[None]:
    before = current_app.conf.beat_cron_starting_deadline
    current_app.conf.update(beat_cron_starting_deadline=3600)
    yield
    current_app.conf.update(beat_cron_starting_deadline=before)


@pytest.mark.usefixtures("short_deadline")
def test_a_missed_time_older_than_the_deadline_is_left_out(daily: PeriodicTask) -> None:
    day = datetime(2026, 3, 10, tzinfo=BERLIN)
    after(day - timedelta(hours=21, minutes=30))
    beat(day + timedelta(hours=9), day + timedelta(hours=30))
    assert [slot for slot, _ in runs()] == ["2026-03-11T02:30"]


def test_two_beats_make_one_job_of_each_time(daily: PeriodicTask) -> None:
    day = datetime(2026, 3, 10, tzinfo=BERLIN)
    after(day - timedelta(hours=21, minutes=30))
    beats = [Beat(app=current_app, lazy=True) for _ in range(2)]
    moment = day
    while moment < day + timedelta(hours=30):
        for one in beats:
            with time_machine.travel(moment, tick=False):
                while one.tick() == 0:
                    pass
        moment += STEP
    assert [slot for slot, _ in runs()] == ["2026-03-10T02:30", "2026-03-11T02:30"]


def test_the_next_run_shown_is_when_the_beat_runs(daily: PeriodicTask) -> None:
    for day in (datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)):
        shown = schedules.next_run(daily, day)
        JobRun.objects.all().delete()
        after(day - timedelta(hours=21, minutes=30))
        beat(day, day + timedelta(hours=12))
        assert shown is not None and timedelta(0) <= runs()[0][1] - shown < STEP


def test_beat_adds_no_entries_of_its_own(daily: PeriodicTask, settings: Settings) -> None:
    assert settings.CELERY_BEAT_SCHEDULER == "jobs.beat:Scheduler"
    names = set(PeriodicTask.objects.values_list("name", flat=True))
    Beat(app=current_app, lazy=False)
    assert set(PeriodicTask.objects.values_list("name", flat=True)) == names
