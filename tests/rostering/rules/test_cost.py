"""Wages, overtime, premiums; and the price of changes."""

from __future__ import annotations

from dataclasses import replace

from rostering.rules.cost import Cost, Overtime
from rostering.rules.stability import Stability
from rostering.solver.checker import judge
from rostering.solver.problem import Problem
from tests.rostering.rules.world import ALICE, calendar, check, night, rule, sentences, shift

WEEK = [shift(day) for day in range(6)]


def test_wages_are_paid_minutes_at_the_hourly_rate() -> None:
    found = check(Cost(), [shift(0, paid_minutes=450)])
    assert [match.sentence for match in found] == [
        "Alice: 7 h 30 min at 15.00 an hour, premiums included, cost 112.50."
    ]
    assert (found[0].rule, found[0].amount, found[0].cost) == ("cost", 11250, 0)


def test_overtime_is_dearer_beyond_each_tier() -> None:
    cost = Cost(overtime=(Overtime(2400, 25), Overtime(2640, 50)))
    assert check(cost, WEEK[:5])[1:] == []
    (overtime,) = check(cost, WEEK)[1:]
    assert overtime.amount == (8 * 0.25 + 4 * 0.5) * 1500
    assert overtime.sentence == "Alice: 8 h of overtime in Mon 2 Mar – Sun 8 Mar, premium 60.00."


def test_published_work_fills_the_week_but_its_overtime_is_not_charged_here() -> None:
    cost = Cost(overtime=(Overtime(960, 100),))
    published = [shift(day, "X", site="other") for day in (4, 5, 6)]
    assert [match.amount for match in check(cost, [shift(0)], context=published)] == [12000, 12000]


def test_sundays_and_holidays_are_dearer_for_the_minutes_that_fall_on_them() -> None:
    cost = Cost(sunday_percent=50, holiday_percent=100)
    assert [match.amount for match in check(cost, [night(5, sunday_minutes=360)])] == [12000 + 6 * 750]
    whole = shift(6, sunday_minutes=480, holiday_minutes=480, paid_minutes=450)
    assert [match.amount for match in check(cost, [whole])] == [11250 * 2.5]


def test_premium_for_nights_is_money_too() -> None:
    premium = rule("premium", required=False, tags=["night"], weight=20)
    assert check(premium, [shift(0)]) == []
    found = check(premium, [shift(0), night(3)])
    assert [(match.rule, match.amount) for match in found] == [("cost", 2400)]
    assert found[0].sentence == "Alice: 20 % on 1 night shift costs 24.00."


def test_money_weighs_in_the_objective_by_its_weight() -> None:
    alice = replace(ALICE, rules=(Cost(),))
    verdict = judge(Problem(calendar(), (shift(0),), (alice,), cost_weight=0.01), [("alice", "D0")])
    assert (verdict.cents, verdict.objective) == (12000, 120)


def test_stability_charges_each_change() -> None:
    base = Stability(base=frozenset({"D0", "D1"}), weight=5)
    assert check(base, [shift(0), shift(1)]) == []
    found = check(base, [shift(0), shift(2)])
    assert [match.cost for match in found] == [10]
    assert sentences(base, [shift(0), shift(2)]) == ["Alice: 1 shift gained and 1 shift lost against the base roster."]


def test_a_base_shift_that_is_no_more_is_lost() -> None:
    assert [match.cost for match in check(Stability(base=frozenset({"gone"})), [])] == [1]


def test_their_sentences() -> None:
    cost = Cost(overtime=(Overtime(2400, 25),), sunday_percent=50, holiday_percent=100)
    assert cost.sentence() == (
        "Wages at the hourly rate, with premiums of 25 % beyond 40 h per week, 50 % on Sundays and "
        "100 % on public holidays."
    )
    assert rule("premium", tags=["night"], weight=20).sentence() == "Night shifts are paid 20 % more."
