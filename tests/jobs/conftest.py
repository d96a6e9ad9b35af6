"""People, short intervals, and a broker of this test database's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from jobs import doorbell, services
from jobs.models import JobRun
from jobs.runner import run_job
from tests.jobs import kinds

__all__ = ["kinds"]


@pytest.fixture(autouse=True)
def job_settings(settings: Settings) -> Settings:
    """The default access policy and intervals short enough to wait for."""
    settings.JOBS_ACCESS_POLICY = "jobs.access.OwnJobs"
    settings.UNFOLD = {}
    settings.JOBS_POLL_SECONDS = 0.05
    settings.JOBS_REPORT_SECONDS = 0.05
    settings.JOBS_HEARTBEAT_SECONDS = 0.2
    settings.JOBS_LEASE_SECONDS = 5
    settings.JOBS_BACKOFF_SECONDS = 0.1
    return settings


@pytest.fixture(autouse=True)
def own_broker() -> Iterator[str]:
    """Keys of this test database only, so that tests side by side never take each other's messages."""
    prefix = f"{connection.settings_dict['NAME']}:"
    before = dict(current_app.conf.broker_transport_options or {})
    current_app.conf.broker_transport_options = {**before, "global_keyprefix": prefix}
    doorbell.breaker.reset()
    yield prefix
    current_app.conf.broker_transport_options = before
    doorbell.breaker.reset()


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="alice-password", is_staff=True)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="bob-password", is_staff=True)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password="root-password")


Enqueue = Callable[..., JobRun]


@pytest.fixture
def enqueue(db: None) -> Enqueue:
    def accept(kind: str = "test.add", **values: Any) -> JobRun:
        values.setdefault("params", {"a": 1, "b": 2})
        return services.enqueue(kind=kind, **values)

    return accept


def run_on_thread(job: JobRun) -> threading.Thread:
    """Run the job beside the test, as a worker does."""

    def work() -> None:
        try:
            run_job(job.pk, worker="threaded")
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def expire_lease(job: JobRun) -> None:
    """Make the lease of a running job look as if its worker had died a while ago."""
    JobRun.objects.filter(pk=job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
