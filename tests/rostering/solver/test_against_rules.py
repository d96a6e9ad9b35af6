"""Every algorithm on random worlds under random rules of the whole catalogue, against the best of all rosters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rostering.rules import registry
from rostering.rules.cost import Cost, Overtime
from rostering.solver.checker import judge
from rostering.solver.engine import solve
from rostering.solver.problem import Problem
from rostering.solver.result import ALGORITHMS, Options
from tests.rostering.rules.test_encodings import World
from tests.rostering.solver.worlds import brute_force

TOLERANCE = 1e-5
OPTIONS = {
    "fast": Options("fast", 10, threads=1),
    "milp": Options("milp", 20, threads=1),
    "production": Options("production", 10, threads=1, iterations=70),
}
MOST_PAIRS = 8


def problem_of(world: World, people: int, rules: int) -> Problem:
    """A few shifts of the world for one or two people, each under rules of their own besides those that bind all."""
    demand = tuple(
        replace(
            shift,
            headcount=world.random.choice((0, 1, 1, 2)),
            under_cost=world.random.choice((1.0, 40.0, 1000.0)),
            over_cost=world.random.choice((None, None, 5.0)),
        )
        for shift in world.demand[: MOST_PAIRS // people]
    )
    staff = []
    for number in range(people):
        given_rules = [world.rule(world.random.choice(list(registry.KINDS))) for _ in range(rules)]
        wages = Cost(overtime=(Overtime(600, 50.0),), sunday_percent=50)
        pairs, others = registry.split([*registry.defaults(), wages, *given_rules])
        staff.append(replace(world.person(), id=f"p{number}", pair_rules=pairs, rules=others))
    pins = frozenset({("p0", demand[0].id)}) if demand and world.random.random() < 0.2 else frozenset()
    return Problem(world.calendar, demand, tuple(staff), pins=pins, cost_weight=0.01)


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**48), people=st.integers(1, 2), rules=st.integers(0, 5))
def test_no_required_rule_is_broken_that_could_be_kept_and_bounds_hold(
    name: str, seed: int, people: int, rules: int
) -> None:
    problem = problem_of(World(seed, size=4), people, rules)
    best, found = brute_force(problem), solve(problem, OPTIONS[name])
    assert found.judgement == judge(problem, found.assignments)
    assert problem.pins <= found.assignments
    assert bool(found.judgement.broken) == bool(best.broken)
    if best.broken:
        return
    assert found.objective >= best.objective - TOLERANCE
    if name == "milp":
        assert found.objective == pytest.approx(best.objective, abs=1e-4)
    if found.bound is not None:
        assert found.bound <= best.objective + TOLERANCE


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**48))
def test_no_algorithm_breaks_a_required_maximum_on_larger_worlds(seed: int) -> None:
    world = World(seed, size=14)
    world.demand = world.shifts("shift", 40, 0, world.calendar.days - 1)
    kinds = [
        kind for kind, spec in registry.KINDS.items() if "minimum" not in spec.columns and spec.required is not False
    ]
    rules = [world.rule(kind, required=True) for kind in world.random.sample(kinds, 4)]
    pairs, others = registry.split([*registry.defaults(), *rules])
    staff = tuple(replace(world.person(), id=f"p{n}", pair_rules=pairs, rules=others) for n in range(4))
    problem = Problem(world.calendar, world.demand, staff)
    for algorithm in ALGORITHMS:
        result = solve(problem, Options(algorithm, 2.0, threads=1, iterations=30))
        assert [match.sentence for match in result.judgement.broken if match.rule != "complete_weekends"] == []
