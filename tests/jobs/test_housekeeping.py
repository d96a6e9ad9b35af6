"""Old jobs and old task results go; what is young, active or named by others stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_results.models import TaskResult
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from jobs import housekeeping, lifecycle, schedules, services
from jobs.models import JobAttempt, JobRun
from jobs.runner import run_job
from jobs.states import Status
from jobs.tasks import start_scheduled
from rostering.models import Organization, Roster
from tests.jobs.conftest import Enqueue

pytestmark = pytest.mark.django_db


def age(job: JobRun, days: int) -> None:
    JobRun.objects.filter(pk=job.pk).update(
        completed_at=Now() - timedelta(days=days), queued_at=Now() - timedelta(days)
    )


def tidy_up() -> JobRun:
    job = run_job(services.enqueue(kind=housekeeping.KIND).pk, inline=True)
    assert job is not None and job.status == Status.SUCCEEDED, job
    return job


def test_jobs_that_ended_long_ago_go_with_their_attempts_and_younger_ones_stay(enqueue: Enqueue) -> None:
    old, young = (run_job(enqueue().pk, inline=True) for _ in range(2))
    assert old is not None and young is not None
    age(old, 91)
    age(young, 89)
    job = tidy_up()
    assert (job.result or {})["jobs"] == 1
    assert job.message == "1 job older than 90 days deleted."
    assert set(JobRun.objects.all()) == {young, job}
    assert not JobAttempt.objects.filter(job_id=old.pk).exists()


def test_how_long_is_a_setting(enqueue: Enqueue, job_settings: Settings) -> None:
    job_settings.JOBS_KEEP_DAYS = 7
    old = services.cancel(enqueue())
    age(old, 8)
    assert tidy_up().message == "1 job older than 7 days deleted."


def test_waiting_and_running_jobs_stay_however_old(enqueue: Enqueue) -> None:
    waiting, running = enqueue(), enqueue()
    lifecycle.claim(running.pk, worker="w1")
    JobRun.objects.update(queued_at=timezone.now() - timedelta(days=400))
    tidy_up()
    assert JobRun.objects.filter(pk__in=[waiting.pk, running.pk]).count() == 2


def test_a_roster_and_a_retry_outlive_the_job_they_name(enqueue: Enqueue) -> None:
    organization = Organization.objects.create(name="Acme", slug="acme")
    old = services.cancel(enqueue(organization_id=organization.pk))
    again = run_job(services.retry(old).pk, inline=True)
    day = timezone.now().date()
    roster = Roster.objects.create(organization=organization, name="June", start_date=day, end_date=day, job=old)
    age(old, 100)
    tidy_up()
    assert again is not None
    again.refresh_from_db()
    roster.refresh_from_db()
    assert (again.retry_of_id, roster.job_id) == (None, None)


def test_many_old_jobs_are_deleted_in_small_transactions(
    enqueue: Enqueue, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 10)
    for _ in range(25):
        age(services.cancel(enqueue()), 100)
    with django_assert_max_num_queries(10):
        assert housekeeping.delete_old_jobs(90) == 10
    assert (tidy_up().result or {})["jobs"] == 15


def test_expired_task_results_go(enqueue: Enqueue) -> None:
    for name, days in (("old", 31), ("young", 29)):
        TaskResult.objects.create(task_id=name)
        TaskResult.objects.filter(task_id=name).update(date_done=timezone.now() - timedelta(days=days))
    tidy_up()
    assert [row.task_id for row in TaskResult.objects.all()] == ["young"]


def test_it_is_a_schedule_that_makes_one_job_a_day(root: User) -> None:
    schedules.setup()
    entry = PeriodicTask.objects.get(name="Tidy up old jobs")
    assert (entry.crontab.hour, entry.crontab.minute) == ("3", "40")
    start_scheduled.run(schedule=entry.name, kind=housekeeping.KIND, params={})
    start_scheduled.run(schedule=entry.name, kind=housekeeping.KIND, params={})
    job = JobRun.objects.get()
    assert (job.kind, job.schedule) == (housekeeping.KIND, entry.name) and job.slot


def test_looking_for_old_jobs_uses_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        old = JobRun.objects.filter(status__in=["failed"], completed_at__lt=Now() - timedelta(days=90))
        assert "jobs_ended" in old.order_by("completed_at").explain()
        cursor.execute("SET enable_seqscan = on")
