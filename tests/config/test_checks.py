"""The broker: a policy that drops messages is refused, and one that hangs or is gone holds nobody up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
import redis
from celery import Celery, current_app
from django.conf import settings
from django.core.cache import cache, caches
from django.test import override_settings
from kombu import Connection

from config.checks import check_broker_keeps_messages, check_cache_and_broker_are_apart
from config.values import celery_redis_url

pytestmark = pytest.mark.xdist_group("broker")  # its memory policy is one setting for every process


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """The broker of this run, with its memory policy put back afterwards."""
    with Connection(settings.CELERY_BROKER_URL) as connection:
        client = connection.default_channel.client  # type: ignore[attr-defined] # kombu's stubs know no transports
        policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
        yield client
        client.config_set("maxmemory-policy", policy)


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-random"])
def test_broker_that_evicts_messages_is_refused(broker: redis.Redis, policy: str) -> None:
    broker.config_set("maxmemory-policy", policy)
    (error,) = check_broker_keeps_messages(None)
    assert error.id == "muster.E001"
    assert policy in error.msg


@pytest.mark.parametrize("policy", ["volatile-lru", "noeviction"])
def test_broker_that_keeps_messages_passes(broker: redis.Redis, policy: str) -> None:
    broker.config_set("maxmemory-policy", policy)
    assert check_broker_keeps_messages(None) == []


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield int(server.getsockname()[1])


def test_broker_that_never_answers_delays_the_check_by_seconds_at_most(silent_port: int) -> None:
    started = time.monotonic()
    with override_settings(CELERY_BROKER_URL=f"redis://127.0.0.1:{silent_port}/0"):
        assert check_broker_keeps_messages(None) == []
    assert time.monotonic() - started < 3


def test_publishing_to_a_broker_that_never_answers_fails_within_two_seconds(silent_port: int) -> None:
    with Celery("muster-test", broker=f"redis://127.0.0.1:{silent_port}/0", set_as_current=False) as app:
        app.conf.update(
            broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            broker_connection_timeout=settings.CELERY_BROKER_CONNECTION_TIMEOUT,
            task_publish_retry_policy=settings.CELERY_TASK_PUBLISH_RETRY_POLICY,
        )
        started = time.monotonic()
        with pytest.raises(Exception, match="Timeout"):
            app.send_task("anything")
        assert time.monotonic() - started < 2


def test_cache_that_never_answers_costs_a_fraction_of_a_second_and_no_error(silent_port: int) -> None:
    location = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{silent_port}/0"}
    with override_settings(CACHES={"default": location}):
        started = time.monotonic()
        assert caches["default"].get("anything") is None
        assert time.monotonic() - started < 1


def test_emptying_the_cache_leaves_queued_messages_alone(broker: redis.Redis) -> None:
    broker.lpush("test-queue", "a message")
    cache.clear()
    assert broker.llen("test-queue") == 1
    broker.delete("test-queue")


def test_a_message_for_one_queue_reaches_no_other(broker: redis.Redis) -> None:
    broker.delete("solve", "default")
    current_app.send_task("anything", queue="solve")
    assert (broker.llen("solve"), broker.llen("default")) == (1, 0)
    current_app.send_task("anything")
    assert (broker.llen("solve"), broker.llen("default")) == (1, 1)
    broker.delete("solve", "default")


def cautions(cache_url: str, broker_url: str) -> list[str]:
    cache_settings = {"default": {**settings.CACHES["default"], "LOCATION": cache_url}}
    with override_settings(CACHES=cache_settings, CELERY_BROKER_URL=broker_url):
        return [f"{caution.msg} {caution.hint}" for caution in check_cache_and_broker_are_apart(None)]


@pytest.mark.parametrize(
    ("cache_url", "broker_url", "place", "better"),
    [
        ("redis://r", "redis://r", "database 0 of the Redis at r:6379", "/1"),
        ("redis://:pw@r:6379/2", "redis://u:other@R/2", "database 2 of the Redis at r:6379", "/3"),
        ("redis://r/0?db=5", "redis://r:6379/5", "database 5 of the Redis at r:6379", "/6"),
        (
            "unix:///run/v.sock?db=3",
            celery_redis_url("unix:///run/v.sock?db=3"),
            "database 3 of the Redis at /run",
            "/4",
        ),
        (
            "unix://:pw@/run/v.sock",
            celery_redis_url("unix:///run/v.sock"),
            "database 0 of the Redis at /run/v.sock",
            "/1",
        ),
    ],
)
def test_cache_and_broker_in_one_database_are_cautioned_against(
    cache_url: str, broker_url: str, place: str, better: str
) -> None:
    (caution,) = cautions(cache_url, broker_url)
    assert place in caution
    assert f"such as {better}," in caution
    assert "pw" not in caution


@pytest.mark.parametrize(
    ("cache_url", "broker_url"),
    [
        ("redis://r/0", "redis://r/1"),
        ("redis://r/0", "redis://other/0"),
        ("redis://r/0", "redis://r:6380/0"),
        ("unix:///run/v.sock", celery_redis_url("unix:///run/v.sock?db=1")),
        ("unix:///run/v.sock", celery_redis_url("unix:///run/other.sock")),
    ],
)
def test_cache_and_broker_apart_pass(cache_url: str, broker_url: str) -> None:
    assert cautions(cache_url, broker_url) == []


def test_cache_and_broker_of_the_embedded_servers_are_apart() -> None:
    assert check_cache_and_broker_are_apart(None) == []
