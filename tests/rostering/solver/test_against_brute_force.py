"""Every algorithm on random small problems over all primitives, against the best of all rosters."""

from __future__ import annotations

import random
from collections.abc import Callable
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
KINDS = ("linear", "forbid", "gap", "succession", "total", "distinct", "together", "run", "idle")
OPTIONS = {
    "fast": Options("fast", 10, threads=1),
    "milp": Options("milp", 20, threads=1),
    "production": Options("production", 4, threads=1, iterations=80),
}


class Draw:
    """Random small problems drawn from one seed: dense ones are rare when each detail is drawn on its own."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def cost(self) -> float | None:
        """Required half the time, else a few points."""
        return self.random.choice((None, float(self.random.randint(1, 9))))

    def some(self, count: int, most: int | None = None) -> frozenset[int]:
        """Some positions out of so many."""
        return frozenset(self.random.sample(range(count), self.random.randint(0, min(count, most or count))))

    def tiers(self, most: int) -> tuple[Tier, ...]:
        """At most two tiers."""
        return tuple(Tier(self.random.randint(0, most), self.cost()) for _ in range(self.random.randint(0, 2)))

    def groups(self, count: int) -> tuple[tuple[frozenset[int], ...], tuple[bool, ...]]:
        """Disjoint or overlapping groups of shift positions, some fixed by context."""
        picked = tuple(self.some(count, 3) for _ in range(self.random.randint(1, 3)))
        return picked, tuple(self.random.random() < 0.1 for _ in picked)

    def primitive(self, kind: str, shifts: tuple[Shift, ...], days: int) -> Primitive:
        """One of the shapes, required or preferred."""
        makers: dict[str, Callable[[int, tuple[Shift, ...], int], Primitive]] = {
            "linear": self._linear,
            "forbid": lambda count, shifts, days: Forbid(self.some(count, 1)),
            "gap": self._gap,
            "succession": self._succession,
            "total": self._total,
            "distinct": self._distinct,
            "together": self._together,
            "run": lambda count, shifts, days: self._run(shifts, days, idle=False),
            "idle": lambda count, shifts, days: self._run(shifts, days, idle=True),
        }
        return makers[kind](len(shifts), shifts, days)

    def _linear(self, count: int, shifts: tuple[Shift, ...], days: int) -> Primitive:
        costs = {index: float(self.random.randint(-5, 5)) for index in self.some(count)}
        return Linear(costs, float(self.random.randint(0, 3)), self.random.random() < 0.5)

    def _gap(self, count: int, shifts: tuple[Shift, ...], days: int) -> Primitive:
        travel = {frozenset(("gate", "dock")): 90} if self.random.random() < 0.5 else None
        return Gap({index: 60 * self.random.randint(0, 20) for index in range(count)}, self.cost(), travel)

    def _succession(self, count: int, shifts: tuple[Shift, ...], days: int) -> Primitive:
        return Succession(self.some(count), self.some(count), self.random.randint(1, 3), self.cost())

    def _total(self, count: int, shifts: tuple[Shift, ...], days: int) -> Primitive:
        values = {index: self.random.choice((1, 1, 2, 4)) for index in self.some(count)}
        money = self.random.random() < 0.25
        over = tuple(Tier(t.threshold, t.cost or 2.0) for t in self.tiers(8)) if money else self.tiers(8)
        return Total(values, over, () if money else self.tiers(4), self.random.randint(0, 2), money, 0, days - 1)

    def _distinct(self, count: int, shifts: tuple[Shift, ...], days: int) -> Primitive:
        chosen, fixed = self.groups(count)
        return Distinct(chosen, fixed, self.tiers(2), self.tiers(2), 0, days - 1)

    def _together(self, count: int, shifts: tuple[Shift, ...], days: int) -> Primitive:
        chosen, fixed = self.groups(count)
        return Together((chosen,), (fixed,), self.cost())

    def _run(self, shifts: tuple[Shift, ...], days: int, *, idle: bool) -> Primitive:
        slots = tuple(frozenset(i for i, shift in enumerate(shifts) if shift.day == day) for day in range(days))
        fixed = tuple(self.random.random() < 0.1 for _ in range(days))
        minimum, maximum = sorted((self.random.randint(1, 3), self.random.randint(1, 3)))
        most, least = self.random.choice(((maximum, None), (None, minimum), (maximum, minimum)))
        flip = self.random.random
        return Run(slots, fixed, most, least, self.cost(), idle, flip() < 0.5, flip() < 0.5)

    def problem(self) -> Problem:
        """One or two people, a handful of shifts over a few days, each person with rules of their own."""
        pick = self.random
        days, people = pick.randint(1, 6), pick.randint(1, 2)
        shifts = in_order(
            day_shift(
                pick.randrange(days),
                start=pick.choice((6, 8, 14, 22)),
                hours=pick.choice((4, 8)),
                id=f"s{number}",
                site=pick.choice(("gate", "dock")),
                headcount=pick.randint(0, 2),
                under_cost=float(pick.randint(0, 30)),
                over_cost=pick.choice((None, float(pick.randint(0, 9)))),
            )
            for number in range(pick.randint(1, 5 if people == 2 else 8))
        )
        staff = []
        for name in "ab"[:people]:
            primitives = [self.primitive(pick.choice(KINDS), shifts, days) for _ in range(pick.randint(0, 4))]
            if pick.random() < 0.5:
                primitives.append(Gap(dict.fromkeys(range(len(shifts)), 8 * HOUR), None))
            staff.append(Staff(id=name, name=name, rules=(Stated(tuple(primitives), shifts),)))
        pins = frozenset({("a", pick.choice(shifts).id)}) if pick.random() < 0.25 else frozenset()
        return problem(shifts, tuple(staff), days, pins=pins, cost_weight=pick.choice((0.0, 0.5)))


def worlds() -> st.SearchStrategy[Problem]:
    """Random small problems."""
    return st.integers(0, 2**48).map(lambda seed: Draw(seed).problem())


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
