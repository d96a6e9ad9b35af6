"""Kills a pool process that hangs in a job: one that stopped beating, or goes on long after it was told to give up.
Notices, too, when one has died in a job.

Pool processes and the worker's main process share a page of memory, entries for each place in the pool. A process at
work keeps writing by when it will write again; the main process kills the one whose time has passed, and only that one.
What a process that died has written stays until the main process has read it: its successor, which may start at once,
writes beside it.
Nothing here needs the database or the broker, so a hung server hides nobody.
"""

from __future__ import annotations

import faulthandler
import logging
import mmap
import os
import signal
import struct
import threading
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Self

from jobs import conf

logger = logging.getLogger(__name__)

PLACES = 256
# So many processes may die in one place between two looks of the main process before one goes unnoticed.
ENTRIES_PER_PLACE = 4
_ENTRIES = PLACES * ENTRIES_PER_PLACE
# pid, attempt, job, and the time by which it writes again, on the clock that all processes of a machine share.
_ENTRY = struct.Struct("=II16sd")
_STANDARD_ERROR = 2
_SECONDS_FOR_TRACEBACK = 0.5


@dataclass(frozen=True)
class Entry:
    """A pool process, where it writes, the attempt it runs, and by when it is to be heard of again."""

    place: int
    pid: int
    job_id: uuid.UUID
    attempt: int
    due: float


class Board:
    """The page that a worker's main process shares with its pool. Each entry is written by one process at a time."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, _ENTRY.size * _ENTRIES)

    def take(self, place: int) -> int:
        """Where a process that starts in this place of the pool writes: beside what those that died there have left."""
        own = range(place, _ENTRIES, PLACES)
        return next((entry for entry in own if self._pid(entry) in (0, os.getpid())), place)

    def write(self, place: int, *, job_id: uuid.UUID, attempt: int, due: float) -> None:
        """This process runs the attempt and writes again before `due` (of `time.monotonic`)."""
        _ENTRY.pack_into(self._page, place * _ENTRY.size, os.getpid(), attempt, job_id.bytes, due)

    def clear(self, place: int) -> None:
        """The process there runs no job, or is gone."""
        _ENTRY.pack_into(self._page, place * _ENTRY.size, 0, 0, bytes(16), 0.0)

    def entries(self) -> list[Entry]:
        """The processes that run jobs."""
        found = []
        for place in range(_ENTRIES):
            pid, attempt, job, due = _ENTRY.unpack_from(self._page, place * _ENTRY.size)
            if pid:
                found.append(Entry(place, pid, uuid.UUID(bytes=job), attempt, due))
        return found

    def overdue(self, now: float) -> list[Entry]:
        """Those whose time has passed."""
        return [entry for entry in self.entries() if entry.due < now]

    def _pid(self, place: int) -> int:
        return int(_ENTRY.unpack_from(self._page, place * _ENTRY.size)[0])


class _Place:
    """Where this process writes; none outside a worker's pool."""

    board: Board | None = None
    number: int | None = None


def open_board() -> None:
    """In a worker's main process, before its pool forks."""
    _Place.board = Board()


def take_place(number: int | None) -> None:
    """In a pool process that starts: which place of the pool it fills."""
    if _Place.board is None or number is None or number >= PLACES:
        return
    _Place.number = _Place.board.take(number)
    _Place.board.clear(_Place.number)
    faulthandler.register(signal.SIGUSR2, file=_STANDARD_ERROR, all_threads=True)


class Watched:
    """One attempt's word to the watchdog, until it is left. Does nothing in a process that no main process watches."""

    def __init__(self, job_id: uuid.UUID, attempt: int) -> None:
        self._job_id = job_id
        self._attempt = attempt
        self._lock = threading.Lock()
        self._told_until: float | None = None
        self._over = False

    def alive(self) -> None:
        """Still beating: expected again within a lease, unless it was told to give up."""
        self._expect(time.monotonic() + conf.lease_seconds())

    def told_to_give_up(self) -> None:
        """Cancelled, handed back or lost: from the first time on, no beat puts the end off."""
        with self._lock:
            if self._told_until is None:
                self._told_until = time.monotonic() + conf.grace_seconds()
        self.alive()

    def writing_the_end(self) -> None:
        """The handler is done; a database that is away may be waited for as long as a lease, and answer late."""
        with self._lock:
            self._told_until = None
        self._expect(time.monotonic() + 2 * conf.lease_seconds())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """The process is free again."""
        with self._lock:
            self._over = True
            if _Place.board is not None and _Place.number is not None:
                _Place.board.clear(_Place.number)

    def _expect(self, due: float) -> None:
        with self._lock:
            if self._over or _Place.board is None or _Place.number is None:
                return
            if self._told_until is not None:
                due = min(due, self._told_until)
            _Place.board.write(_Place.number, job_id=self._job_id, attempt=self._attempt, due=due)


def kill_overdue(pool: Collection[int]) -> list[Entry]:
    """In the main process: kill the overdue ones among `pool`, the processes it has now; returns those it killed.

    Its threads' tracebacks go to the worker's log first. The pool starts another process in its place.
    """
    board = _Place.board
    if board is None:
        return []
    suspects = [entry for entry in board.overdue(time.monotonic()) if entry.pid in pool and entry.pid != os.getpid()]
    killed = []
    for suspect in suspects:
        _signal(suspect.pid, signal.SIGUSR2)
        time.sleep(_SECONDS_FOR_TRACEBACK)
        # Looked at once more: it may have come back to life, or be at other work by now.
        if suspect in board.overdue(time.monotonic()) and _signal(suspect.pid, signal.SIGKILL):
            board.clear(suspect.place)
            logger.error(
                "Killed pool process %d: silent in job %s attempt %d, or told to give up and still at it",
                suspect.pid,
                suspect.job_id,
                suspect.attempt,
            )
            killed.append(suspect)
    return killed


def take_off_the_dead(pool: Callable[[], Collection[int]]) -> list[Entry]:
    """In the main process: the jobs of processes that are no longer in the pool; each is named once.

    The board is read before the pool, so that a process that starts in between is not taken for a dead one.
    """
    board = _Place.board
    entries = board.entries() if board is not None else []
    if board is None or not entries or not (living := pool()):
        return []
    dead = [entry for entry in entries if entry.pid not in living and entry.pid != os.getpid()]
    for entry in dead:
        logger.error("Pool process %d died in job %s attempt %d", entry.pid, entry.job_id, entry.attempt)
        board.clear(entry.place)
    return dead


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
