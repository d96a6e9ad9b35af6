"""More jobs than one worker can take at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.client import Client
from tests.chaos.steps import accepted, open_for_business, small
from tests.chaos.world import CROWD, CROWD_WEEKS

pytestmark = pytest.mark.chaos

FIRST_SERVED = """
    SELECT max(since), max(place) FROM (
        SELECT organization_id, extract(epoch FROM min(started_at - accepted_at)) AS since, min(place) AS place
        FROM (SELECT organization_id, started_at, min(queued_at) OVER () AS accepted_at,
                     row_number() OVER (ORDER BY started_at) AS place FROM jobs_jobrun) starts
        GROUP BY organization_id
    ) first
"""
"""Seconds from the first start accepted, and starts, until the last organization was served for the first time."""


def everything_of(web: Client, number: int) -> list[str]:
    """All that one organization may have waiting at once."""
    return [accepted(small(web, number, week)) for week in range(CROWD_WEEKS)]


def test_two_hundred_jobs_of_twenty_organizations(case: Case) -> None:
    """200 jobs of 20 organizations

    Breaks: Twenty organizations start ten rosters each, as many as they may, on one worker with two processes.
    Proves: All are done, and every organization is served early, not after the others.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "worker")
    case.fault()
    with ThreadPoolExecutor(CROWD) as people:
        jobs = [job for made in people.map(lambda number: everything_of(web, number), range(CROWD)) for job in made]
    assert len(jobs) == CROWD * CROWD_WEEKS
    settle(stack, 200)
    case.recovered("until all were done")
    ((seconds, place),) = stack.sql(FIRST_SERVED)
    case.measured(float(seconds), "until every organization had its first job begun")
    case.recovery.append(f"start number {place} of 200 was that of the last organization's first job")
    assert place <= 2 * CROWD + CROWD_WEEKS, "organizations must take turns"
    case.outcome = audit(stack, jobs)
