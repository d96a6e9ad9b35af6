"""Days worked per period."""

from __future__ import annotations

from tests.rostering.rules.world import check, night, rule, sentences, shift

FIVE = rule("days", period="week", maximum=5)


def test_two_shifts_on_a_day_are_one_day() -> None:
    assert check(FIVE, [shift(day) for day in range(5)] + [night(4)]) == []


def test_a_sixth_day_is_too_many() -> None:
    assert sentences(FIVE, [shift(day) for day in range(6)]) == [
        "Alice: 6 days of work in Mon 2 Mar – Sun 8 Mar, at most 5 allowed."
    ]


def test_days_worked_elsewhere_count_once() -> None:
    assert check(FIVE, [shift(day) for day in range(5)], context=[night(4, site="other")]) == []
    assert len(check(FIVE, [shift(day) for day in range(5)], context=[night(5, site="other")])) == 1


def test_too_few_days() -> None:
    assert len(check(rule("days", period="week", minimum=2), [shift(0), shift(7), shift(8)])) == 1


def test_empty_days_lie_inside_a_rolling_window() -> None:
    rolling = rule("days", period="rolling", period_days=4, maximum=2)
    assert len(check(rolling, [shift(0), shift(2), shift(3)])) == 1
    assert check(rolling, [shift(0), shift(2), shift(4)]) == []


def test_its_sentence_names_limits_and_period() -> None:
    assert FIVE.sentence() == "At most 5 days of work per week."
