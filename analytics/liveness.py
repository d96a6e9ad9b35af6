"""Whether the installation works: database, cache, workers, queues, beat. Answers in time whatever hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from psycopg.errors import QueryCanceled

from analytics.cache_stats import cache_statistics
from jobs import health, monitoring

HEALTHY, DEGRADED, DOWN = "healthy", "degraded", "unhealthy"
# A load balancer gives up after two seconds or more; one second is for everything beside the database.
PATIENCE_SECONDS = 1.2
STATEMENT_MILLISECONDS = 1000


@dataclass(frozen=True)
class Database:
    """What the database, asked once, says of itself and of the jobs in it."""

    milliseconds: float
    workers: dict[str, Any]
    queue: dict[str, Any]
    waiting: list[monitoring.WaitingQueue]
    beat_seconds: float | None


class Prober:
    """Asks on a thread and a connection of its own, one question at a time, however many requests wait for the answer.

    A server that hangs answers neither a query nor a time-out of its own, and would hold every thread that asks; here
    it holds one, which ends once the server goes on.
    """

    def __init__(self, question: Callable[[], Database]) -> None:
        self._question = question
        self._lock = threading.Lock()
        self._asked: Future[Database] | None = None

    def ask(self) -> Future[Database]:
        """The answer of the question under way, or else of one that starts now."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(target=self._answer, args=(self._asked,), name="health-probe", daemon=True).start()
            return self._asked

    def _answer(self, asked: Future[Database]) -> None:
        try:
            answer = self._question()
        except BaseException as error:
            connection.close()
            asked.set_exception(error)
        else:
            connection.close()
            asked.set_result(answer)


def _look() -> Database:
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [str(STATEMENT_MILLISECONDS)])
    milliseconds = round(1000 * (time.monotonic() - began), 1)
    workers, queue = health.workers(), health.queue()
    return Database(milliseconds, workers, queue, monitoring.waiting_queues(), monitoring.beat_seconds())


prober = Prober(_look)


def liveness() -> dict[str, Any]:
    """`{status, redis, database, workers, queue, beat, problems}`, within two seconds.

    `unhealthy` only when the database is down or does not answer; `degraded` when it is slow, Redis is down, no worker
    shows a sign of life, jobs wait where no worker listens, or beat has fallen silent. `problems` says so in sentences.
    """
    asked, deadline = prober.ask(), time.monotonic() + PATIENCE_SECONDS
    cache = cache_statistics()
    try:
        found = asked.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return _unknown(DOWN, cache, "hanging", "The database takes connections and does not answer.")
    except (DatabaseError, InterfaceError) as error:
        if isinstance(error.__cause__, QueryCanceled):
            return _unknown(DEGRADED, cache, "slow", "The database is slow: it did not say in time how the jobs stand.")
        return _unknown(DOWN, cache, "down", "The database cannot be reached, or refuses to answer.")
    problems = _problems(cache, found)
    return {
        "status": DEGRADED if problems else HEALTHY,
        "redis": cache,
        "database": {"status": HEALTHY, "connected": True, "milliseconds": found.milliseconds},
        # Without names: anybody may ask for health, and names are host names.
        "workers": {name: found.workers[name] for name in ("status", "alive", "processes")},
        "queue": {**found.queue, "unattended": {one.name: one.waiting for one in found.waiting if not one.attended}},
        "beat": {"status": _beat(found.beat_seconds), "seconds_ago": found.beat_seconds},
        "problems": problems,
    }


def _unknown(status: str, cache: dict[str, Any], database: str, sentence: str) -> dict[str, Any]:
    """The answer where the database did not give one."""
    answer = {"status": status, "redis": cache, "database": {"status": database, "connected": status != DOWN}}
    return {**answer, **dict.fromkeys(("workers", "queue", "beat")), "problems": [sentence]}


def _beat(seconds: float | None) -> str:
    if seconds is None:
        return "off"
    return "silent" if seconds > monitoring.BEAT_SILENT_SECONDS else HEALTHY


def _problems(cache: dict[str, Any], found: Database) -> list[str]:
    problems = []
    if not cache["connected"]:
        problems.append("Redis does not answer: pages come from the database, and jobs start later than they could.")
    if found.workers["status"] != HEALTHY:
        problems.append("No worker shows a sign of life: jobs wait until one is started.")
    else:
        problems += [
            f"No worker listens to the queue {one.name}, where jobs wait ({one.waiting}): start one with -Q {one.name}."
            for one in found.waiting
            if not one.attended
        ]
    if found.beat_seconds is not None and _beat(found.beat_seconds) != HEALTHY:
        minutes = round(found.beat_seconds / 60)
        problems.append(f"Beat has not run for {minutes} minutes: schedules wait until it is started.")
    return problems
