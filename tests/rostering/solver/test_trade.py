"""Quick rosters and trades against the reference meaning of every limit."""

from __future__ import annotations

import random

import pytest

from benchmarks.world import make_world
from rostering.solver.books import Books
from rostering.solver.checker import judge
from rostering.solver.compile import Compiled, compile_problem
from rostering.solver.primitives import Distinct, Run, Tier, Together
from rostering.solver.problem import Problem
from rostering.solver.quick import quick_roster
from rostering.solver.trade import Trader


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    """40 staff, 5 sites, three weeks."""
    return compile_problem(make_world(40, 5, 21, 2))


def pairs(problem: Problem, chosen: list[frozenset[int]]) -> list[tuple[str, str]]:
    return [(problem.staff[p].id, problem.shifts[s].id) for p, shifts in enumerate(chosen) for s in shifts]


def test_every_change_weighs_what_whole_patterns_differ_by(compiled: Compiled) -> None:
    rng = random.Random(5)
    weighed = 0
    for person in compiled.people:
        books = Books(compiled, person, person.pins)
        for _ in range(60):
            add = (
                frozenset(rng.sample(person.candidates, min(len(person.candidates), rng.randint(0, 2)))) - books.chosen
            )
            drop = frozenset(rng.sample(sorted(books.chosen), min(len(books.chosen), rng.randint(0, 2))))
            before = compiled.pattern(person, books.chosen)
            after = compiled.pattern(person, (books.chosen - drop) | add)
            found = books.weigh(add, drop)
            if found is None:
                assert after.broken > 0
                continue
            change, news = found
            weighed += 1
            assert change[0] == pytest.approx(after.broken - before.broken)
            assert change[1] == pytest.approx(after.points - before.points)
            assert change[2] == pytest.approx(after.cents - before.cents)
            books.change(add, drop, news)
    assert weighed > 500


@pytest.mark.parametrize("seed", range(30))
def test_groups_as_bits_mean_what_the_limit_means(compiled: Compiled, seed: int) -> None:
    rng = random.Random(seed)
    person = next(p for p in compiled.people if len(p.candidates) > 30)
    pool = list(person.candidates[:14])

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
        alone = Books(compiled, type(person)(**{**vars(person), "limits": (limit,)}), frozenset())
        mask = alone.masks[0]
        assert mask is not None
        for _ in range(20):
            chosen = frozenset(rng.sample(pool, rng.randint(0, 8)))
            said = limit.evaluate(chosen, compiled.shifts)
            assert mask.words(mask.active(chosen)) == pytest.approx((said.broken, said.points, said.cents))


def test_a_quick_roster_is_legal_and_fills_nearly_everything(compiled: Compiled) -> None:
    found = judge(compiled.problem, pairs(compiled.problem, quick_roster(compiled, 1, lambda: False)))
    assert found.legal
    assert found.coverage > 90


def test_trades_make_it_better_by_as_much_as_they_say(compiled: Compiled) -> None:
    problem = compiled.problem
    start = quick_roster(compiled, 1, lambda: False)
    trader = Trader(compiled, start, 1)
    trader.run(lambda steps: steps / 20_000)
    before, after = judge(problem, pairs(problem, start)), judge(problem, pairs(problem, trader.best))
    assert after.legal
    assert after.objective < 0.9 * before.objective
    assert after.objective - before.objective == pytest.approx(trader.best_cost)


def test_equal_seeds_and_steps_make_equal_trades(compiled: Compiled) -> None:
    start = quick_roster(compiled, 1, lambda: False)
    rosters = []
    for _ in range(2):
        trader = Trader(compiled, start, 7)
        trader.run(lambda steps: steps / 4_000)
        rosters.append(trader.best)
    assert rosters[0] == rosters[1]
