"""Leaves a broken Redis alone, so that at most one request of this process waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

QUIET_SECONDS = 5.0


class Breaker:
    """Closed while Redis answers; after a failure open, until a knock in the background is answered.

    No request ever tries Redis to find out: the first one that comes `quiet_seconds` after the last failure sends a
    thread to knock and goes on without Redis.
    """

    def __init__(self, knock: Callable[[], None], quiet_seconds: float = QUIET_SECONDS) -> None:
        self._knock = knock
        self._quiet_seconds = quiet_seconds
        self._lock = threading.Lock()
        self._quiet_until: float | None = None
        self._knocking: threading.Thread | None = None

    def allows(self) -> bool:
        """Whether Redis may be asked now."""
        if self._quiet_until is None:
            return True
        with self._lock:
            if self._quiet_until is None:
                return True
            # After a fork the thread is the parent's: here it is not alive, and another one is sent.
            waiting = self._knocking is not None and self._knocking.is_alive()
            if time.monotonic() >= self._quiet_until and not waiting:
                self._knocking = threading.Thread(target=self._find_out, name="cache-knock", daemon=True)
                self._knocking.start()
            return False

    def trip(self) -> bool:
        """Redis failed: leave it alone for a while. Whether this is news."""
        with self._lock:
            is_news = self._quiet_until is None
            self._quiet_until = time.monotonic() + self._quiet_seconds
            return is_news

    def reset(self) -> None:
        """Redis answers."""
        with self._lock:
            self._quiet_until = None

    def _find_out(self) -> None:
        try:
            self._knock()
        except Exception:  # whatever it is, Redis does not answer
            self.trip()
        else:
            self.reset()
