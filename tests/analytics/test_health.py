"""`/health` and cache statistics, with the real servers up, down and hanging."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import WorkerPulse

FAST_SECONDS = 1.0


@pytest.fixture
def hanging() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def point_redis_at(settings: Any, location: str) -> None:
    settings.CACHES = {"default": {**django_settings.CACHES["default"], "LOCATION": location}}


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/health", "/health/"])
def test_health_needs_no_sign_in_and_has_the_promised_shape(client: Client, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"status", "redis", "database", "workers", "queue"}
    assert set(body["redis"]) == {"status", "connected", "stats"}
    assert set(body["redis"]["stats"]) == {"total_keys", "hits", "misses", "hit_rate", "memory_used_mb"}
    assert (body["redis"]["status"], body["database"]["status"]) == ("healthy", "healthy")
    assert body["queue"]["queued"] == 0
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_health_is_degraded_without_workers_and_well_with_one(client: Client) -> None:
    assert client.get("/health").json()["status"] == "degraded"
    WorkerPulse.objects.create(name="solve@host-of-ours", concurrency=2, seen_at=timezone.now())
    body = client.get("/health").json()
    assert (body["status"], body["workers"]) == ("healthy", {"status": "healthy", "alive": 1, "processes": 2})
    assert "host-of-ours" not in str(body), "anybody may ask, so no host names"


@pytest.mark.django_db
def test_health_is_degraded_and_fast_with_redis_down(client: Client, settings: Any) -> None:
    point_redis_at(settings, "redis://127.0.0.1:1/0")
    began = time.monotonic()
    answer = client.get("/health")
    assert time.monotonic() - began < FAST_SECONDS
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["redis"] == {"status": "down", "connected": False, "stats": None}


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_cache_statistics_degrade_with_redis_down(viewer: APIClient, settings: Any) -> None:
    point_redis_at(settings, "redis://127.0.0.1:1/0")
    answer = viewer.get("/api/v1/cache/stats")
    assert answer.status_code == 200
    assert answer.json() == {"status": "down", "connected": False, "stats": None}
