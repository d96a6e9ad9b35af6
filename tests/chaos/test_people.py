"""People who change their minds at the worst moment, and people who press the button twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.client import Client
from tests.chaos.stack import Stack
from tests.chaos.steps import CANCEL_SECONDS, accepted, await_attempt, open_for_business, solve, state
from tests.waiting import wait

pytestmark = pytest.mark.chaos

PRESSES = 20
ONLY_WRITES_LOOK = {f"JOBS_{name}_SECONDS": 600 for name in ("LEASE", "HEARTBEAT", "POLL", "REPORT")}
"""An attempt that looks at its row only when it writes a result."""


@contextmanager
def locked(stack: Stack, query: str, *parameters: Any) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Hold the rows of a query until the block ends, so that whoever wants to write them has to wait."""
    with stack.connect(autocommit=False) as connection:
        connection.execute(query, parameters)
        yield connection
        connection.rollback()


def await_waiting(stack: Stack, statement: str) -> None:
    """Wait until some session stands before a lock with a statement like this."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    wait(f"a session waits with {statement}", lambda: stack.one(waiting, statement), 60)


def test_cancel_while_it_waits(case: Case) -> None:
    """Cancelled while it waits

    Breaks: A job is cancelled before any worker has come for it; then a worker starts and finds its message.
    Proves: It ends at once and no attempt is ever made.
    """
    stack = case.stack()
    web, _ = open_for_business(stack)
    job = accepted(web.generate())
    case.fault()
    assert web.cancel(job).status == 200
    assert state(stack, job) == "cancelled"
    case.recovered("until it had ended", within=CANCEL_SECONDS)
    assert stack.redis().llen("solve") == 1
    stack.start_worker()
    wait("the worker has taken the message", lambda: stack.redis().llen("solve") == 0)
    later = accepted(web.generate(days=7, seconds=1, algorithm="fast"))
    wait("the worker has done another job", lambda: state(stack, later) == "succeeded")
    case.outcome = audit(stack, [job, later])


def test_cancel_while_cbc_solves_it(case: Case) -> None:
    """Cancelled while CBC solves it

    Breaks: *Cancel* is pressed while CBC solves the exact model.
    Proves: The job ends within two seconds, CBC is gone, and the roster is empty.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    cancel_now(case, stack, web, solve(stack, web))


def test_cancel_in_the_search_without_cbc(case: Case) -> None:
    """Cancelled in the search without CBC

    Breaks: *Cancel* is pressed in the middle of the search that `production` makes in its own process.
    Proves: As above.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    job = accepted(web.generate(algorithm="production", seconds=60))
    searching = "SELECT stage IN ('improving', 'bounding', 'diving') AND progress > 20 FROM jobs_jobrun"
    wait("the search is under way", lambda: stack.one(searching), 60)
    cancel_now(case, stack, web, job)


def cancel_now(case: Case, stack: Stack, web: Client, job: str) -> None:
    """Press *Cancel*; the job must end within the bound."""
    case.fault()
    assert web.cancel(job).status == 200
    wait("it is cancelled", lambda: state(stack, job) == "cancelled" and not stack.cbc(), 20)
    case.recovered("until it had ended", within=CANCEL_SECONDS)
    case.outcome = audit(stack, [job])


def test_cancel_while_it_is_published(case: Case) -> None:
    """Cancelled while it is published

    Breaks: *Cancel* is pressed while the transaction that publishes the roster is open, everything written.
    Proves: The roster stands and the person is told that the job has ended: one outcome, not half of each.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    job = accepted(web.generate(algorithm="fast", seconds=5))
    await_attempt(stack, job, 1)
    with ThreadPoolExecutor() as people:
        with locked(stack, "SELECT FROM jobs_jobattempt WHERE job_id = %s FOR UPDATE", job):
            await_waiting(stack, 'UPDATE "jobs_jobattempt"%')
            pressed = people.submit(web.cancel, job)
            await_waiting(stack, 'SELECT "jobs_jobrun"%')
            case.fault()
        answer = pressed.result(timeout=30)
    case.recovered("until the person had an answer", within=CANCEL_SECONDS)
    assert answer.status == 409, answer
    assert state(stack, job) == "succeeded"
    case.outcome = audit(stack, [job])


def test_cancel_just_before_it_is_published(case: Case) -> None:
    """Cancelled just before it is published

    Breaks: *Cancel* is pressed when the solver has its roster and waits to publish it; the cancel comes first by a
        hair. (The attempt looks at its row only when it publishes.)
    Proves: Publishing looks once more: nothing is kept.
    """
    stack = case.stack(settings=ONLY_WRITES_LOOK)
    web, _ = open_for_business(stack, "worker")
    job = accepted(web.generate(algorithm="fast", seconds=5))
    wait("the first draft is stored", lambda: stack.one("SELECT count(*) FROM chaos_writes"))
    with ThreadPoolExecutor() as people:
        with locked(stack, "SELECT FROM jobs_jobrun WHERE id = %s FOR UPDATE", job):
            pressed = people.submit(web.cancel, job)
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            wait("the cancel waits", lambda: stack.one(waiting) == 1)
            wait("the attempt waits behind it", lambda: stack.one(waiting) == 2)
            case.fault()
        assert pressed.result(timeout=30).status == 200
    settle(stack)
    case.recovered("until it had ended", within=CANCEL_SECONDS)
    assert state(stack, job) == "cancelled"
    case.outcome = audit(stack, [job])


def test_twenty_people_press_the_button(case: Case) -> None:
    """Twenty people press the button

    Breaks: Twenty equal requests for one roster at the same moment.
    Proves: One job, which all twenty are told.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    with ThreadPoolExecutor(PRESSES) as people:
        answers = [people.submit(web.generate, algorithm="fast", seconds=3) for _ in range(PRESSES)]
        jobs = {accepted(answer.result()) for answer in answers}
    assert len(jobs) == 1
    settle(stack)
    case.outcome = audit(stack, jobs)
    assert stack.one("SELECT count(*) FROM jobs_jobrun") == 1
