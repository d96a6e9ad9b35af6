"""What is remembered of context belongs to one person, one rule and one calendar."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

from rostering.solver.problem import Timeline
from tests.rostering.rules.world import ALICE, calendar, check, rule, shift

ONE = rule("shifts", maximum=1)


def test_the_same_rule_and_calendar_see_each_persons_own_context() -> None:
    over = calendar()
    busy = replace(ALICE, context=(shift(3, site="other"),))
    assert len(ONE.check(Timeline(busy, over, (shift(0),)))) == 1
    assert ONE.check(Timeline(ALICE, over, (shift(0),))) == []
    assert len(check(ONE, [shift(0)], over=over, staff=busy)) == 1


def test_the_same_person_under_two_calendars_is_judged_by_each() -> None:
    alice = replace(ALICE, context=(shift(10, site="other"),))
    assert len(ONE.check(Timeline(alice, calendar(14), (shift(0),)))) == 1
    assert ONE.check(Timeline(alice, calendar(7), (shift(0),))) == []


def test_what_is_remembered_does_not_travel_with_copies_of_the_calendar() -> None:
    over = calendar()
    ONE.check(Timeline(ALICE, over, (shift(0),)))
    assert over.memo
    for other in (pickle.loads(pickle.dumps(over)), copy.copy(over)):  # noqa: S301  # our own bytes
        assert other == over and not other.memo
