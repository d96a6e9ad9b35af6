"""Number of shifts per period, and one shift a day."""

from __future__ import annotations

from datetime import date

from tests.rostering.rules.world import check, night, rule, sentences, shift


def test_as_many_nights_as_allowed() -> None:
    assert check(rule("shifts", maximum=3, tags=["night"]), [night(0), night(1), night(2), shift(5)]) == []


def test_one_night_more_is_too_many() -> None:
    assert sentences(rule("shifts", maximum=1, shift_types=["N"]), [night(0), night(9)]) == [
        "Alice: 2 N shifts in Mon 2 Mar – Sun 15 Mar, at most 1 N shift allowed."
    ]


def test_a_maximum_of_zero_allows_none() -> None:
    assert len(check(rule("shifts", maximum=0, shift_types=["N"]), [night(0)])) == 1


def test_too_few_shifts() -> None:
    assert sentences(rule("shifts", minimum=2, period="week"), [shift(0), shift(1), shift(8)]) == [
        "Alice: 1 shift in Mon 9 Mar – Sun 15 Mar, at least 2 shifts needed."
    ]


def test_a_minimum_that_is_valid_for_half_a_week_is_not_asked_of_it() -> None:
    half = rule("shifts", minimum=1, period="week", valid_from=date(2026, 3, 4))
    assert len(check(half, [])) == 1


def test_work_elsewhere_counts() -> None:
    assert len(check(rule("shifts", maximum=2), [shift(0), shift(1)], context=[shift(5, site="other")])) == 1


def test_one_shift_a_day() -> None:
    assert check(rule("one_shift_per_day"), [shift(0), shift(1)]) == []
    assert sentences(rule("one_shift_per_day"), [shift(0, "E", "05:00", 4), shift(0, "L", "18:00", 4)]) == [
        "Alice: 2 shifts on Mon 2 Mar, at most 1 shift allowed."
    ]


def test_a_night_leaves_the_next_date_free() -> None:
    assert check(rule("one_shift_per_day"), [night(0), shift(1, "L", "18:00", 4)]) == []


def test_a_shift_at_another_site_is_the_one_of_its_day() -> None:
    assert len(check(rule("one_shift_per_day"), [night(0)], context=[shift(0, site="other")])) == 1
