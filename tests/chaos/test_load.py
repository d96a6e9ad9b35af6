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
    refused = small(web, 0, CROWD_WEEKS)
    assert len(jobs) == CROWD * CROWD_WEEKS
    assert refused.status in (202, 409, 429, 400), refused
    settle(stack, 200)
    case.recovered("until all were done")
    first, every, last = stack.sql(
        "SELECT min(first), max(first), max(last) FROM (SELECT extract(epoch FROM min(started_at) - (SELECT min(queued_at)"
        " FROM jobs_jobrun)) AS first, extract(epoch FROM max(started_at) - (SELECT min(queued_at) FROM jobs_jobrun)) AS"
        " last FROM jobs_jobrun GROUP BY organization_id) served"
    )[0]
    assert first <= every <= last
    case.measured(float(every), "until every organization had its first job begun")
    case.outcome = audit(stack, jobs)
