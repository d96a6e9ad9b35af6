"""`/health` and cache statistics, with the real servers up, down and hanging."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from rest_framework.test import APIClient

from config.embedded import Layout
from jobs import schedules
from jobs.models import JobRun, WorkerPulse
from tests.config.commands import Command
from tests.processes import children
from tests.waiting import eventually

FAST_SECONDS = 1.0
TIMELY_SECONDS = 2.0


@pytest.fixture
def hanging() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def point_redis_at(settings: Any, location: str) -> None:
    settings.CACHES = {"default": {**django_settings.CACHES["default"], "LOCATION": location}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", ["/health", "/health/"])
def test_health_needs_no_sign_in_and_has_the_promised_shape(client: Client, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"status", "redis", "database", "workers", "queue", "beat", "problems"}
    assert set(body["redis"]) == {"status", "connected", "stats"}
    assert set(body["redis"]["stats"]) == {"total_keys", "hits", "misses", "hit_rate", "memory_used_mb"}
    assert (body["redis"]["status"], body["database"]["status"]) == ("healthy", "healthy")
    assert body["queue"]["queued"] == 0
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_health_is_degraded_without_workers_and_well_with_one(client: Client) -> None:
    assert client.get("/health").json()["status"] == "degraded"
    WorkerPulse.objects.create(name="solve@host-of-ours", concurrency=2, seen_at=timezone.now())
    body = client.get("/health").json()
    assert (body["status"], body["workers"]) == ("healthy", {"status": "healthy", "alive": 1, "processes": 2})
    assert "host-of-ours" not in str(body), "anybody may ask, so no host names"


@pytest.mark.django_db(transaction=True)
def test_health_is_degraded_and_fast_with_redis_down(client: Client, settings: Any) -> None:
    point_redis_at(settings, "redis://127.0.0.1:1/0")
    began = time.monotonic()
    answer = client.get("/health")
    assert time.monotonic() - began < FAST_SECONDS
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["redis"] == {"status": "down", "connected": False, "stats": None}


@pytest.mark.django_db(transaction=True)
def test_health_is_degraded_and_fast_with_redis_hanging(client: Client, settings: Any, hanging: int) -> None:
    point_redis_at(settings, f"redis://127.0.0.1:{hanging}/0")
    began = time.monotonic()
    answer = client.get("/health")
    assert time.monotonic() - began < FAST_SECONDS
    assert (answer.status_code, answer.json()["redis"]["connected"]) == (200, False)


@pytest.mark.django_db(transaction=True)
def test_health_is_503_with_the_database_down(client: Client) -> None:
    before = {name: connection.settings_dict[name] for name in ("HOST", "PORT")}
    connection.close()
    connection.settings_dict.update({"HOST": "127.0.0.1", "PORT": "1"})
    try:
        answer = client.get("/health")
    finally:
        connection.close()
        connection.settings_dict.update(before)
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["database"]["connected"]) == ("unhealthy", False)
    assert answer.json()["redis"]["connected"] is True


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_no_worker_listens_to_is_named_once_jobs_wait_in_it(client: Client) -> None:
    WorkerPulse.objects.create(name="one", queues="default,parts", seen_at=timezone.now())
    JobRun.objects.create(kind="anything", queue="default")
    JobRun.objects.create(kind="anything", queue="solve", available_at=timezone.now() + timedelta(hours=1))
    assert client.get("/health").json()["queue"]["unattended"] == {}
    JobRun.objects.create(kind="anything", queue="solve")
    body = client.get("/health").json()
    assert (body["status"], body["queue"]["unattended"]) == ("degraded", {"solve": 1})
    (problem,) = body["problems"]
    assert problem == "No worker listens to the queue solve, where jobs wait (1): start one with -Q solve."
    WorkerPulse.objects.create(name="two", queues="solve", seen_at=timezone.now())
    assert client.get("/health").json()["status"] == "healthy"


@pytest.mark.django_db(transaction=True)
def test_a_beat_that_fell_silent_is_noticed_and_one_switched_off_is_not(client: Client) -> None:
    WorkerPulse.objects.create(name="one", queues="default,solve", seen_at=timezone.now())
    schedules.setup()
    sweep = PeriodicTask.objects.filter(name=schedules.SWEEP_NAME)
    assert client.get("/health").json()["beat"]["status"] == "healthy", "created just now, not run yet"
    sweep.update(last_run_at=timezone.now() - timedelta(minutes=20))
    body = client.get("/health").json()
    assert (body["status"], body["beat"]["status"]) == ("degraded", "silent")
    assert body["beat"]["seconds_ago"] == pytest.approx(1200, abs=60)
    assert body["problems"] == ["Beat has not run for 20 minutes: schedules wait until it is started."]
    sweep.update(enabled=False)
    assert client.get("/health").json()["beat"] == {"status": "off", "seconds_ago": None}


@pytest.mark.django_db(transaction=True)
def test_health_with_tables_locked_is_degraded_and_in_time(client: Client, other_session: psycopg.Connection) -> None:
    other_session.execute("LOCK TABLE jobs_jobrun IN ACCESS EXCLUSIVE MODE")
    began = time.monotonic()
    answer = client.get("/health")
    assert time.monotonic() - began < TIMELY_SECONDS
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["database"] == {"status": "slow", "connected": True}
    other_session.rollback()
    assert client.get("/health").json()["database"]["connected"] is True


@pytest.fixture
def other_session() -> Iterator[psycopg.Connection]:
    """A transaction of somebody else on the same database."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as session:
        yield session
        session.rollback()


@pytest.mark.django_db(transaction=True)
def test_health_is_503_in_time_and_holds_one_thread_while_the_servers_are_frozen(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    with Command(tmp_path / "data") as servers, pointed_at(servers.layout, settings):
        frozen = [pid for server in servers.state()["servers"] for pid in (server, *children(server))]
        for pid in frozen:
            with suppress(ProcessLookupError):  # PostgreSQL's helpers come and go
                os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(3):
                began = time.monotonic()
                answer = client.get("/health")
                assert time.monotonic() - began < TIMELY_SECONDS
                assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
                assert answer.json()["database"] == {"status": "hanging", "connected": False}
                assert answer.json()["redis"]["connected"] is False
            assert len([thread for thread in threading.enumerate() if thread.name == "health-probe"]) == 1
        finally:
            for pid in frozen:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        assert eventually(lambda: client.get("/health").json()["redis"]["connected"])
        assert eventually(lambda: not [one for one in threading.enumerate() if one.name == "health-probe"])


@contextmanager
def pointed_at(layout: Layout, settings: Any) -> Iterator[None]:
    """The database and the cache are those of `layout` meanwhile."""
    point_redis_at(settings, f"unix://{layout.valkey_socket}")
    other = {"HOST": str(layout.run_dir), "PORT": "5432", "NAME": "muster", "USER": "muster", "PASSWORD": ""}
    before = {name: connection.settings_dict[name] for name in other}
    connection.close()
    connection.settings_dict.update(other)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@pytest.mark.django_db
def test_cache_statistics_degrade_with_redis_down(viewer: APIClient, settings: Any) -> None:
    point_redis_at(settings, "redis://127.0.0.1:1/0")
    answer = viewer.get("/api/v1/cache/stats")
    assert answer.status_code == 200
    assert answer.json() == {"status": "down", "connected": False, "stats": None}
