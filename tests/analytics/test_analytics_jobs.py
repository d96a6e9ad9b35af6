"""The scheduled jobs: one organization's failure stops no other, and a slot runs once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from analytics import tasks
from analytics.models import DailyMetrics, HealthScore
from jobs import schedules, wording
from jobs.models import JobRun
from jobs.runner import run_job
from jobs.services import cancel, enqueue
from jobs.states import Control, Status
from rostering.models import Organization
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = {
    "Calculate daily metrics": tasks.DAILY_METRICS,
    "Calculate health scores": tasks.HEALTH_SCORES,
    "Prune analytics": tasks.PRUNE,
}


def make(*slugs: str, days: int = 3) -> list[Organization]:
    made = [builders.make_organization(slug) for slug in slugs]
    Organization.objects.update(created_at=timezone.now() - timedelta(days=days))
    return made


def finished(kind: str) -> JobRun:
    job = enqueue(kind=kind)
    run_job(job.pk, inline=True)
    job.refresh_from_db()
    return job


def test_every_organization_gets_the_days_it_misses_and_a_second_run_finds_nothing() -> None:
    make("alpha", "beta")
    job = finished(tasks.DAILY_METRICS)
    assert (job.status, job.message) == (Status.SUCCEEDED, "6 days of 2 organizations computed.")
    assert DailyMetrics.objects.count() == 6
    again = finished(tasks.DAILY_METRICS)
    assert again.message == "No organization's day has ended since the last run."


def test_a_failing_organization_is_named_and_the_others_are_done() -> None:
    make("alpha", "broken", "gamma")
    Organization.objects.filter(slug="broken").update(time_zone="Mars/Olympus")
    job = finished(tasks.DAILY_METRICS)
    assert job.status == Status.FAILED
    assert "1 organization failed; the others are done" in job.error
    assert "Broken: ZoneInfoNotFoundError" in job.error
    assert set(DailyMetrics.objects.values_list("organization__slug", flat=True)) == {"alpha", "gamma"}
    Organization.objects.filter(slug="broken").update(time_zone="UTC")
    assert finished(tasks.DAILY_METRICS).message == "3 days of 1 organization computed."


def test_a_cancelled_run_ends_between_two_organizations() -> None:
    make("alpha")
    job = enqueue(kind=tasks.DAILY_METRICS)
    cancel(job)
    run_job(job.pk, inline=True)
    job.refresh_from_db()
    assert (job.status, job.control) == (Status.CANCELLED, Control.CANCEL)
    assert not DailyMetrics.objects.exists()


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        (tasks.DAILY_METRICS, "waiting_organizations", "nothing had been computed yet."),
        (tasks.HEALTH_SCORES, "scored_organizations", "nothing had been computed yet."),
        (tasks.DAILY_METRICS, "calculate", "3 days of 1 organization computed before, which stays."),
        (tasks.HEALTH_SCORES, "score", "1 organization scored before, which stays."),
    ],
)
def test_a_run_cancelled_on_its_way_says_what_stays(
    kind: str, name: str, sentence: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.JOBS_POLL_SECONDS = 0
    make("alpha", "beta")
    job = enqueue(kind=kind)
    step = getattr(tasks, name)

    def step_then_cancel(*values: Any) -> Any:
        found = step(*values)
        cancel(job)
        return found

    monkeypatch.setattr(tasks, name, step_then_cancel)
    run_job(job.pk, inline=True)
    job.refresh_from_db()
    assert (job.status, wording.sentence(job)) == (Status.CANCELLED, f"Cancelled; {sentence}")
    assert wording.advice(job) == "Retry starts the same work again.", "no word of nothing having changed"
    stored = DailyMetrics if kind == tasks.DAILY_METRICS else HealthScore
    assert stored.objects.exists() is ("stays" in sentence)


def test_every_customer_is_scored_and_a_failure_is_reported() -> None:
    make("alpha", "broken", "gamma")
    Organization.objects.filter(slug="broken").update(time_zone="Mars/Olympus")
    assert finished(tasks.HEALTH_SCORES).status == Status.FAILED
    assert HealthScore.objects.count() == 2
    Organization.objects.filter(slug="broken").delete()
    job = finished(tasks.HEALTH_SCORES)
    assert (job.status, job.message) == (Status.SUCCEEDED, "2 organizations scored; 0 at risk or churning.")
    assert HealthScore.objects.count() == 2, "the same half day is scored once"


def test_pruning_runs() -> None:
    assert finished(tasks.PRUNE).message == "0 rows of use and 0 scores deleted."


@pytest.mark.parametrize("name", KINDS)
def test_each_schedule_is_set_up_once_and_each_slot_makes_one_job(name: str) -> None:
    schedules.setup()
    schedules.setup()
    entry = PeriodicTask.objects.get(name=name)
    moment = datetime(2027, 2, 1, 12, 30, tzinfo=UTC)
    started = [
        schedules.start_slot(schedule=entry.name, kind=KINDS[name], params={}, at=moment + timedelta(seconds=number))
        for number in (0, 1)
    ]
    assert [job is not None for job in started] == [True, False]


def test_metrics_are_looked_for_every_hour_and_health_twice_a_day() -> None:
    schedules.setup()
    hours = {entry.name: entry.crontab.hour for entry in PeriodicTask.objects.filter(name__in=KINDS)}
    assert hours == {"Calculate daily metrics": "*", "Calculate health scores": "*/12", "Prune analytics": "3"}
