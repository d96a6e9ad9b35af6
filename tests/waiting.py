"""Waiting for what other processes and threads do, no longer than it takes."""

from __future__ import annotations

import time
from collections.abc import Callable


class TooLateError(AssertionError):
    """Something did not happen in time."""


def wait(what: str, done: Callable[[], object], seconds: float = 60, every: float = 0.05) -> float:
    """Wait until `done()` holds; how long it took in seconds. Raises TooLateError with `what`."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise TooLateError(f"not within {seconds:g} s: {what}")
        time.sleep(every)
    return time.monotonic() - began


def eventually(condition: Callable[[], object], *, seconds: float = 20) -> bool:
    """Whether `condition` comes true in time."""
    try:
        wait("it comes true", condition, seconds)
    except TooLateError:
        return False
    return True
