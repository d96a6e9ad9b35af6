"""Dives, neighborhoods, the integer choice and the mending of rosters, on a ward small enough to look through."""

from __future__ import annotations

import random

import numpy as np
import pytest

from rostering.solver.central import Central
from rostering.solver.choice import choose
from rostering.solver.columns import Generator
from rostering.solver.compile import Compiled, compile_problem
from rostering.solver.dive import Dive
from rostering.solver.mend import mend
from rostering.solver.neighborhoods import Neighborhoods
from rostering.solver.opening import pairs_of
from rostering.solver.patterns import REMEMBERED, Column, Pool
from rostering.solver.result import Hooks, Options
from rostering.solver.session import Session
from rostering.solver.team import Team
from tests.rostering.solver.worlds import ward


class Bench:
    """A ward with its root solved."""

    def __init__(self, people: int = 8, days: int = 7, need: int = 3) -> None:
        self.compiled: Compiled = compile_problem(ward(people, days, need))
        self.session = Session(self.compiled.problem, Options("production", 60, threads=1), Hooks())
        self.team = Team(self.compiled)
        self.session.offer(self.team.assignments(), self.team.cost())
        self.generator = Generator(self.team, self.session, 1)
        self.everyone = list(range(people))
        self.start = [self.generator.add_pattern(p, shifts) for p, shifts in enumerate(self.team.chosen)]
        assert self.generator.root(self.start, 1.0, 1e-6)
        assert self.generator.best_bound > 0

    def program(self) -> Central:
        """A program of everybody."""
        return self.generator.program(self.everyone, [])[0]

    def cost(self, columns: dict[int, Column]) -> float:
        """What a roster of these patterns costs."""
        self.team.take(frozenset(columns[person].shifts) for person in self.everyone)
        return self.team.cost()

    def judge(self) -> bool:
        """Whether the team's roster is legal."""
        return self.session.judge(self.team.assignments()).legal


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def test_a_dive_ends_in_a_legal_roster_no_better_than_the_bound(bench: Bench) -> None:
    dive = Dive(bench.generator, bench.program(), 0.0)
    dive.offer([*bench.start, *bench.generator.columns])
    found = dive.run(1e9, 2, 60.0)
    assert found is not None
    assert set(found) == set(bench.everyone)
    cost = bench.cost(found)
    assert bench.judge()
    assert bench.generator.best_bound - 1e-3 <= cost <= 1.2 * bench.generator.best_bound + 50


def test_what_is_decided_beforehand_stays_and_pricers_are_free_again_afterwards(bench: Bench) -> None:
    dive = Dive(bench.generator, bench.program(), 0.0)
    dive.offer(bench.generator.columns)
    first = dive.run(1e9, 2, 60.0)
    assert first is not None
    later = Dive(bench.generator, bench.program(), 0.0, np.random.default_rng(3))
    kept = {person: bench.generator.codes(first[person]) for person in bench.everyone}
    for person in bench.everyone:
        half = np.arange(len(kept[person])) < len(kept[person]) // 2
        later.keep(person, first[person].shifts, half)
    later.offer([*first.values(), *bench.generator.columns])
    second = later.run(1e9, 2, 60.0)
    assert second is not None
    for person in bench.everyone:
        middle = len(kept[person]) // 2
        assert (bench.generator.codes(second[person])[:middle] == kept[person][:middle]).all()
        assert not bench.generator.pricers[person].banned.any()


def test_a_dive_gives_up_when_the_bound_says_so(bench: Bench) -> None:
    dive = Dive(bench.generator, bench.program(), 0.0)
    dive.offer([*bench.start, *bench.generator.columns])
    assert dive.run(bench.generator.best_bound - 1.0, 2, 60.0) is None


def test_the_integer_choice_is_never_worse_than_what_it_starts_from(bench: Bench) -> None:
    dive = Dive(bench.generator, bench.program(), 0.0)
    dive.offer(bench.generator.columns)
    found = dive.run(1e9, 2, 60.0)
    assert found is not None
    program = bench.program()
    for column in (*found.values(), *bench.generator.columns):
        program.add(column)
    chosen = choose(program, bench.session, seconds=10.0, incumbent=found)
    assert chosen is not None
    assert bench.cost(chosen) <= bench.cost(found) + 1e-6


def test_days_settled_leave_the_program_but_not_its_objective(bench: Bench) -> None:
    """Shifts that every pattern of a person holds are taken off the rows; nothing else changes."""
    full, less = bench.program(), bench.program()
    person = 0
    kept = [column for column in bench.generator.columns if column.person == person][:1]
    others = [column for column in bench.generator.columns if column.person != person]
    for column in (*kept, *others):
        full.add(column)
        less.add(column)
    for layer in bench.generator.pricers[person].graph.layers:
        less.settle(person, layer, [shift for shift in layer if shift in kept[0].shifts])
    one, other = full.solve(1e-7), less.solve(1e-7)
    assert one is not None
    assert other is not None
    assert one.objective == pytest.approx(other.objective, rel=1e-4, abs=1e-2)


def test_neighborhoods_free_what_they_say_and_sizes_follow_success(bench: Bench) -> None:
    places = Neighborhoods(bench.team, random.Random(1))
    seen = set()
    for _ in range(60):
        kind, freed = places.choose(lambda: {0: np.array([0.1, 0.99])})
        seen.add(kind.name)
        if kind.doubtful:
            assert list(freed) == [0]
            assert freed[0].tolist() == [True, False]
        elif kind.people < 1.0:
            assert len(freed) <= len(bench.everyone)
        if kind.name == "people":
            assert all(free.all() for free in freed.values())
        size = kind.size
        places.learn(kind, 0.0, 0.1, 2.0)
        assert kind.size > size
        places.learn(kind, 0.0, 9.0, 2.0)
        assert kind.size < size * 1.05
    assert seen == {kind.name for kind in places.kinds}


def test_whoever_misses_a_required_minimum_is_mended() -> None:
    compiled = compile_problem(ward(6, 7, 2))
    session = Session(compiled.problem, Options("production", 60, threads=1), Hooks())
    nothing = [frozenset[int]() for _ in compiled.people]
    session.offer(pairs_of(compiled, nothing))
    assert session.judgement is not None
    assert not session.judgement.legal
    mend(compiled, session)
    assert session.judgement.legal


def test_the_pool_forgets_the_patterns_longest_unused() -> None:
    pool = Pool(1)
    for number in range(REMEMBERED + 10):
        pool.add(Column(0, (number,), float(number), 0.0))
    assert pool.met == REMEMBERED + 10
    assert len(pool.latest(0)) == REMEMBERED
    assert pool.latest(0, 1)[0].shifts == (REMEMBERED + 9,)
    pool.add(Column(0, (10,), 10.0, 0.0))
    assert pool.met == REMEMBERED + 10
    assert pool.latest(0, 1)[0].shifts == (10,)
