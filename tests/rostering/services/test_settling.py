"""What a failed job left in a draft is cleared up, perhaps later: never in a roster that is published meanwhile."""

from __future__ import annotations

import threading
from datetime import datetime, time

import pytest
from django.db import connection, transaction

from jobs.models import JobRun
from jobs.states import Status
from rostering.models import Assignment, Gap, Roster
from rostering.services.publishing import publish_roster
from rostering.services.solving import settle
from tests.builders import MONDAY, make_assignment, make_gap, make_member, make_organization, make_roster, make_shift
from tests.threads import somebody_waits
from tests.waiting import wait


@pytest.fixture
def roster(transactional_db: None) -> Roster:
    """A draft with a shift half filled by a job that then failed."""
    made = make_roster(organization=make_organization())
    make_assignment(made, make_shift(datetime.combine(MONDAY, time(8))), source="solver")
    make_gap(made)
    return made


def failed_job(roster: Roster) -> JobRun:
    return JobRun(kind="roster.generate", status=Status.FAILED, params={"roster_id": roster.pk})


def test_a_draft_is_emptied(roster: Roster) -> None:
    with transaction.atomic():
        settle(failed_job(roster))
    assert not Assignment.objects.exists() and not Gap.objects.exists()


def test_a_roster_that_is_being_published_is_left_alone(roster: Roster) -> None:
    by = make_member(roster.organization)
    published = threading.Event()

    def publish() -> None:
        try:
            with transaction.atomic():
                publish_roster(roster=Roster.objects.get(pk=roster.pk), by=by)
                published.set()
                wait("settling waits for the publish", somebody_waits, 20)
        finally:
            connection.close()

    publishing = threading.Thread(target=publish)
    publishing.start()
    assert published.wait(20)
    with transaction.atomic():
        settle(failed_job(roster))
    publishing.join(20)
    roster.refresh_from_db()
    assert (roster.status, Assignment.objects.count(), Gap.objects.count()) == ("published", 1, 1)
