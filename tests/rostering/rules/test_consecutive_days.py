"""Days worked in a row."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rostering.rules.world import calendar, check, night, rule, sentences, shift

FIVE = rule("consecutive_days", maximum=5)
TWO = rule("consecutive_days", minimum=2)


def test_five_days_in_a_row_are_allowed() -> None:
    assert check(FIVE, [shift(day) for day in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10)]) == []


def test_a_sixth_is_not() -> None:
    found = check(FIVE, [shift(day) for day in range(3, 10)])
    assert [match.sentence for match in found] == [
        "Alice: 7 days of work in a row, Thu 5 Mar – Wed 11 Mar, at most 5 allowed."
    ]
    assert found[0].amount == 2


def test_published_days_before_the_roster_go_on_into_it() -> None:
    before = [shift(day) for day in (-3, -2, -1)]
    assert check(FIVE, [shift(0), shift(1)], context=before) == []
    assert len(check(FIVE, [shift(0), shift(1), shift(2)], context=before)) == 1


def test_published_days_after_the_roster_go_on_from_it() -> None:
    assert len(check(FIVE, [shift(day) for day in (11, 12, 13)], context=[shift(day) for day in (14, 15, 16)])) == 1


def test_a_day_at_another_site_joins_two_runs() -> None:
    work = [shift(day) for day in (0, 1, 2, 4, 5)]
    assert check(FIVE, work) == []
    assert len(check(FIVE, work, context=[shift(3, "X", site="other")])) == 1


def test_too_long_a_run_that_was_published_before_is_not_charged_but_not_to_be_made_longer() -> None:
    before = [shift(day) for day in range(-8, 0)]
    assert check(FIVE, [shift(3)], context=before) == []
    assert [match.amount for match in check(FIVE, [shift(0)], context=before)] == [1]


def test_too_long_a_run_of_others_within_the_roster_is_not_to_be_made_longer() -> None:
    others = [shift(day, "X", site="other") for day in range(3, 10)]
    assert check(FIVE, [shift(0), shift(12)], context=others) == []
    assert len(check(FIVE, [shift(2)], context=others)) == 1
    assert len(check(FIVE, [shift(10)], context=others)) == 1


def test_a_single_day_between_days_off_is_too_short() -> None:
    assert check(TWO, [shift(3), shift(4)]) == []
    assert sentences(TWO, [shift(3)]) == ["Alice: 1 day of work in a row, Thu 5 Mar, at least 2 needed."]


def test_a_run_that_touches_the_unknown_is_never_too_short() -> None:
    assert check(TWO, [shift(0), shift(13)]) == []


def test_a_run_at_an_edge_with_known_days_off_beyond_is_too_short() -> None:
    assert len(check(TWO, [shift(0), shift(13)], over=calendar(known_before=1, known_after=1))) == 2
    assert check(TWO, [shift(0)], context=[shift(-1)], over=calendar(known_before=5)) == []


def test_a_run_begun_before_the_roster_is_the_rosters_to_go_on_with() -> None:
    known = calendar(known_before=5)
    assert len(check(TWO, [], context=[shift(-1)], over=known)) == 1
    assert check(TWO, [], context=[shift(-1), shift(-2)], over=known) == []


def test_short_runs_that_others_made_are_not_this_rosters_fault() -> None:
    known = calendar(known_before=9)
    assert check(TWO, [], context=[shift(-5), shift(4, site="other")], over=known) == []


def test_nights_in_a_row_are_counted_by_their_tag() -> None:
    nights = rule("consecutive_days", maximum=2, tags=["night"])
    assert check(nights, [night(0), night(1), shift(2), night(3)]) == []
    assert sentences(nights, [night(0), night(1), night(2)]) == [
        "Alice: 3 days of night work in a row, Mon 2 Mar – Wed 4 Mar, at most 2 allowed."
    ]


def test_the_turn_of_the_year_does_not_break_a_run() -> None:
    start = date(2025, 12, 22)
    assert len(check(FIVE, [shift(day, start=start) for day in range(7, 13)], over=calendar(14, start))) == 1


def test_its_sentence_names_limits() -> None:
    assert FIVE.sentence() == "At most 5 days of work in a row."
    assert rule("consecutive_days", minimum=2, maximum=4, tags=["night"]).sentence() == (
        "Between 2 days of night work and 4 days of night work in a row."
    )


@given(days=st.text("x.", min_size=1, max_size=21), minimum=st.integers(1, 4), more=st.integers(0, 4))
@settings(max_examples=300, deadline=None)
def test_against_scanning_a_string_of_days(days: str, minimum: int, more: int) -> None:
    maximum = minimum + more
    long = sum(len(run) - maximum for run in re.findall("x+", days) if len(run) > maximum)
    short = sum(minimum - len(run) for run in re.findall(r"(?<=\.)x+(?=\.)", days) if len(run) < minimum)
    work = [shift(day) for day, letter in enumerate(days) if letter == "x"]
    both = rule("consecutive_days", minimum=minimum, maximum=maximum, required=False, weight=1)
    assert sum(match.cost for match in check(both, work, over=calendar(len(days)))) == long + short


@given(
    past=st.text("x.", max_size=8),
    days=st.text("x.", min_size=1, max_size=14),
    future=st.text("x.", max_size=8),
    maximum=st.integers(1, 5),
)
@settings(max_examples=300, deadline=None)
def test_against_scanning_a_string_with_history(past: str, days: str, future: str, maximum: int) -> None:
    whole = past + days + future
    inside = range(len(past), len(past) + len(days))
    windows = [range(n, n + maximum + 1) for n in range(len(whole) - maximum)]
    broken = sum(
        all(whole[day] == "x" for day in window) and any(day in inside for day in window) for window in windows
    )
    work = {day - len(past): shift(day - len(past)) for day, letter in enumerate(whole) if letter == "x"}
    own = [found for day, found in work.items() if 0 <= day < len(days)]
    context = [found for day, found in work.items() if not 0 <= day < len(days)]
    subject = rule("consecutive_days", maximum=maximum, required=False, weight=1)
    known = calendar(len(days), known_before=len(past), known_after=len(future))
    assert sum(match.cost for match in check(subject, own, context, known)) == broken
