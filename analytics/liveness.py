"""Whether the installation works: database, cache, workers, queue."""

from __future__ import annotations

import time
from typing import Any

from django.db import DatabaseError, connection

from analytics.cache_stats import cache_statistics
from jobs import health

HEALTHY, DEGRADED, DOWN = "healthy", "degraded", "unhealthy"


def liveness() -> dict[str, Any]:
    """`{status, redis, database, workers, queue}`.

    `unhealthy` only when the database is down; `degraded` when Redis is, or no worker shows a sign of life.
    """
    cache = cache_statistics()
    try:
        database = _database()
        workers, queue = _workers(), health.queue()
    except DatabaseError:
        return {
            "status": DOWN,
            "redis": cache,
            "database": {"status": "down", "connected": False},
            "workers": None,
            "queue": None,
        }
    well = cache["connected"] and workers["status"] == HEALTHY
    status = HEALTHY if well else DEGRADED
    return {"status": status, "redis": cache, "database": database, "workers": workers, "queue": queue}


def _database() -> dict[str, Any]:
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"status": HEALTHY, "connected": True, "milliseconds": round(1000 * (time.monotonic() - began), 1)}


def _workers() -> dict[str, Any]:
    """Without names: anybody may ask for health, and names are host names."""
    workers = health.workers()
    return {name: workers[name] for name in ("status", "alive", "processes")}
