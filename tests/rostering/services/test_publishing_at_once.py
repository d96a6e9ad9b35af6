"""A publish while somebody edits its shifts: one waits for the other, never each for the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from rostering.models import Assignment, Organization, Roster, Shift
from rostering.services.publishing import Published, publish_assignments, publish_roster
from tests.builders import MONDAY, make_assignment, make_member, make_organization, make_roster, make_shift, make_staff
from tests.threads import somebody_waits
from tests.waiting import wait

PATIENCE_SECONDS = 20.0


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    return make_organization()


def test_a_shift_is_moved_first_when_a_publish_of_its_roster_comes_meanwhile(organization: Organization) -> None:
    roster = make_roster(organization=organization)
    shift = make_shift(datetime.combine(MONDAY, time(8)))
    make_assignment(roster, shift, make_staff())
    by = make_member(organization)
    outcome = while_a_shift_is_edited(shift, lambda: publish_roster(roster=Roster.objects.get(pk=roster.pk), by=by))
    assert_published_with_the_edit(outcome, shift)


def test_a_shift_is_moved_first_when_it_is_confirmed_meanwhile(organization: Organization) -> None:
    shift, staff, by = make_shift(datetime.combine(MONDAY, time(8))), make_staff(), make_member(organization)
    outcome = while_a_shift_is_edited(
        shift, lambda: publish_assignments(organization=organization, by=by, assignments=[(shift.pk, staff.pk)])
    )
    assert_published_with_the_edit(outcome, shift)


def while_a_shift_is_edited(shift: Shift, publish: Callable[[], Published]) -> list[Any]:
    """Edit the shift in two statements, with the publish beginning between them; what the publish came to."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(publish())
        except Exception as problem:  # told to the test's own thread
            outcome.append(problem)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    editor = connection.copy()
    try:
        with editor.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE rostering_shift SET headcount = 2 WHERE id = %s", [shift.pk])
            thread.start()
            wait("the publish waits for the shift", somebody_waits, PATIENCE_SECONDS, every=0.01)
            cursor.execute(
                "UPDATE rostering_shift SET starts_at = starts_at + interval '1 hour',"
                " ends_at = ends_at + interval '1 hour' WHERE id = %s",
                [shift.pk],
            )
            cursor.execute("COMMIT")
    finally:
        editor.close()
        thread.join(PATIENCE_SECONDS)
    return outcome


def assert_published_with_the_edit(outcome: list[Any], shift: Shift) -> None:
    assert [type(one) for one in outcome] == [Published], outcome
    now = Shift.objects.get(pk=shift.pk)
    assert (now.starts_at - shift.starts_at, now.headcount, now.published_people) == (timedelta(hours=1), 2, 1)
    (given,) = Assignment.objects.all()
    assert (given.state, given.starts_at) == ("published", now.starts_at)
