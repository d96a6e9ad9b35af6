"""Steps that several cases take."""

from __future__ import annotations

from tests.chaos.client import Answer, Client
from tests.chaos.stack import Program, Stack
from tests.chaos.world import crowd_name
from tests.waiting import wait

SOLVE_SECONDS = 25
SHORT = {
    "JOBS_LEASE_SECONDS": 6,
    "JOBS_HEARTBEAT_SECONDS": 1,
    "JOBS_SWEEP_SECONDS": 2,
    "JOBS_RING_AGAIN_SECONDS": 2,
    "JOBS_BACKOFF_SECONDS": 1,
}
"""Intervals for cases that are not about how long recovery takes."""
RECOVERY_SECONDS = 60
NOTICE_SECONDS = 20
"""A worker that lives sees a death in its pool, and need not wait for a lease."""
SUBMIT_SECONDS = 1.0
CANCEL_SECONDS = 2.0


def open_for_business(stack: Stack, *workers: str, concurrency: int = 2) -> tuple[Client, list[Program]]:
    """Start a web server and workers of these names side by side; back once all are ready."""
    programs = [stack.begin_worker(name, concurrency=concurrency) for name in workers]
    web = stack.start_web()
    for program in programs:
        stack.await_worker(program)
    return web, programs


def accepted(answer: Answer) -> str:
    """The job of a roster that was accepted. Raises AssertionError when it was not."""
    assert answer.status == 202, answer
    return str(answer.body["job_id"])


def small(web: Client, number: int, week: int = 0) -> Answer:
    """Ask for a roster that takes a moment, for the small organization of this number."""
    return web.generate(week=week, days=7, algorithm="fast", seconds=1, user=crowd_name(number))


def solve(stack: Stack, web: Client, seconds: int = SOLVE_SECONDS) -> str:
    """Ask for a roster that takes all of its time; its job, once CBC is at work on it."""
    job = accepted(web.generate(seconds=seconds))
    wait("CBC is at work", stack.cbc, 90)
    return job


def worker_of(stack: Stack, job: str) -> Program:
    """The worker that has the job."""
    name = str(stack.one("SELECT worker FROM jobs_jobrun WHERE id = %s", job)).partition("@")[0]
    return next(program for program in stack.programs if program.name == name)


def await_attempt(stack: Stack, job: str, number: int, seconds: float = 90) -> None:
    """Wait until the attempt of this number has begun."""
    begun = "SELECT count(*) FROM jobs_jobattempt WHERE job_id = %s AND number >= %s"
    wait(f"attempt {number} begins", lambda: stack.one(begun, job, number), seconds)


def await_no_cbc(stack: Stack) -> None:
    """CBC must not outlive what started it by more than a moment."""
    wait("CBC is gone", lambda: not stack.cbc(), 2)


def state(stack: Stack, job: str) -> str:
    """The job's state, as the table has it."""
    return str(stack.one("SELECT status FROM jobs_jobrun WHERE id = %s", job))
