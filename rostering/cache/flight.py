"""One computation of each answer, however many ask for it at once, in however many processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rostering.cache.answers import Answer
from rostering.cache.local import LocalAnswers
from rostering.cache.store import RedisDownError, Store

WAIT_SECONDS = 10.0
"""How long one waits for another's computation before doing it oneself; also how long a computing process that died
stands in the way of the others."""

LOOK_SECONDS = (0.005, 0.05)
"""First and longest pause between two looks for another process's answer."""

Compute = Callable[[], Answer]


class _Flight:
    """A computation under way in this process."""

    def __init__(self) -> None:
        self.landed = threading.Event()
        self.answer: Answer | None = None


class Answers:
    """Answers by key: from Redis, from this process while Redis is down, else computed, once."""

    def __init__(self, store: Store, local: LocalAnswers, wait_seconds: float = WAIT_SECONDS) -> None:
        self.store = store
        self.local = local
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._flights: dict[str, _Flight] = {}

    def fetch(self, key: str, compute: Compute) -> Answer:
        """The answer of `key`. Raises what `compute` raises, to whoever computes; the others then try themselves."""
        found = self._find(key)
        if found is not None:
            return found
        deadline = time.monotonic() + self._wait_seconds
        while time.monotonic() < deadline:
            with self._lock:
                flight = self._flights.get(key)
                is_leader = flight is None
                if flight is None:
                    flight = self._flights[key] = _Flight()
            if is_leader:
                return self._lead(key, compute, flight, deadline)
            flight.landed.wait(max(0.0, deadline - time.monotonic()))
            if flight.answer is not None:
                return flight.answer
        return compute()

    def _find(self, key: str) -> Answer | None:
        try:
            found = self.store.get(key)
        except RedisDownError:
            return self.local.get(key)
        if found is not None:
            self.local.put(key, found)
        return found

    def _lead(self, key: str, compute: Compute, flight: _Flight, deadline: float) -> Answer:
        try:
            try:
                answer = self._among_processes(key, compute, deadline)
            except RedisDownError:
                # Another thread may have landed between this one's look and its start.
                answer = self.local.get(key) or compute()
            self.local.put(key, answer)
            flight.answer = answer
            return answer
        finally:
            with self._lock:
                del self._flights[key]
            flight.landed.set()

    def _among_processes(self, key: str, compute: Compute, deadline: float) -> Answer:
        pause, longest = LOOK_SECONDS
        while time.monotonic() < deadline:
            token = self.store.take_off(key, self._wait_seconds)
            answer, is_flying = self.store.watch(key)
            if token is not None:
                # The second look: whoever computed before may have landed between the first look and the take-off.
                return answer if answer is not None else self._compute(key, compute, token)
            while answer is None and is_flying and time.monotonic() < deadline:
                time.sleep(pause)
                pause = min(2 * pause, longest)
                answer, is_flying = self.store.watch(key)
            if answer is not None:
                return answer
        return compute()

    def _compute(self, key: str, compute: Compute, token: str) -> Answer:
        """Compute, keep and land; the answer stands even when Redis goes down meanwhile."""
        try:
            answer = compute()
        except BaseException:
            self._quietly(lambda: self.store.land(key, token))
            raise
        self._quietly(lambda: self.store.put(key, answer))
        self._quietly(lambda: self.store.land(key, token))
        return answer

    @staticmethod
    def _quietly(action: Callable[[], None]) -> None:
        try:
            action()
        except RedisDownError:
            return
