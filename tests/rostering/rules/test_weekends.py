"""Weekends: per period, in a row, complete."""

from __future__ import annotations

from datetime import date

from tests.rostering.rules.world import calendar, check, night, rule, sentences, shift

FOUR_WEEKS = calendar(28)
ONE = rule("weekends", maximum=1)


def test_saturday_and_sunday_are_one_weekend() -> None:
    assert check(ONE, [shift(5), shift(6)]) == []


def test_a_second_weekend_is_too_many() -> None:
    assert sentences(ONE, [shift(6), shift(12)]) == [
        "Alice: 2 weekends of work in Mon 2 Mar – Sun 15 Mar, at most 1 allowed."
    ]


def test_a_friday_night_belongs_to_the_weekend_it_ends_in() -> None:
    assert len(check(ONE, [night(4), shift(12)])) == 1
    assert check(ONE, [shift(4), shift(12)]) == []


def test_a_shift_that_ends_at_midnight_does_not_touch_saturday() -> None:
    assert check(ONE, [shift(4, "L", "16:00", 8), shift(12)]) == []


def test_a_roster_from_sunday_on_looks_back_to_saturday() -> None:
    sunday = calendar(14, date(2026, 3, 1), known_before=2)
    start = sunday.start
    work = [shift(0, start=start), shift(6, start=start)]
    assert len(check(ONE, work, over=sunday)) == 1
    only_later = [shift(6, start=start)]
    assert len(check(ONE, only_later, context=[shift(-1, start=start)], over=sunday)) == 1


def test_weekends_in_a_month_go_by_their_saturday() -> None:
    monthly = rule("weekends", maximum=1, period="month")
    work = [shift(day) for day in (26, 33)]
    assert check(monthly, work, over=calendar(42)) == []
    assert len(check(monthly, [*work, shift(19)], over=calendar(42))) == 1


def test_weekends_worked_elsewhere_count() -> None:
    assert len(check(ONE, [shift(12)], context=[shift(5, site="other")])) == 1
    assert check(ONE, [shift(4)], context=[shift(5, site="other"), shift(12, site="other")]) == []


def test_two_weekends_in_a_row_are_allowed_and_three_are_not() -> None:
    two = rule("consecutive_weekends", maximum=2)
    assert check(two, [shift(5), shift(13), shift(26)], over=FOUR_WEEKS) == []
    assert sentences(two, [shift(5), shift(13), shift(19)], over=FOUR_WEEKS) == [
        "Alice: 3 weekends of work in a row, Sat 7 Mar – Sun 22 Mar, at most 2 allowed."
    ]


def test_weekends_before_the_roster_count_in_a_row() -> None:
    two = rule("consecutive_weekends", maximum=2)
    assert len(check(two, [shift(5)], context=[shift(-9), shift(-1)])) == 1
    assert check(two, [shift(5)], context=[shift(-16), shift(-1)]) == []


def test_complete_weekends_are_worked_on_both_days_or_on_neither() -> None:
    complete = rule("complete_weekends")
    assert check(complete, [shift(5), shift(6), shift(9)]) == []
    assert sentences(complete, [shift(5), shift(9)]) == ["Alice: works on Sat 7 Mar but not on Sun 8 Mar."]


def test_a_saturday_before_the_roster_is_the_rosters_to_complete() -> None:
    complete = rule("complete_weekends")
    sunday = calendar(7, date(2026, 3, 1), known_before=2)
    saturday = shift(-1, start=sunday.start)
    assert len(check(complete, [], context=[saturday], over=sunday)) == 1
    assert check(complete, [shift(0, start=sunday.start)], context=[saturday], over=sunday) == []


def test_half_a_weekend_of_another_site_is_not_this_rosters_fault() -> None:
    assert check(rule("complete_weekends"), [], context=[shift(5, site="other")]) == []


def test_a_weekend_half_unknown_is_not_judged() -> None:
    assert check(rule("complete_weekends"), [shift(5)], over=calendar(6)) == []


def test_their_sentences() -> None:
    assert ONE.sentence() == "At most 1 weekend of work per roster period."
    assert rule("consecutive_weekends", maximum=2).sentence() == "At most 2 weekends of work in a row."
    assert rule("complete_weekends").sentence() == "Weekends are worked on both days or on neither."
