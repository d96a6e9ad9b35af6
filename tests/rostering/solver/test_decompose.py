"""Large problems in parts: nothing lost, nothing twice, nothing illegal, and soon over when asked."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.world import make_world
from rostering.solver import decompose, engine
from rostering.solver.checker import judge
from rostering.solver.compile import compile_problem
from rostering.solver.decompose import solve_in_parts, worthwhile
from rostering.solver.partition import Landscape, people_by_need, people_by_work, place_owners
from rostering.solver.parts import Part, roster_of, split
from rostering.solver.problem import Problem
from rostering.solver.quick import quick_roster
from rostering.solver.result import Hooks, Options, Progress, Result, Signal, Status
from rostering.solver.session import Session
from rostering.solver.tally import Tally


@pytest.fixture(scope="module")
def world() -> Problem:
    """60 staff, 8 sites, two weeks."""
    return make_world(60, 8, 14, 5)


@pytest.fixture(scope="module")
def chosen(world: Problem) -> list[frozenset[int]]:
    """A first roster of it."""
    return quick_roster(compile_problem(world), 1, lambda: False)


def cut(world: Problem, seed: int | None, chosen: list[frozenset[int]], people: int = 18) -> list[Part]:
    land = Landscape(world)
    groups = land.groups(people, seed)
    owners = place_owners(world, groups)
    empty = not any(chosen)
    group_of = people_by_need(land, groups, 1) if empty else people_by_work(land, owners, chosen)
    return split(world, group_of, owners, chosen)


def solved(world: Problem, hooks: Hooks | None = None, people: int = 20, **more: object) -> Result:
    options = Options(**{"time_limit_seconds": 250.0, "threads": 2, **more})  # type: ignore[arg-type]
    return solve_in_parts(world, Session(world, options, hooks or Hooks()), "production", people)


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize("begun", [False, True])
def test_every_place_and_every_person_is_in_exactly_one_part(
    world: Problem, chosen: list[frozenset[int]], seed: int | None, begun: bool
) -> None:
    now = chosen if begun else [frozenset()] * len(world.staff)
    parts = cut(world, seed, now)
    assert len(parts) > 1
    assert sorted(person for part in parts for person in part.people) == list(range(len(world.staff)))
    places = Counter({shift.id: 0 for shift in world.shifts})
    for part in parts:
        places.update({shift.id: shift.headcount for shift in part.problem.shifts})
    assert places == Counter({shift.id: shift.headcount for shift in world.shifts})


def test_what_people_hold_is_theirs_to_keep_in_their_part(world: Problem, chosen: list[frozenset[int]]) -> None:
    for part in cut(world, 4, chosen):
        verdict = judge(part.problem, part.start)
        assert verdict.legal
        assert part.start == roster_of(world, part.people, chosen)


def test_parts_put_together_cost_what_the_whole_costs(world: Problem, chosen: list[frozenset[int]]) -> None:
    whole = judge(world, roster_of(world, range(len(world.staff)), chosen)).objective
    assert sum(judge(part.problem, part.start).objective for part in cut(world, 2, chosen)) == pytest.approx(whole)


def test_a_site_too_large_for_one_part_is_dealt_out_in_slices() -> None:
    crowd = make_world(90, 1, 7, 1)
    parts = cut(crowd, None, [frozenset()] * 90, people=30)
    assert 2 <= len(parts) <= 4
    assert sum(shift.headcount for part in parts for shift in part.problem.shifts) == sum(
        shift.headcount for shift in crowd.shifts
    )


def test_a_tally_says_what_the_judge_says(world: Problem, chosen: list[frozenset[int]]) -> None:
    tally, rng, now = Tally(world), random.Random(1), list(chosen)
    for _ in range(5):
        for person in rng.sample(range(len(now)), 10):
            now[person] = frozenset(rng.sample(sorted(now[person]), len(now[person]) // 2))
        roster = roster_of(world, range(len(now)), now)
        assert tally.judge(roster) == judge(world, roster)


def test_rosters_are_legal_get_better_and_come_out_the_same_again(world: Problem) -> None:
    better: list[Progress] = []
    hooks = Hooks(report=lambda progress: better.append(progress) if progress.assignments is not None else None)
    result = solved(world, hooks, iterations=24)
    verdict = judge(world, result.assignments)
    assert verdict.legal
    assert verdict == result.judgement
    assert verdict.coverage > 95
    costs = [progress.objective or 0.0 for progress in better]
    assert costs == sorted(costs, reverse=True)
    assert result.bound is not None
    assert result.bound <= result.objective
    assert solved(world, iterations=24, threads=1).assignments == result.assignments
    whole = engine.solve(world, Options("fast", 20.0, threads=1, iterations=10))
    assert result.objective < 1.1 * whole.objective


def test_pins_stay_and_the_budget_holds_and_large_problems_come_this_way_by_themselves(
    world: Problem, chosen: list[frozenset[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decompose, "LARGE", 60)
    roster = sorted(roster_of(world, range(len(world.staff)), chosen))
    pins = frozenset(random.Random(3).sample(roster, 30))
    budget = int(0.6 * judge(world, roster).cents)
    stages: list[str] = []
    hooks = Hooks(report=lambda progress: stages.append(progress.message))
    result = engine.solve(replace(world, pins=pins, budget_cents=budget), Options("auto", 250.0, iterations=4), hooks)
    assert any("parts of the roster" in message for message in stages)
    assert result.assignments >= pins
    assert result.judgement.legal
    assert 0.5 * budget < result.judgement.cents <= budget


def test_stop_keeps_the_best_within_two_seconds(world: Problem) -> None:
    stopped = 0.0

    def should_stop() -> Signal:
        nonlocal stopped
        if session.judgement is None or session.seconds < 5.0:
            return Signal.GO_ON
        stopped = stopped or time.monotonic()
        return Signal.STOP

    session = Session(world, Options(time_limit_seconds=120.0), Hooks(should_stop=should_stop))
    result = solve_in_parts(world, session, "production", 20)
    assert time.monotonic() - stopped < 2.0
    assert result.status is Status.STOPPED
    assert judge(world, result.assignments).legal


@pytest.mark.parametrize(
    ("staff", "sites", "answer"), [(149, 6, False), (150, 6, True), (150, 2, False), (600, 2, True)]
)
def test_only_large_problems_are_taken_apart(staff: int, sites: int, answer: bool) -> None:
    small = make_world(staff, sites, 7)
    assert worthwhile(small) is answer
    assert not worthwhile(replace(small, shifts=()))
