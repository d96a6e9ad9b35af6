"""Every algorithm on random small problems over all primitives, against the best of all rosters."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rostering.solver.engine import solve
from rostering.solver.primitives import (
    Distinct,
    Forbid,
    Gap,
    Linear,
    Primitive,
    Run,
    Succession,
    Tier,
    Together,
    Total,
)
from rostering.solver.problem import Problem, Shift, Staff
from rostering.solver.result import Algorithm, Options, Result
from tests.rostering.solver.worlds import HOUR, Stated, brute_force, day_shift, in_order, problem

TOLERANCE = 1e-5
COSTS = st.one_of(st.none(), st.integers(1, 9).map(float))
OPTIONS = {
    "fast": Options("fast", 10, threads=1),
    "milp": Options("milp", 20, threads=1),
    "production": Options("production", 4, threads=1, iterations=80),
}


@st.composite
def tiers(draw: st.DrawFn, most: int) -> tuple[Tier, ...]:
    """At most two tiers."""
    return tuple(Tier(draw(st.integers(0, most)), draw(COSTS)) for _ in range(draw(st.integers(0, 2))))


@st.composite
def groups(draw: st.DrawFn, count: int) -> tuple[tuple[frozenset[int], ...], tuple[bool, ...]]:
    """Disjoint or overlapping groups of shift positions, some fixed by context."""
    number = draw(st.integers(1, 3))
    picked = tuple(draw(st.frozensets(st.integers(0, count - 1), max_size=3)) for _ in range(number))
    return picked, tuple(draw(st.booleans()) if draw(st.integers(0, 4)) == 0 else False for _ in range(number))


def by_day(shifts: tuple[Shift, ...], days: int) -> tuple[frozenset[int], ...]:
    """Positions of the shifts of each day."""
    return tuple(frozenset(i for i, shift in enumerate(shifts) if shift.day == day) for day in range(days))


@st.composite
def primitive(  # noqa: PLR0911 - one return a shape
    draw: st.DrawFn, shifts: tuple[Shift, ...], days: int
) -> Primitive:
    """Any of the shapes, required or preferred."""
    count = len(shifts)
    some = st.frozensets(st.integers(0, count - 1), max_size=count)
    slots, fixed = by_day(shifts, days), tuple(draw(st.integers(0, 5)) == 0 for _ in range(days))
    kind = draw(
        st.sampled_from(["linear", "forbid", "gap", "succession", "total", "distinct", "run", "idle", "together"])
    )
    if kind == "linear":
        costs = {index: float(draw(st.integers(-5, 5))) for index in draw(some)}
        return Linear(costs, float(draw(st.integers(0, 3))), draw(st.booleans()))
    if kind == "forbid":
        return Forbid(draw(st.frozensets(st.integers(0, count - 1), max_size=1)))
    if kind == "gap":
        travel = {frozenset(("gate", "dock")): 90} if draw(st.booleans()) else None
        return Gap({index: 60 * draw(st.integers(0, 20)) for index in range(count)}, draw(COSTS), travel)
    if kind == "succession":
        return Succession(draw(some), draw(some), draw(st.integers(1, 3)), draw(COSTS))
    if kind == "total":
        values = {index: draw(st.sampled_from([1, 1, 2, 4])) for index in draw(some)}
        money = draw(st.integers(0, 3)) == 0
        over = draw(tiers(8))
        over = tuple(Tier(t.threshold, t.cost or 2.0) for t in over) if money else over
        return Total(values, over, () if money else draw(tiers(4)), draw(st.integers(0, 2)), money, 0, days - 1)
    if kind == "distinct":
        chosen, given_by_context = draw(groups(count))
        return Distinct(chosen, given_by_context, draw(tiers(2)), draw(tiers(2)), 0, days - 1)
    if kind == "together":
        chosen, given_by_context = draw(groups(count))
        return Together((chosen,), (given_by_context,), draw(COSTS))
    idle = kind == "idle"
    maximum = draw(st.one_of(st.none(), st.integers(1, 3)))
    minimum = draw(st.one_of(st.none(), st.integers(1, 3)))
    if maximum is not None and minimum is not None:
        minimum = min(minimum, maximum)
    return Run(slots, fixed, maximum, minimum, draw(COSTS), idle, draw(st.booleans()), draw(st.booleans()))


@st.composite
def worlds(draw: st.DrawFn) -> Problem:
    """One to three people, a handful of shifts over a few days, each person with rules of their own."""
    days = draw(st.integers(1, 4))
    people = draw(st.integers(1, 2))
    shifts = []
    for number in range(draw(st.integers(1, 5 if people == 2 else 7))):
        begin = draw(st.sampled_from([6, 8, 14, 22]))
        shifts.append(
            day_shift(
                draw(st.integers(0, days - 1)),
                start=begin,
                hours=draw(st.sampled_from([4, 8])),
                id=f"s{number}",
                site=draw(st.sampled_from(["gate", "dock"])),
                headcount=draw(st.integers(0, 2)),
                under_cost=float(draw(st.integers(0, 30))),
                over_cost=draw(st.one_of(st.none(), st.integers(0, 9).map(float))),
            )
        )
    ordered = in_order(shifts)
    staff = []
    for name in "ab"[:people]:
        primitives = [draw(primitive(ordered, days)) for _ in range(draw(st.integers(0, 3)))]
        if draw(st.booleans()):
            primitives.append(Gap(dict.fromkeys(range(len(ordered)), 8 * HOUR), None))
        staff.append(Staff(id=name, name=name, rules=(Stated(tuple(primitives), ordered),)))
    pins: frozenset[tuple[str, str]] = frozenset()
    if draw(st.integers(0, 3)) == 0:
        pins = frozenset({(staff[0].id, ordered[draw(st.integers(0, len(ordered) - 1))].id)})
    return problem(ordered, tuple(staff), days, pins=pins, cost_weight=draw(st.sampled_from([0.0, 0.5])))


def run(name: str, world: Problem) -> Result:
    """One algorithm's answer, its promises checked."""
    result = solve(world, OPTIONS[cast(Algorithm, name)])
    assert world.pins <= result.assignments
    return result


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(worlds())
def test_milp_finds_the_best_of_all_rosters(world: Problem) -> None:
    best, found = brute_force(world), run("milp", world)
    assert bool(found.judgement.broken) == bool(best.broken)
    if not best.broken:
        assert found.objective == pytest.approx(best.objective, abs=TOLERANCE)
        assert found.bound is None or found.bound <= best.objective + TOLERANCE


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(worlds())
def test_fast_breaks_no_required_rule_that_can_be_kept(world: Problem) -> None:
    best, found = brute_force(world), run("fast", world)
    assert bool(found.judgement.broken) == bool(best.broken)
    if not best.broken:
        assert found.objective >= best.objective - TOLERANCE


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(worlds())
def test_production_is_legal_bounded_and_never_worse_than_fast(world: Problem) -> None:
    best, fast, found = brute_force(world), run("fast", world), run("production", world)
    assert bool(found.judgement.broken) == bool(best.broken)
    if not best.broken:
        assert best.objective - TOLERANCE <= found.objective <= fast.objective + TOLERANCE
        assert found.bound is None or found.bound <= best.objective + TOLERANCE
