"""A PostgreSQL that restarts, crashes or hangs under a running job."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.stack import Stack
from tests.chaos.steps import RECOVERY_SECONDS, accepted, open_for_business, small, solve
from tests.processes import alive, children
from tests.waiting import wait

pytestmark = pytest.mark.chaos

AWAY_SECONDS = 8.0


def away_and_back(case: Case, break_it: Callable[[Stack], None], mend_it: Callable[[Stack], None]) -> None:
    """The database is away for a while under a solve; somebody must be at work on it soon after."""
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    first = accepted(small(web, 0))
    settle(stack)
    job = solve(stack, web)
    break_it(stack)
    time.sleep(AWAY_SECONDS)
    mend_it(stack)
    case.fault()
    renewed = "SELECT status <> 'running' OR lease_expires_at > %s FROM jobs_jobrun WHERE id = %s"
    lease = stack.one("SELECT coalesce(lease_expires_at, now()) FROM jobs_jobrun WHERE id = %s", job)
    wait("the job shows a sign of life", lambda: stack.one(renewed, lease, job), 90)
    case.recovered("after it was back until the job's next sign of life", within=RECOVERY_SECONDS)
    second = small(web, 1)
    case.measured(second.seconds, "for the first start afterwards")
    settle(stack)
    case.outcome = audit(stack, [first, job, accepted(second)])


def crash(stack: Stack) -> None:
    """`kill -9` for the main process; its others notice and leave by themselves."""
    left = children(stack.database.pid)
    stack.database.kill()
    wait("its processes are gone", lambda: not any(map(alive, left)), 30)


def test_the_database_restarts(case: Case) -> None:
    """PostgreSQL restarted

    Breaks: PostgreSQL is stopped while CBC solves, stays away for eight seconds and is started again.
    Proves: The job ends once, by its own attempt or by another; the web server and the worker connect again.
    """
    away_and_back(case, lambda stack: stack.database.stop(), lambda stack: stack.database.start())


def test_the_database_crashes(case: Case) -> None:
    """PostgreSQL crashes

    Breaks: `kill -9` for PostgreSQL while CBC solves; after eight seconds it is started and recovers from its log.
    Proves: As above.
    """
    away_and_back(case, crash, lambda stack: stack.database.start())


def test_the_database_hangs(case: Case) -> None:
    """PostgreSQL hangs

    Breaks: `SIGSTOP` for all of PostgreSQL while CBC solves; `SIGCONT` after eight seconds.
    Proves: As above.
    """
    away_and_back(case, lambda stack: stack.database.freeze(), lambda stack: stack.database.thaw())
