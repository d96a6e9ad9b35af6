"""Days off in a row."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rostering.rules.world import calendar, check, night, rule, sentences, shift

TWO = rule("consecutive_days_off", minimum=2)


def test_two_days_off_are_enough() -> None:
    assert check(TWO, [shift(0), shift(1), shift(4)]) == []


def test_a_single_day_off_is_not() -> None:
    assert sentences(TWO, [shift(1), shift(3)]) == ["Alice: 1 day off, Wed 4 Mar, at least 2 needed."]


def test_days_off_that_touch_the_unknown_are_never_too_few() -> None:
    assert check(TWO, [shift(1), shift(12)]) == []


def test_a_single_day_off_after_known_work_is_too_few() -> None:
    """[work day -1] [off day 0] [work day 1] with the history known."""
    known = calendar(known_before=3)
    assert len(check(TWO, [shift(1)], context=[shift(-1)], over=known)) == 1
    assert check(TWO, [shift(1)], context=[shift(-2)], over=known) == []


def test_a_single_day_off_before_known_work_is_too_few() -> None:
    assert len(check(TWO, [shift(12)], context=[shift(14)], over=calendar(known_after=3))) == 1


def test_days_off_between_works_of_others_are_not_this_rosters_fault() -> None:
    known = calendar(known_before=3)
    assert check(TWO, [shift(9)], context=[shift(-1), shift(1, site="other"), shift(3, site="other")], over=known) == []


def test_a_night_leaves_its_second_date_off() -> None:
    assert len(check(TWO, [night(0), shift(2)])) == 1


def test_its_sentence_names_the_days() -> None:
    assert TWO.sentence() == "At least 2 days off in a row."


@given(days=st.text("x.", min_size=1, max_size=21), minimum=st.integers(1, 5))
@settings(max_examples=300, deadline=None)
def test_against_scanning_a_string_of_days(days: str, minimum: int) -> None:
    short = sum(minimum - len(run) for run in re.findall(r"(?<=x)\.+(?=x)", days) if len(run) < minimum)
    work = [shift(day) for day, letter in enumerate(days) if letter == "x"]
    subject = rule("consecutive_days_off", minimum=minimum, required=False, weight=1)
    assert sum(match.cost for match in check(subject, work, over=calendar(len(days)))) == short
