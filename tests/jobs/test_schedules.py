"""Beat entries are made once and then the operator's; one slot of a schedule makes one job."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from hypothesis import given
from hypothesis import strategies as st

from jobs import schedules
from jobs.models import JobRun
from jobs.registry import job_kind
from jobs.runner import JobContext
from jobs.schedules import Schedule, last_due, start_slot

BERLIN = ZoneInfo("Europe/Berlin")


@job_kind("test.nightly")
def nightly(context: JobContext) -> dict[str, object]:
    return {}


@pytest.fixture
def entry(db: None) -> PeriodicTask:
    schedules.register(
        Schedule(
            name="Nightly figures",
            kind="test.nightly",
            description="x",
            hour="0",
            minute="30",
            time_zone="Europe/Berlin",
        )
    )
    try:
        schedules.setup()
    finally:
        schedules._schedules.pop("Nightly figures")
    return PeriodicTask.objects.get(name="Nightly figures")


def test_setting_up_creates_what_is_missing_and_keeps_what_operators_edited(
    entry: PeriodicTask, capsys: pytest.CaptureFixture[str]
) -> None:
    PeriodicTask.objects.filter(name=schedules.SWEEP_NAME).update(enabled=False)
    PeriodicTask.objects.filter(pk=entry.pk).update(crontab=CrontabSchedule.objects.create(minute="7", hour="7"))
    call_command("setup_schedules")
    assert "nothing changed" in capsys.readouterr().out
    assert PeriodicTask.objects.get(name=schedules.SWEEP_NAME).enabled is False
    assert PeriodicTask.objects.get(pk=entry.pk).crontab.hour == "7"
    PeriodicTask.objects.get(name=schedules.SWEEP_NAME).delete()
    call_command("setup_schedules")
    assert "Created: " in capsys.readouterr().out


def test_every_beat_entry_names_a_task_that_exists(entry: PeriodicTask) -> None:
    from celery import current_app  # noqa: PLC0415  the tasks must be loaded first

    current_app.loader.import_default_modules()
    for row in PeriodicTask.objects.exclude(task__startswith="celery."):
        assert row.task in current_app.tasks


def test_two_beats_firing_the_same_slot_make_one_job_and_the_next_slot_another(entry: PeriodicTask) -> None:
    at = datetime(2026, 3, 10, 0, 30, 1, tzinfo=BERLIN)
    first = start_slot(schedule=entry.name, kind="test.nightly", params={}, at=at)
    assert first is not None and first.slot == "2026-03-10T00:30"
    JobRun.objects.filter(pk=first.pk).update(status="succeeded", completed_at=at)
    late = at.replace(hour=3)
    assert start_slot(schedule=entry.name, kind="test.nightly", params={}, at=late) is None
    tomorrow = at.replace(day=11)
    assert start_slot(schedule=entry.name, kind="test.nightly", params={}, at=tomorrow) is not None


def test_a_beat_whose_clock_runs_a_little_early_names_the_slot_it_means(entry: PeriodicTask) -> None:
    early = datetime(2026, 3, 10, 0, 29, 58, tzinfo=BERLIN)
    job = start_slot(schedule=entry.name, kind="test.nightly", params={}, at=early)
    assert job is not None and job.slot == "2026-03-10T00:30"


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_the_clocks_change_has_one_slot_of_its_own(entry: PeriodicTask, day: str) -> None:
    slots = set()
    for minutes in range(0, 24 * 60, 20):
        moment = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=BERLIN).timestamp() + minutes * 60
        slots.add(schedules.slot_key(entry, datetime.fromtimestamp(moment, tz=UTC)))
    assert f"{day}T00:30" in slots
    assert len([slot for slot in slots if slot.startswith(day)]) == 1


@given(
    minute=st.sets(st.integers(0, 59), min_size=1, max_size=3),
    hour=st.sets(st.integers(0, 23), min_size=1, max_size=3),
    wall=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001  wall clock on purpose
)
def test_the_latest_due_time_is_due_not_in_the_future_and_less_than_a_day_old(
    minute: set[int], hour: set[int], wall: datetime
) -> None:
    from celery.schedules import crontab  # noqa: PLC0415  keeps the property's inputs beside it

    due = last_due(crontab(minute=",".join(map(str, minute)), hour=",".join(map(str, hour))), wall)
    assert due <= wall
    assert due.minute in minute and due.hour in hour
    assert (wall - due).total_seconds() < 86_400


@pytest.mark.django_db(transaction=True)
def test_ten_beats_at_once_make_one_job(entry: PeriodicTask) -> None:
    at = datetime(2026, 3, 10, 0, 30, 1, tzinfo=BERLIN)
    made = []
    gate = threading.Barrier(10)

    def fire() -> None:
        gate.wait(timeout=10)
        made.append(start_slot(schedule="Nightly figures", kind="test.nightly", params={}, at=at))
        connection.close()

    threads = [threading.Thread(target=fire) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([job for job in made if job is not None]) == 1
    assert JobRun.objects.count() == 1
