"""Of several processes the watchdog kills exactly the one that should have been heard of."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from jobs import watchdog
from jobs.watchdog import Board, Watched, kill_overdue, take_off_the_dead

FORK = multiprocessing.get_context("fork")
Start = Callable[[int, str], "multiprocessing.process.BaseProcess"]


def work(place: int, how: str) -> None:
    """A pool process in a job: `lively`, `silent` after its first word, or `deaf` to being told to give up."""
    watchdog.take_place(place)
    with Watched(uuid.uuid4(), 1) as watched:
        watched.alive()
        while True:
            time.sleep(0.05)
            if how == "lively":
                watched.alive()
            elif how == "deaf":
                watched.told_to_give_up()
            elif how == "free":
                break
    time.sleep(60)


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    settings.JOBS_LEASE_SECONDS = 1
    settings.JOBS_GRACE_SECONDS = 0.5
    watchdog.open_board()
    started = []

    def begin(place: int, how: str) -> multiprocessing.process.BaseProcess:
        process = FORK.Process(target=work, args=(place, how), daemon=True)
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.join()
    watchdog._Place.board = None


def watch(pool: list[multiprocessing.process.BaseProcess], seconds: float) -> list[int]:
    """Look again and again for so long; the processes killed."""
    killed = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        killed += [entry.pid for entry in kill_overdue({process.pid for process in pool if process.pid})]
        time.sleep(0.1)
    return killed


def pool_of(*processes: Any) -> Callable[[], set[int]]:
    return lambda: {process.pid for process in processes}


def test_the_silent_and_the_deaf_are_killed_once_and_their_neighbors_live(start: Start) -> None:
    lively, silent, deaf, free = (start(n, how) for n, how in enumerate(["lively", "silent", "deaf", "free"]))
    killed = watch([lively, silent, deaf, free], 6)
    assert (len(killed), set(killed)) == (2, {silent.pid, deaf.pid})
    silent.join(timeout=5)
    assert (silent.exitcode, lively.is_alive(), free.is_alive()) == (-signal.SIGKILL, True, True)


def test_a_process_that_is_not_of_the_pool_is_left_alone(start: Start) -> None:
    stranger = start(0, "silent")
    assert watch([], 2.5) == []
    assert stranger.is_alive()


def test_the_job_of_a_process_that_died_is_named_once(start: Start) -> None:
    lively, silent = start(0, "lively"), start(1, "silent")
    time.sleep(0.3)
    silent.kill()
    silent.join()
    assert [entry.pid for entry in take_off_the_dead(pool_of(lively))] == [silent.pid]
    assert take_off_the_dead(pool_of(lively)) == []
    assert take_off_the_dead(pool_of()) == [], "a pool without processes tells nothing"


def test_the_job_of_a_process_that_died_is_named_although_another_has_taken_its_place(start: Start) -> None:
    dead = start(1, "silent")
    time.sleep(0.3)
    dead.kill()
    dead.join()
    successor = start(1, "lively")
    time.sleep(0.3)
    assert [entry.pid for entry in take_off_the_dead(pool_of(successor))] == [dead.pid]
    board = watchdog._Place.board
    assert board is not None
    assert [entry.pid for entry in board.entries()] == [successor.pid], "the successor's word stands"


def test_a_process_that_comes_back_to_life_when_looked_at_twice_is_left_alone(start: Start) -> None:
    sleeper = start(0, "lively")
    assert sleeper.pid is not None
    time.sleep(0.3)
    os.kill(sleeper.pid, signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(sleeper.pid, signal.SIGCONT)
    assert watch([sleeper], 2) == []
    assert sleeper.is_alive()


def test_once_told_to_give_up_no_word_puts_the_end_off_but_writing_the_end_does(settings: Settings) -> None:
    settings.JOBS_LEASE_SECONDS = 100
    settings.JOBS_GRACE_SECONDS = 10
    watchdog.open_board()
    board = watchdog._Place.board
    watchdog._Place.number = 3
    try:
        assert board is not None
        with Watched(uuid.uuid4(), 1) as watched:
            now = time.monotonic()
            watched.told_to_give_up()
            watched.alive()
            watched.told_to_give_up()
            assert board.overdue(now + 9) == []
            assert [entry.place for entry in board.overdue(now + 12)] == [3]
            watched.writing_the_end()
            assert board.overdue(now + 190) == []
        assert board.overdue(now + 1e6) == []
        watched.alive()
        assert board.overdue(now + 1e6) == [], "a beat that comes late marks nobody"
    finally:
        watchdog._Place.board = watchdog._Place.number = None


def test_a_process_outside_a_pool_writes_nowhere_and_kills_nobody() -> None:
    with Watched(uuid.uuid4(), 1) as watched:
        watched.alive()
    assert kill_overdue({1, os.getpid()}) == []
    assert Board().overdue(time.monotonic()) == []
