"""A broker that is down, hangs or has forgotten everything, and a message that never left."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.client import Client
from tests.chaos.stack import Stack
from tests.chaos.steps import (
    RECOVERY_SECONDS,
    SUBMIT_SECONDS,
    accepted,
    await_attempt,
    open_for_business,
    small,
    solve,
    state,
)
from tests.waiting import wait

pytestmark = pytest.mark.chaos

SUBMITS, PAUSE_SECONDS = 6, 2.0
"""So often is a job started while the broker is away, so far apart that it is asked again in between."""


def submit_meanwhile(case: Case, web: Client) -> list[str]:
    """Start jobs while the broker is away; each must be accepted within the bound."""
    jobs, slowest = [], 0.0
    for number in range(SUBMITS):
        answer = small(web, number)
        jobs.append(accepted(answer))
        slowest = max(slowest, answer.seconds)
        time.sleep(PAUSE_SECONDS)
    case.measured(slowest, "for the slowest of six starts meanwhile", within=SUBMIT_SECONDS)
    return jobs


def broken_and_back(case: Case, break_it: Callable[[Stack], None], mend_it: Callable[[Stack], None]) -> None:
    """The broker is away while a roster is solved and others are asked for; then it is back."""
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    warm_up = accepted(small(web, SUBMITS))
    settle(stack)
    job = solve(stack, web)
    break_it(stack)
    jobs = submit_meanwhile(case, web)
    assert {state(stack, waiting) for waiting in jobs} == {"queued"}
    mend_it(stack)
    case.fault()
    for waiting in jobs:
        await_attempt(stack, waiting, 1)
    case.recovered("after it was back until all of them had begun", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [warm_up, job, *jobs])
    assert stack.one("SELECT attempt FROM jobs_jobrun WHERE id = %s", job) == 1, "the solve needs no broker"


def test_the_broker_killed_and_started_again(case: Case) -> None:
    """Broker killed and started again

    Breaks: `kill -9` for the broker while CBC solves; six more jobs are started; then it is back with its data.
    Proves: Starting a job answers within a second; the solve goes on; the worker finds the others once it is back.
    """
    broken_and_back(case, lambda stack: stack.broker.kill(), lambda stack: stack.broker.start())


def test_the_broker_hangs(case: Case) -> None:
    """Broker hangs

    Breaks: `SIGSTOP` for the broker (which is the cache, too) while CBC solves; six more jobs are started; `SIGCONT`.
    Proves: Starting a job answers within a second; the solve goes on; the worker finds the others once it answers.
    """
    broken_and_back(case, lambda stack: stack.broker.freeze(), lambda stack: stack.broker.thaw())


def test_the_broker_comes_back_empty(case: Case) -> None:
    """Broker comes back empty

    Breaks: Eight jobs wait behind a solve on a worker with one process; the broker is killed, its files are deleted,
        and it is started again with nothing in it.
    Proves: The rows are the queue: every job is rung for again.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "worker", concurrency=1)
    job = solve(stack, web)
    jobs = [accepted(small(web, number)) for number in range(8)]
    assert stack.redis().llen("solve") == len(jobs)
    stack.broker.kill()
    stack.broker.forget()
    stack.broker.start()
    case.fault()
    assert not stack.redis().exists("solve")
    assert state(stack, job) == "running"
    wait("the broker has messages again", lambda: stack.redis().llen("solve"), 60)
    case.recovered("until messages were there again", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [job, *jobs])


def test_the_web_server_dies_before_the_message_is_sent(case: Case) -> None:
    """Web server killed between commit and message

    Breaks: The broker hangs, so that a start stands between its commit and its message; `kill -9` for the web server
        in that moment; then the broker answers again.
    Proves: The job that was committed runs although nobody ever rang for it.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    first = accepted(small(web, 0))
    settle(stack)
    server = next(program for program in stack.programs if program.name == "web")
    rows = "SELECT id, rings FROM jobs_jobrun WHERE id <> %s"
    with stack.connect() as watching, ThreadPoolExecutor() as people:
        stack.broker.freeze()
        asked = people.submit(small, web, 1)
        wait("the row is there", lambda: watching.execute(rows, [first]).fetchall(), 10, every=0.002)
        server.kill()
        case.fault()
        assert isinstance(asked.exception(timeout=30), OSError), "the start was answered before the kill"
    ((job, rings),) = stack.sql(rows, first)
    assert rings == 0, "the message had been sent before the kill"
    stack.broker.thaw()
    await_attempt(stack, str(job), 1)
    case.recovered("until it began", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [first, str(job)])
