"""The heartbeat of one running attempt: renews the lease, writes progress, notices cancel, stop and hand-back.

Works on a thread and a database connection of its own, so a handler that computes for minutes without a word keeps
its lease, and progress is visible while the handler sits in a transaction. A handler that holds the interpreter lock
(a native call that does not release it) for as long as a lease silences this thread too: the watchdog ends its process.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from jobs import conf
from jobs.models import JobRun
from jobs.states import Control, ShouldStop, Status
from jobs.watchdog import Watched

logger = logging.getLogger(__name__)


class Pulse:
    """Shared between the handler's threads (memory only) and the one thread that talks to the database.

    Without `start()` it is *inline*: the thread that made it does the writes, on its connection and at the same pace;
    other threads of the handler reach memory only.
    """

    def __init__(self, job_id: uuid.UUID, attempt: int, watched: Watched | None = None) -> None:
        self._job_id = job_id
        self._attempt = attempt
        self._watched = watched
        self._lock = threading.Lock()
        self._talking = threading.RLock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._owner = threading.get_ident()
        self._closing = False
        self._stopping = False
        self._pending: dict[str, Any] = {}
        self._figures: dict[str, Any] = {}
        self._verdict = ShouldStop.NONE
        self._lost = False
        now = time.monotonic()
        self._held_until = now + conf.lease_seconds()
        self._next_flush = now
        self._next_poll = now
        self._next_renewal = now + conf.heartbeat_seconds()

    @property
    def beats_by_itself(self) -> bool:
        """Whether a thread renews the lease, so that the handler may wait."""
        return self._thread is not None

    @property
    def lost(self) -> bool:
        with self._lock:
            return self._lost

    @property
    def verdict(self) -> ShouldStop:
        with self._lock:
            return self._verdict

    @property
    def figures(self) -> dict[str, Any]:
        """Everything reported so far, by column name."""
        with self._lock:
            return dict(self._figures)

    def note(self, changes: Mapping[str, Any]) -> None:
        """Remember what the handler reported; it reaches the row at the next allowed moment."""
        with self._lock:
            progress = changes.get("progress")
            merged = dict(changes)
            if progress is not None:
                merged["progress"] = max(progress, self._figures.get("progress", 0))
            self._figures.update(merged)
            self._pending.update(merged)
        self._nudge()

    def look(self) -> None:
        """Give an inline pulse its chance to talk to the database; nothing to do when a thread does."""
        if self._thread is None and threading.get_ident() == self._owner:
            self._talk_if_due()

    def start(self) -> None:
        """Begin beating on a thread."""
        self._thread = threading.Thread(target=self._beat, name=f"job-{self._job_id}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop beating; what was not written stays in `figures` for the final write."""
        with self._lock:
            self._closing = self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._watched is not None:
            self._watched.writing_the_end()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Keep the heartbeat from writing while the caller's transaction holds the row."""
        with self._talking:
            yield

    def end(self) -> None:
        """The final state is written: from here on there is nothing to renew and nothing to lose."""
        with self._lock:
            self._closing = True
            self._pending.clear()

    def _nudge(self) -> None:
        if self._thread is None:
            self.look()
        else:
            self._wake.set()

    def _beat(self) -> None:
        try:
            while True:
                self._tell_watchdog()
                self._wake.wait(timeout=self._wait_seconds())
                self._wake.clear()
                with self._lock:
                    if self._stopping:
                        return
                self._talk_if_due()
        finally:
            connection.close()

    def _tell_watchdog(self) -> None:
        if self._watched is None:
            return
        with self._lock:
            give_up = self._lost or (self._verdict is ShouldStop.CANCEL and not self._closing)
        if give_up:
            self._watched.told_to_give_up()
        else:
            self._watched.alive()

    def _wait_seconds(self) -> float:
        with self._lock:
            if self._closing or self._lost:
                return conf.poll_seconds()
            due = min(self._next_poll, self._next_renewal)
            if self._pending:
                due = min(due, self._next_flush)
        return max(0.0, due - time.monotonic())

    def _talk_if_due(self) -> None:
        # A final write may take long; the watchdog is to hear meanwhile that this process lives.
        if not self._talking.acquire(timeout=conf.poll_seconds()):
            return
        try:
            with self._lock:
                if self._closing or self._lost:
                    return
                now = time.monotonic()
                flush = bool(self._pending) and now >= self._next_flush
                renew = now >= self._next_renewal
                poll = now >= self._next_poll
            if not (flush or renew or poll):
                return
            try:
                self._talk(write=flush or renew, poll=poll)
            except (DatabaseError, InterfaceError) as error:
                self._missed_a_beat(error)
        finally:
            self._talking.release()

    def _talk(self, *, write: bool, poll: bool) -> None:
        began = time.monotonic()
        row = JobRun.objects.filter(pk=self._job_id, attempt=self._attempt, status=Status.RUNNING)
        if write:
            with self._lock:
                changes, self._pending = self._pending, {}
            try:
                held = row.update(lease_expires_at=Now() + timedelta(seconds=conf.lease_seconds()), **changes)
            except (DatabaseError, InterfaceError):
                with self._lock:
                    self._pending = {**changes, **self._pending}
                raise
            with self._lock:
                self._lost = not held
                self._held_until = began + conf.lease_seconds()
                self._next_flush = began + conf.report_seconds()
                self._next_renewal = began + conf.heartbeat_seconds()
        if poll:
            wish = row.values_list("control", "hand_back").first()
            with self._lock:
                self._next_poll = began + conf.poll_seconds()
                self._lost = self._lost or wish is None
                self._verdict = _verdict(wish)

    def _missed_a_beat(self, error: Exception) -> None:
        """The database did not answer. Go on until the lease is surely gone, then count the job as lost."""
        logger.warning("Heartbeat of job %s missed: %s", self._job_id, error)
        if self._thread is not None:
            connection.close()
        now = time.monotonic()
        with self._lock:
            self._lost = now >= self._held_until
            pause = conf.poll_seconds()
            self._next_poll = self._next_flush = self._next_renewal = now + pause


def _verdict(wish: tuple[str, bool] | None) -> ShouldStop:
    if wish is None:
        return ShouldStop.CANCEL
    control, hand_back = wish
    if hand_back or control == Control.CANCEL:
        return ShouldStop.CANCEL
    return ShouldStop.STOP if control == Control.STOP else ShouldStop.NONE
