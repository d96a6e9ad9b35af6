"""When bounds may be rounded up: every roster costs whole points."""

from __future__ import annotations

from rostering.solver.compile import compile_problem
from rostering.solver.primitives import Distinct, Linear, Primitive, Run, Tier, Total
from rostering.solver.problem import Problem, Shift
from rostering.solver.whole import whole_points
from tests.rostering.solver.worlds import crew, day_shift, in_order, problem

SHIFTS = in_order([day_shift(0), day_shift(1), day_shift(2)])
DAYS = tuple(frozenset((index,)) for index in range(3))


def whole(*primitives: Primitive, shifts: tuple[Shift, ...] = SHIFTS, cost_weight: float = 0.0) -> bool:
    """Of a problem of one person with these limits."""
    stated: Problem = problem(shifts, crew("a", shifts, primitives), cost_weight=cost_weight)
    return whole_points(compile_problem(stated))


def test_whole_prices_make_whole_rosters() -> None:
    assert whole()
    assert whole(Linear({0: 3.0}), Run(DAYS, (False,) * 3, 2, None, 4.0), Distinct(DAYS, (False,) * 3, (Tier(1, 5.0),)))


def test_a_fraction_anywhere_unmakes_them() -> None:
    assert not whole(Linear({0: 0.5}))
    assert not whole(Run(DAYS, (False,) * 3, 2, None, 1.5))
    assert not whole(Total({0: 1, 1: 1}, (Tier(0.5, 3.0),)))
    assert not whole(shifts=in_order([day_shift(0, under_cost=999.5)]))


def test_a_fraction_of_a_unit_is_whole_where_units_come_in_dozens() -> None:
    assert whole(Total({0: 480, 1: 480, 2: 480}, (Tier(480, 1 / 480),)))
    assert not whole(Total({0: 480, 1: 450}, (Tier(480, 1 / 480),)))


def test_money_counts_only_where_it_weighs() -> None:
    wages = Linear({0: 1234.5}, cents=True)
    assert whole(wages, cost_weight=0.0)
    assert not whole(wages, cost_weight=0.01)
