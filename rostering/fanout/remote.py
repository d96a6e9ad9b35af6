"""The crew's side of one run: parts sent as Celery tasks, heard of, missed, sent again."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import redis
from celery import current_app
from kombu import Connection

from jobs.doorbell import connection_options
from rostering.fanout.channel import Channel, Json

log = logging.getLogger(__name__)

TASK, QUEUE = "rostering.solve_part", "parts"
PICKUP_SECONDS = 4.0
"""How long a part waits for a worker before it is taken back."""
SILENCE_SECONDS = 15.0
"""A part not heard of for so long is lost with its worker."""
REFRESH_SECONDS = 3.0
EXPIRES_SECONDS = 60
ATTEMPTS = 2


class RemoteError(RuntimeError):
    """The broker or Redis is down."""


@dataclass
class _Sent:
    request: Json
    attempt: int
    heard: float
    claimed: bool = False


class Remote:
    """One run. Every method but `end` raises RemoteError when the broker or Redis cannot be reached."""

    def __init__(self, client: redis.Redis) -> None:
        self.channel = Channel(client, uuid.uuid4().hex)
        self.sent: dict[int, _Sent] = {}
        self.refreshed = float("-inf")
        self.connection: Any = None

    @property
    def claimed(self) -> int:
        """Parts that workers have."""
        return sum(part.claimed for part in self.sent.values())

    def send(self, request: Json, attempt: int = 1) -> None:
        """Give a part to whoever listens."""
        self._refresh()
        task = int(request["task"])
        self.sent[task] = _Sent(request, attempt, time.monotonic())
        try:
            self.channel.offer(request)
            if self.connection is None:
                self.connection = Connection(**connection_options())
            current_app.send_task(
                TASK,
                kwargs={"run": self.channel.run, "task": task, "attempt": attempt},
                queue=QUEUE,
                connection=self.connection,
                retry=False,
                ignore_result=True,
                expires=EXPIRES_SECONDS,
            )
        except Exception as error:  # the transport raises whatever its client library raises, and Redis its own
            raise RemoteError(str(error)) from error

    def hear(self, seconds: float) -> Json | None:
        """The next event of a part; waits so long for one.

        `started` when a worker has taken a part, `failed` when one was lost twice, `untaken` (with its `request`) when
        nobody took it: it is the caller's again.
        """
        self._refresh()
        try:
            message = self.channel.hear(seconds)
            return self._overdue() if message is None else self._noted(message)
        except redis.RedisError as error:
            raise RemoteError(str(error)) from error

    def stop(self) -> None:
        """Ask workers for their best; parts that nobody has begun are dropped."""
        try:
            self.channel.stop()
            for task, part in list(self.sent.items()):
                if not part.claimed and self.channel.withdraw(task, part.attempt):
                    del self.sent[task]
        except redis.RedisError as error:
            raise RemoteError(str(error)) from error

    def end(self, tell: bool) -> None:
        """Whoever is still at work stops: at once when told, else when the lease runs out."""
        try:
            if self.connection is not None:
                self.connection.release()
            if tell:
                self.channel.end(self.sent)
        except Exception as error:  # the keys expire by themselves, and the tasks with them
            log.info("The run's keys are left to expire (%s).", error)
        self.sent.clear()

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self.refreshed >= REFRESH_SECONDS:
            try:
                self.channel.refresh()
            except redis.RedisError as error:
                raise RemoteError(str(error)) from error
            self.refreshed = now

    def _noted(self, message: Json) -> Json | None:
        """A message, if it is from the attempt that counts and says something new."""
        part = self.sent.get(message["task"])
        if part is None or part.attempt != message.pop("attempt"):
            return None
        part.heard, part.claimed = time.monotonic(), True
        if message["event"] in ("done", "failed"):
            del self.sent[message["task"]]
        return None if message["event"] == "alive" else message

    def _overdue(self) -> Json | None:
        """Looked at only when everything said has been heard, for the caller may have been busy itself."""
        now = time.monotonic()
        for task, part in self.sent.items():
            silent = now - part.heard
            if not part.claimed and silent > PICKUP_SECONDS:
                if self.channel.withdraw(task, part.attempt):
                    del self.sent[task]
                    return {"task": task, "event": "untaken", "request": part.request}
                part.claimed, part.heard = True, now
            elif part.claimed and silent > SILENCE_SECONDS:
                return self._lost(task, part)
        return None

    def _lost(self, task: int, part: _Sent) -> Json | None:
        self.channel.revoke(task, part.attempt)
        del self.sent[task]
        if part.attempt == ATTEMPTS:
            log.warning("A part of the roster was lost %s times, each time with its worker.", ATTEMPTS)
            return {"task": task, "event": "failed"}
        log.warning("A part of the roster was lost with its worker; it is sent again.")
        self.send(part.request, part.attempt + 1)
        return None

    def take_back(self) -> Iterator[Json]:
        """All parts not done yet, when Redis is down."""
        while self.sent:
            yield self.sent.popitem()[1].request
