"""Beat entries are made once and then the operator's; one slot of a schedule makes one job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from jobs import schedules
from jobs.exceptions import JobAlreadyActive, JobRefused
from jobs.models import JobRun
from jobs.registry import job_kind
from jobs.runner import JobContext, run_job
from jobs.schedules import Schedule, last_due, start_slot
from tests.jobs import broker
from tests.threads import in_parallel

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


def test_setting_up_lives_with_rows_of_times_that_stand_twice(entry: PeriodicTask) -> None:
    for model in (IntervalSchedule, CrontabSchedule):
        for row in model.objects.all():
            row.pk = None
            row.save(force_insert=True)
    PeriodicTask.objects.all().delete()
    assert schedules.SWEEP_NAME in schedules.setup()
    assert schedules.setup() == []


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

    def fire(number: int) -> JobRun | None:
        return start_slot(schedule="Nightly figures", kind="test.nightly", params={}, at=at)

    made = in_parallel(10, fire)
    assert len([job for job in made if job is not None]) == 1
    assert JobRun.objects.count() == 1


def test_run_now_makes_a_job_beside_the_slots_and_names_who_asked(entry: PeriodicTask, root: User) -> None:
    slot = start_slot(schedule=entry.name, kind="test.nightly", params={})
    assert slot is not None
    run_job(slot.pk, inline=True)
    for _ in range(2):
        job = schedules.run_now(entry, root)
        assert job is not None
        assert (job.schedule, job.requested_by_id) == (entry.name, root.pk)
        assert job.slot.startswith("manual:")
        run_job(job.pk, inline=True)
    assert JobRun.objects.filter(schedule=entry.name, status="succeeded").count() == 3


def test_run_now_is_refused_while_the_schedules_last_job_is_active(entry: PeriodicTask, root: User) -> None:
    first = schedules.run_now(entry, root)
    with pytest.raises(JobAlreadyActive, match="“Nightly figures” is still waiting") as refused:
        schedules.run_now(entry, root)
    assert refused.value.job == first


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [("{", "not valid JSON"), ("[]", "JSON object"), ('{"kind": "test.none"}', r"test\.none")],
)
def test_run_now_of_an_entry_that_was_edited_into_nonsense_says_what_to_correct(
    entry: PeriodicTask, root: User, kwargs: str, words: str
) -> None:
    entry.kwargs = kwargs
    with pytest.raises(JobRefused, match=words):
        schedules.run_now(entry, root)
    assert not JobRun.objects.exists()


def test_run_now_of_a_bare_task_sends_its_message(entry: PeriodicTask, root: User) -> None:
    broker.empty()
    sweep_entry = PeriodicTask.objects.get(name=schedules.SWEEP_NAME)
    assert schedules.run_now(sweep_entry, root) is None
    assert broker.messages("default") == 1
    with broker.closed_port() as port, broker.at(port), pytest.raises(JobRefused, match="nothing was started"):
        schedules.run_now(sweep_entry, root)


def test_the_last_run_of_many_schedules_takes_one_query(
    entry: PeriodicTask, root: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for day in (10, 11):
        at = datetime(2026, 3, day, 0, 30, 1, tzinfo=BERLIN)
        job = start_slot(schedule=entry.name, kind="test.nightly", params={}, at=at)
        assert job is not None
        run_job(job.pk, inline=True)
    with django_assert_num_queries(1):
        assert schedules.last_runs([entry.name, schedules.SWEEP_NAME, ""]) == {entry.name: job}


def test_the_next_run_is_the_next_time_of_the_clock(entry: PeriodicTask) -> None:
    now = datetime(2026, 3, 10, 0, 30, tzinfo=BERLIN)
    assert schedules.next_run(entry, now) == datetime(2026, 3, 11, 0, 30, tzinfo=BERLIN)
    assert schedules.next_run(entry, now - timedelta(minutes=1)) == now
    entry.start_time = datetime(2026, 4, 1, 0, 30, tzinfo=BERLIN)
    assert schedules.next_run(entry, now) == entry.start_time
    entry.expires = entry.start_time
    assert schedules.next_run(entry, now) is None
    entry.expires, entry.enabled = None, False
    assert schedules.next_run(entry, now) is None


def test_the_next_run_of_an_interval_counts_from_the_last_and_an_overdue_one_is_now(entry: PeriodicTask) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    sweep_entry = PeriodicTask.objects.get(name=schedules.SWEEP_NAME)
    sweep_entry.last_run_at = now - timedelta(seconds=5)
    assert schedules.next_run(sweep_entry, now) == now + timedelta(seconds=10)
    sweep_entry.last_run_at = now - timedelta(hours=5)
    assert schedules.next_run(sweep_entry, now) == now


def test_the_next_run_of_a_date_that_never_comes_is_unknown(entry: PeriodicTask) -> None:
    entry.crontab.day_of_month, entry.crontab.month_of_year = "30", "2"
    assert schedules.next_run(entry, datetime(2026, 3, 10, tzinfo=UTC)) is None
