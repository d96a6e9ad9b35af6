"""System checks of the deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Caution
from kombu import Connection
from kombu.exceptions import OperationalError


def check_broker_keeps_messages(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The broker must not evict messages; one that does not answer is for `/health` to report, not for this check."""
    policy = _broker_memory_policy()
    if not policy.startswith("allkeys"):
        return []
    return [
        Error(
            f"The Redis behind CELERY_BROKER_URL has maxmemory-policy {policy}: when its memory is full "
            "it silently drops queued jobs.",
            hint="Set `maxmemory-policy volatile-lru` on it, or name another Redis in CELERY_BROKER_URL.",
            id="muster.E001",
        )
    ]


def _broker_memory_policy() -> str:
    """The broker's `maxmemory_policy`; empty when it does not answer or does not say."""
    once = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "connect_retries_timeout": 0.5}
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **once}
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            channel: Any = broker.default_channel
            return str(channel.client.info("memory").get("maxmemory_policy", ""))
    except (redis.RedisError, OSError, OperationalError):
        return ""


def check_cache_and_broker_are_apart(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Emptying the cache empties one whole database of Redis: the broker's messages must not be in it.

    Muster does not choose another number by itself: servers with a single database are common, and every process of
    an installation, whether the server answers at that moment or not, must come to the same broker.
    """
    broker = _place(settings.CELERY_BROKER_URL)
    if broker != _place(str(settings.CACHES["default"]["LOCATION"])):
        return []
    server, number = broker
    return [
        Caution(
            f"The cache and the broker share database {number} of the Redis at {server}: emptying the cache drops "
            "queued messages, and those jobs start late, when the sweeper finds them.",
            hint=f"Set CELERY_BROKER_URL to the same address with another number, such as /{int(number) + 1}, "
            "in the environment of every process, or give the broker a Redis of its own.",
            id="muster.W001",
        )
    ]


def _place(url: str) -> tuple[str, str]:
    """Server (without its password) and database number of a Redis URL in anybody's spelling."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    named = (query.get("db") or query.get("virtual_host") or [""])[0].strip("/")
    if parts.scheme.partition("+")[2] == "socket" or parts.scheme == "unix":
        return parts.path, named or "0"
    return f"{parts.hostname}:{parts.port or 6379}", named or parts.path.strip("/") or "0"
