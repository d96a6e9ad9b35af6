"""More jobs than one worker can take at once."""

from __future__ import annotations

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.client import Client
from tests.chaos.steps import accepted, open_for_business, small
from tests.chaos.world import CROWD, CROWD_WEEKS
from tests.waiting import wait

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

FIRST_SERVED = "SELECT count(DISTINCT organization_id) FROM jobs_jobrun WHERE started_at IS NOT NULL"
LAST_SERVED = """
    SELECT max(first) FROM (
        SELECT min(place) AS first FROM (
            SELECT organization_id, row_number() OVER (ORDER BY started_at) AS place FROM jobs_jobrun
        ) starts GROUP BY organization_id
    ) organizations
"""
"""How many jobs had begun when the last organization's first one did."""


def everything_of(web: Client, number: int) -> list[str]:
    """All that one organization may have waiting at once."""
    return [accepted(small(web, number, week)) for week in range(CROWD_WEEKS)]


def test_two_hundred_jobs_of_twenty_organizations(case: Case) -> None:
    """200 jobs of 20 organizations

    Breaks: Twenty organizations start ten rosters each, as many as they may, one organization after the other; one
        worker with two processes has all of them to do.
    Proves: All are done, and organizations take turns: the last to ask is not the last to be served.
    """
    stack = case.stack()
    web, _ = open_for_business(stack)
    jobs = [job for number in range(CROWD) for job in everything_of(web, number)]
    assert len(jobs) == CROWD * CROWD_WEEKS
    stack.start_worker()
    case.fault()
    wait("everybody was served", lambda: stack.sql(FIRST_SERVED) == [(CROWD,)], 120)
    case.recovered("until every organization had its first job begun")
    settle(stack, 400)
    case.recovered("until all were done")
    ((last,),) = stack.sql(LAST_SERVED)
    case.remark(f"the last organization's first job was start number {last} of {len(jobs)}")
    assert last <= CROWD + 2, "organizations must take turns"
    case.outcome = audit(stack, jobs)
