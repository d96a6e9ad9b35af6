"""A few answers remembered in this process, for the time that Redis is down."""

from __future__ import annotations

import threading
from collections import OrderedDict

from rostering.cache.answers import Answer

MAX_BYTES = 16 * 2**20


class LocalAnswers:
    """The answers used last, up to so many bytes. Keys name versions, so a remembered answer is never stale."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def get(self, key: str) -> Answer | None:
        """The answer, unless it is past its end."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is None:
                return None
            if answer.seconds_left <= 0:
                self._drop(key)
                return None
            self._answers.move_to_end(key)
            return answer

    def put(self, key: str, answer: Answer) -> None:
        """Remember it, forgetting those unused longest; not when it would fill a quarter of the room by itself."""
        if _weight(key, answer) > self._max_bytes // 4:
            return
        with self._lock:
            self._drop(key)
            self._answers[key] = answer
            self._bytes += _weight(key, answer)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._answers)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._answers.clear()
            self._bytes = 0

    @property
    def size_bytes(self) -> int:
        """What is remembered now, keys included."""
        return self._bytes

    def _drop(self, key: str) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self._bytes -= _weight(key, answer)


def _weight(key: str, answer: Answer) -> int:
    return len(key) + len(answer.body) + 200  # the objects around them
