"""Quick rosters and trades against the reference meaning of every limit."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.world import make_world
from rostering.solver import sections as at
from rostering.solver import trade_kernels as kernels
from rostering.solver.books import settled
from rostering.solver.checker import judge
from rostering.solver.compile import Compiled, Person, compile_problem, elastic
from rostering.solver.primitives import Distinct, Run, Tier, Together
from rostering.solver.problem import Problem
from rostering.solver.quick import quick_roster
from rostering.solver.trade import Trader, filled, improve
from tests.rostering.rules.test_encodings import World
from tests.rostering.solver.test_against_brute_force import Draw, worlds
from tests.rostering.solver.test_against_rules import problem_of
from tests.rostering.solver.worlds import ward


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    """40 staff, 5 sites, three weeks."""
    return compile_problem(make_world(40, 5, 21, 2))


def pairs(problem: Problem, chosen: list[frozenset[int]]) -> list[tuple[str, str]]:
    return [(problem.staff[p].id, problem.shifts[s].id) for p, shifts in enumerate(chosen) for s in shifts]


def going_on() -> bool:
    return False


class Scale:
    """What the compiled loops say of one person's changes, beside what whole patterns say."""

    def __init__(self, compiled: Compiled, person: Person, start: frozenset[int]) -> None:
        roster = [p.pins for p in compiled.people]
        roster[person.index] = start
        self.compiled, self.person = compiled, person
        self.trader = Trader(compiled, roster, 1)

    def places(self, shifts: frozenset[int]) -> list[int]:
        terms = self.trader.terms
        row = int(terms[at.WHERE]) + self.person.index * int(terms[at.SHIFTS])
        return [int(terms[row + shift]) for shift in sorted(shifts)]

    def weigh(self, add: frozenset[int], drop: frozenset[int]) -> tuple[bool, float, float]:
        """Whether it breaks more; the change in cost and cents. A shift ruled out by itself breaks more."""
        trader = self.trader
        adds, drops = self.places(add), self.places(drop)
        if min(adds, default=0) < 0:
            return True, 0.0, 0.0
        kernels.weigh(
            trader.terms, trader.rates, trader.numbers, trader.sums, np.array(adds, np.int64), np.array(drops, np.int64)
        )
        said = trader.sums
        return bool(said[at.BROKEN] > 1e-9), float(said[at.COST] + said[at.BREACHES]), float(said[at.CENTS])


def check_changes(compiled: Compiled, person: Person, rng: random.Random, rounds: int) -> int:
    """Hold random changes of a legal start against the reference; how many kept every rule."""
    person = settled(compiled, person)
    start = person.pins
    for shift in rng.sample(person.candidates, len(person.candidates)):
        if rng.random() < 0.5 and not compiled.pattern(person, start | {shift}).broken:
            start |= {shift}
    scale = Scale(compiled, person, start)
    before = compiled.pattern(person, start)
    legal = 0
    for _ in range(rounds):
        others = sorted(set(person.candidates) - start)
        add = frozenset(rng.sample(others, min(len(others), rng.randint(0, 3))))
        drop = frozenset(rng.sample(sorted(start), min(len(start), rng.randint(0, 3))))
        after = compiled.pattern(person, (start - drop) | add)
        broken, cost, cents = scale.weigh(add, drop)
        assert broken == (after.broken > 0)
        if not broken:
            legal += 1
            assert cost == pytest.approx(compiled.cost(after) - compiled.cost(before), abs=1e-6)
            assert cents == pytest.approx(after.cents - before.cents, abs=1e-6)
    return legal


def test_every_change_weighs_what_whole_patterns_differ_by(compiled: Compiled) -> None:
    rng = random.Random(5)
    assert sum(check_changes(compiled, person, rng, 40) for person in compiled.people) > 300


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(worlds(), st.integers(0, 2**32))
def test_changes_weigh_the_same_under_random_primitives(world: Problem, seed: int) -> None:
    compiled = compile_problem(world)
    for person in compiled.people:
        check_changes(compiled, person, random.Random(seed), 15)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(worlds(), st.integers(0, 2**32))
def test_changes_weigh_the_same_for_people_who_cannot_keep_every_rule(world: Problem, seed: int) -> None:
    compiled = compile_problem(world)
    yielding = replace(compiled, people=tuple(elastic(person, compiled.breach) for person in compiled.people))
    for person in yielding.people:
        check_changes(yielding, person, random.Random(seed), 15)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**48), people=st.integers(1, 2), rules=st.integers(0, 6))
