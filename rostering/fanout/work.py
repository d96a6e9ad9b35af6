"""The task's side: claim a part, solve it, tell the crew; stop when asked, or when the crew is gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from types import TracebackType
from typing import Any, Self

import redis

from rostering.fanout.channel import LEASE_SECONDS, Channel, connect
from rostering.solver.part_task import run_task
from rostering.solver.result import Signal

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
ALIVE_SECONDS = 2.0


def solve_part(*, url: str, run: str, task: int, attempt: int) -> None:
    """Solve one part of the run; does nothing when the run is over or the part was taken back."""
    with closing(connect(url)) as client:
        channel = Channel(client, run)
        request = channel.claim(task, attempt)
        if request is None:
            log.info("Part %s of run %s is no longer wanted.", task, run)
            return
        with _Watch(channel, task, attempt) as watch:
            watch.say("started", {})
            try:
                answer = run_task(request, lambda body: watch.say("better", body), watch.wish)
            except Exception:  # the crew goes on without this part, and says so
                log.exception("Part %s of run %s failed.", task, run)
                watch.say("failed", {})
            else:
                watch.say("done", answer)


class _Watch:
    """Looks at the run's keys beside the solver, and shows that this worker is alive.

    A thread, for the solver asks at its own pace: compiling its loops for the first time takes half a minute.
    """

    def __init__(self, channel: Channel, task: int, attempt: int) -> None:
        self.channel, self.task, self.attempt = channel, task, attempt
        self.stop, self.over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._look, name="part-watch", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()

    def wish(self) -> Signal:
        """What the crew wants."""
        return Signal.STOP if self.stop.is_set() else Signal.GO_ON

    def say(self, event: str, body: Mapping[str, Any]) -> None:
        """Tell the crew; with Redis down it has long begun to solve the part itself."""
        try:
            self.channel.say({"task": self.task, "attempt": self.attempt, "event": event, **body})
        except redis.RedisError as error:
            log.warning("Part %s could not report (%s).", self.task, error)

    def _look(self) -> None:
        reached = told = time.monotonic()
        while not self.stop.is_set() and not self.over.wait(LOOK_SECONDS):
            now = time.monotonic()
            try:
                wanted = self.channel.wanted(self.task, self.attempt)
                reached = now
            except redis.RedisError:
                wanted = now - reached < LEASE_SECONDS
            if not wanted:
                self.stop.set()
            if now - told >= ALIVE_SECONDS:
                told = now
                self.say("alive", {})
