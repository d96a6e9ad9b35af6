"""The Celery message that wakes a worker for a job. Losing one loses nothing: the sweeper rings again."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from celery import current_app
from kombu import Connection

from jobs import conf

logger = logging.getLogger(__name__)

RUN_TASK = "jobs.run"

# After a failure the broker is left alone this long, so that a burst of starts does not wait for it again and again.
QUIET_SECONDS = 3.0


class _Breaker:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed_until = 0.0

    def is_open(self) -> bool:
        with self._lock:
            return time.monotonic() < self._closed_until

    def trip(self) -> None:
        with self._lock:
            self._closed_until = time.monotonic() + QUIET_SECONDS

    def reset(self) -> None:
        with self._lock:
            self._closed_until = 0.0


breaker = _Breaker()


def connection_options() -> dict[str, Any]:
    """Keyword arguments for a `kombu.Connection` to the broker that gives up soon."""
    seconds = conf.broker_timeout_seconds()
    options = {
        **(current_app.conf.broker_transport_options or {}),
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry_on_timeout": False,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "connect_retries_timeout": seconds,
    }
    url = current_app.conf.broker_write_url or current_app.conf.broker_url
    return {"hostname": url, "connect_timeout": seconds, "transport_options": options}


def ring(job_id: uuid.UUID, queue: str) -> bool:
    """Send the job's message; False when the broker refused, hung or was left alone.

    Never raises, never waits over 1 s.
    """
    return send(RUN_TASK, args=[str(job_id)], queue=queue)


def send(task: str, *, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, queue: str) -> bool:
    """Send any task's message as `ring` does.

    Uses a connection of its own with short time-outs: the defaults of the Redis client wait for minutes.
    """
    if breaker.is_open():
        return False
    try:
        with Connection(**connection_options()) as connection:
            current_app.send_task(
                task,
                args=list(args),
                kwargs=dict(kwargs or {}),
                queue=queue,
                connection=connection,
                retry=False,
                ignore_result=True,
            )
    except Exception as error:  # the transport raises whatever its client library raises
        breaker.trip()
        logger.warning("The broker did not take the message %s%s (%s)", task, tuple(args), error)
        return False
    return True
