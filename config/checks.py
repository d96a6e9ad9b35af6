"""System checks of the deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
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
