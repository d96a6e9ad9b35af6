"""A large roster solved in parts on other workers, which go away."""

from __future__ import annotations

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.steps import accepted, open_for_business
from tests.chaos.world import FANOUT
from tests.waiting import wait

pytestmark = pytest.mark.chaos

LIMIT_SECONDS = 50


def test_the_worker_for_parts_is_killed(case: Case) -> None:
    """Worker for parts killed

    Breaks: `kill -9` for the only worker that solves parts of a roster of 200 people (SOLVER_PARTS=2), parts under way.
    Proves: The job solves its parts itself and ends in time.
    """
    stack = case.stack(SOLVER_PARTS="2")
    parts = stack.begin_worker("parts", queues="parts")
    web, _ = open_for_business(stack, "worker", concurrency=1)
    stack.await_worker(parts)
    job = accepted(web.generate(algorithm="production", days=7, seconds=LIMIT_SECONDS, user=FANOUT))
    wait("a part is under way", lambda: parts.text.count("Task rostering.solve_part[") >= 2, 60)
    case.fault()
    parts.kill()
    settle(stack)
    case.recovered(f"until the roster was done, its limit being {LIMIT_SECONDS} s")
    took = "SELECT extract(epoch FROM completed_at - started_at) FROM jobs_jobrun"
    assert stack.one(took) < LIMIT_SECONDS + 15
    assert stack.one("SELECT attempt FROM jobs_jobrun") == 1
    case.outcome = audit(stack, [job])