def test_changes_weigh_the_same_under_random_rules(seed: int, people: int, rules: int) -> None:
    compiled = compile_problem(problem_of(World(seed, size=4), people, rules))
    for person in compiled.people:
        check_changes(compiled, person, random.Random(seed), 15)


@pytest.mark.parametrize("seed", range(30))
def test_groups_that_overlap_weigh_the_same(compiled: Compiled, seed: int) -> None:
    rng = random.Random(seed)
    person = next(p for p in compiled.people if len(p.candidates) > 30)
    pool = person.candidates[:14]

    def groups(count: int) -> tuple[frozenset[int], ...]:
        return tuple(frozenset(rng.sample(pool, rng.randint(0, 3))) for _ in range(count))

    def flags(count: int) -> tuple[bool, ...]:
        return tuple(rng.random() < 0.2 for _ in range(count))

    cost = rng.choice((None, 2.0))
    low, high = rng.choice(((None, 2), (2, None), (2, 3)))
    limits = (
        Run(groups(7), flags(7), high, low, cost, rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.5,
            tolerated=frozenset({(1, 1)})),
        Distinct(groups(5), flags(5), (Tier(2, cost),), (Tier(1, 3.0),)),
        Together((groups(2), groups(3)), (flags(2), flags(3)), cost),
    )  # fmt: skip
    for limit in limits:
        alone = replace(person, candidates=pool, limits=(limit,))
        people = tuple(alone if p is person else replace(p, candidates=(), limits=()) for p in compiled.people)
        check_changes(replace(compiled, people=people), alone, rng, 25)


@pytest.mark.parametrize("seed", range(25))
def test_a_traded_roster_costs_what_it_says_and_keeps_pins_budget_and_headcounts(seed: int) -> None:
    world = Draw(seed).problem()
    compiled = compile_problem(world)
    trader = Trader(compiled, [person.pins for person in compiled.people], seed)
    trader.run(lambda steps: steps / 60_000)
    patterns = [compiled.pattern(settled(compiled, p), trader.best[p.index]) for p in compiled.people]
    found = judge(world, pairs(world, trader.best))
    cover = sum(match.cost for match in found.matches if match.rule == "coverage")
    constant = sum(p.constant_points + world.cost_weight * p.constant_cents for p in compiled.people)
    closed = sum(m.amount for m in found.broken if m.rule == "coverage") * compiled.breach
    assert trader.cost == pytest.approx(sum(map(compiled.cost, patterns)) + cover + closed - constant, abs=1e-4)
    assert world.pins <= set(pairs(world, trader.best))


@pytest.mark.parametrize("make", [filled, quick_roster])
def test_a_first_roster_is_legal_and_fills_nearly_everything(compiled: Compiled, make: object) -> None:
    assert callable(make)
    found = judge(compiled.problem, pairs(compiled.problem, make(compiled, 1, going_on)))
    assert found.legal
    assert found.coverage > 90


def test_required_minima_and_runs_are_met_by_trading() -> None:
    world = ward()
    found = judge(world, pairs(world, filled(compile_problem(world), 1, going_on)))
    assert found.legal


def test_the_budget_holds_while_people_trade(compiled: Compiled) -> None:
    problem = compiled.problem
    full = judge(problem, pairs(problem, filled(compiled, 1, going_on))).cents
    poor = replace(problem, budget_cents=full // 2)
    chosen = improve(compile_problem(poor), [frozenset()] * len(problem.staff), seed=3, steps=200_000)
    found = judge(poor, pairs(poor, chosen))
    assert found.legal
    assert 0.4 * full < found.cents <= full // 2


def test_trades_make_it_better_by_as_much_as_they_say(compiled: Compiled) -> None:
    problem = compiled.problem
    start = quick_roster(compiled, 1, going_on)
    trader = Trader(compiled, start, 1)
    trader.run(lambda steps: steps / 300_000)
    before, after = judge(problem, pairs(problem, start)), judge(problem, pairs(problem, trader.best))
    assert after.legal
    assert after.objective < 0.75 * before.objective
    assert before.objective - after.objective == pytest.approx(trader.gained)


def test_equal_seeds_and_steps_make_equal_trades(compiled: Compiled) -> None:
    start = filled(compiled, 1, going_on)
    first, again, other = (improve(compiled, start, seed=seed, steps=150_000) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_only_the_people_named_change(compiled: Compiled) -> None:
    start = filled(compiled, 1, going_on)
    named = {3, 5, 8, 13, 21}
    after = improve(compiled, start, seed=2, steps=100_000, people=named)
    assert {person for person, shifts in enumerate(after) if shifts != start[person]} <= named
    problem = compiled.problem
    assert judge(problem, pairs(problem, after)).objective <= judge(problem, pairs(problem, start)).objective
