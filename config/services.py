"""The PostgreSQL and Redis the settings name: those of the environment, or the embedded pair, started on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from config import embedded
from config.embedded.layout import APP_ROLE, DATABASE
from config.env import Environment

# The embedded Valkey keeps broker and cache apart, so that emptying the cache (FLUSHDB) cannot empty a queue.
BROKER_DATABASE_OFFSET = 16


@dataclass(frozen=True)
class Services:
    """Where the database, the cache and the broker are."""

    database: dict[str, Any]
    redis_url: str
    celery_broker_url: str


def services(environment: Environment) -> Services:
    """The services of `environment`, which answer by the time this returns where they are embedded.

    Raises:
        EmbeddedError: the embedded servers cannot be started.
    """
    if environment.database is not None and environment.redis_url and environment.celery_broker_url:
        return Services(environment.database, environment.redis_url, environment.celery_broker_url)
    layout = embedded.use(environment.data_dir, durable=environment.durable).layout
    cache, broker = environment.redis_database, environment.redis_database + BROKER_DATABASE_OFFSET
    return Services(
        database={
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": APP_ROLE,
            "HOST": str(layout.run_dir),
            "PORT": "5432",
        },
        redis_url=f"unix://{layout.valkey_socket}?db={cache}",
        celery_broker_url=environment.celery_broker_url
        or f"redis+socket://{layout.valkey_socket}?virtual_host={broker}",
    )
