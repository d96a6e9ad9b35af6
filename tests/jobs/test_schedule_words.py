"""Schedules read like sentences, in the zone they are kept in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask

from jobs import schedule_words
from jobs.schedules import START_TASK

BERLIN = ZoneInfo("Europe/Berlin")


def crontab(minute: str, hour: str, week: str = "*", month: str = "*", year: str = "*") -> CrontabSchedule:
    return CrontabSchedule(
        minute=minute, hour=hour, day_of_week=week, day_of_month=month, month_of_year=year, timezone=BERLIN
    )


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (crontab("0", "0"), "every day at 00:00, Europe/Berlin"),
        (crontab("30", "18,6"), "every day at 06:30 and 18:30, Europe/Berlin"),
        (crontab("0", "6", "1,4"), "every Monday and Thursday at 06:00, Europe/Berlin"),
        (crontab("0", "6", "thu,mon"), "every Monday and Thursday at 06:00, Europe/Berlin"),
        (crontab("0", "6", "mon-fri"), "every workday (Monday to Friday) at 06:00, Europe/Berlin"),
        (crontab("0", "6", "0,6"), "every Saturday and Sunday at 06:00, Europe/Berlin"),
        (crontab("0", "6", "7"), "every Sunday at 06:00, Europe/Berlin"),
        (crontab("0", "6", "0-6"), "every day at 06:00, Europe/Berlin"),
        (crontab("0", "*"), "every hour, on the hour, Europe/Berlin"),
        (crontab("5", "*"), "every hour at 5 past, Europe/Berlin"),
        (crontab("*/15", "*"), "every 15 minutes, Europe/Berlin"),
        (crontab("0", "6", "*", "1"), "at 06:00, on day 1 of the month, Europe/Berlin"),
    ],
)
def test_a_crontab_reads_as_a_sentence_with_its_zone(schedule: CrontabSchedule, words: str) -> None:
    assert schedule_words.when(PeriodicTask(crontab=schedule)) == words


def test_intervals_and_single_moments_read_as_sentences() -> None:
    every = [IntervalSchedule(every=1, period="hours"), IntervalSchedule(every=15, period="seconds")]
    assert [schedule_words.interval_words(one) for one in every] == ["every hour", "every 15 seconds"]
    once = ClockedSchedule(clocked_time=datetime(2027, 3, 1, 6, tzinfo=UTC))
    assert schedule_words.when(PeriodicTask(clocked=once)) == "once, on Mon 1 Mar 2027, 06:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "now"), (4, "in 4 seconds"), (60, "in 1 minute"), (5400, "in 2 hours"), (3 * 86_400, "in 3 days")],
)
def test_how_far_away_a_time_is_comes_in_its_largest_unit(seconds: int, words: str) -> None:
    now = datetime(2026, 3, 10, tzinfo=UTC)
    assert schedule_words.from_now(now + timedelta(seconds=seconds), now) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (7200, "2 hours ago"),
        (86_400, "1 day ago"),
        (10 * 86_400, "10 days ago"),
    ],
)
def test_how_long_ago_a_time_was_comes_in_its_largest_unit(seconds: int, words: str) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert schedule_words.ago(now - timedelta(seconds=seconds), now) == words


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        (json.dumps({"kind": "test.add"}), "Figures. Starts the job “Add two numbers” every day at 00:00"),
        (json.dumps({"kind": "test.gone"}), "'test.gone', which this installation does not know"),
        ("{", "Sends the task jobs.start_scheduled"),
        ("[]", "Sends the task jobs.start_scheduled"),
    ],
)
def test_what_an_entry_does_is_said_whatever_its_arguments_are(kwargs: str, words: str) -> None:
    entry = PeriodicTask(task=START_TASK, kwargs=kwargs, crontab=crontab("0", "0"), description="Figures.")
    assert words in schedule_words.what(entry)


def test_beat_counts_as_silent_only_when_nothing_frequent_ran_for_long() -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    sweep = PeriodicTask(interval=IntervalSchedule(every=15, period="seconds"), enabled=True)
    sweep.date_changed = now - timedelta(days=1)
    limit = timedelta(minutes=10)
    for heard, silent in ((timedelta(minutes=4), False), (timedelta(minutes=11), True)):
        sweep.last_run_at = now - heard
        assert schedule_words.beat_is_silent([sweep], now, after=limit) is silent
    sweep.enabled = False
    assert not schedule_words.beat_is_silent([sweep], now, after=limit)
    daily = PeriodicTask(crontab=crontab("0", "0"), enabled=True)
    assert not schedule_words.beat_is_silent([daily], now, after=limit)
