"""What fills an open place: every remedy named is applied and judged again, and no smaller kind is overlooked."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rostering.solver.checker import judge
from rostering.solver.engine import solve
from rostering.solver.explain import ledger, objections
from rostering.solver.neighborhood import MOVE_POINTS
from rostering.solver.problem import Problem
from rostering.solver.remedies import remedies
from rostering.solver.remedy import Remedy
from rostering.solver.result import Assignments, Judgement, Options
from rostering.solver.standing import Standing
from tests.rostering.rules.test_encodings import World
from tests.rostering.solver.test_against_rules import problem_of


def shorts(verdict: Judgement) -> dict[str, int]:
    return {entry.shift: entry.short for entry in verdict.shortfalls}


def breaches(verdict: Judgement) -> dict[tuple[str, str, str | None], float]:
    found: dict[tuple[str, str, str | None], float] = defaultdict(float)
    for match in verdict.broken:
        found[match.rule, match.label, match.staff] += match.amount
    return found


def fills(before: Judgement, after: Judgement, shift: str) -> bool:
    """One more place of the shift is taken, no other is open, nothing is broken further."""
    was, now = shorts(before), shorts(after)
    known = breaches(before)
    return (
        now.get(shift, 0) == was[shift] - 1
        and all(now.get(other, 0) <= was.get(other, 0) for other in {*was, *now} - {shift})
        and all(units <= known.get(key, 0.0) + 1e-6 for key, units in breaches(after).items())
    )


def assert_true(problem: Problem, roster: Assignments, shift: str, remedy: Remedy) -> None:
    """The remedy, carried out and judged from scratch, does what it says."""
    before = judge(problem, roster)
    after = judge(remedy.change.applied(problem), roster - remedy.moves.losses | remedy.moves.gains)
    assert fills(before, after, shift), remedy.sentence
    assert remedy.moves.losses <= roster and not remedy.moves.gains & roster
    assert not remedy.moves.losses & remedy.change.applied(problem).pins
    assert after.objective - before.objective == pytest.approx(remedy.points, abs=1e-4)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**48), people=st.integers(1, 3), rules=st.integers(0, 5), budget=st.booleans())
def test_every_remedy_carried_out_fills_the_place_and_harms_nothing(
    seed: int, people: int, rules: int, budget: bool
) -> None:
    problem = problem_of(World(seed, size=6), people, rules)
    if budget:
        problem = replace(problem, budget_cents=seed % 60_000)
    result = solve(problem, Options("fast", 2.0, threads=1, iterations=1))
    standing = Standing(problem, result.assignments, result.judgement)
    for shift in shorts(result.judgement):
        found = remedies(standing, shift)
        assert found.remedies
        assert [r.order for r in found.remedies] == sorted(r.order for r in found.remedies)
        for remedy in found.remedies:
            assert_true(problem, result.assignments, shift, remedy)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**48), people=st.integers(1, 3), rules=st.integers(0, 5))
def test_the_ledger_counts_everybody_once_under_the_first_rule_that_objects(seed: int, people: int, rules: int) -> None:
    world = World(seed, size=6)
    problem = problem_of(world, people, rules)
    pairs = [(staff.id, shift.id) for staff in problem.staff for shift in problem.shifts]
    roster = frozenset(pair for pair in pairs if world.random.random() < 0.3)
    standing = Standing(problem, roster, judge(problem, roster))
    assume(not standing.judgement.broken)
    for places in ledger(problem, roster, standing.judgement):
        shift = standing.shift(places.shift)
        assert sorted(staff for reason in places.reasons for staff in reason.staff) == [s.id for s in problem.staff]
        counted = {staff: (reason.rule, reason.label) for reason in places.reasons for staff in reason.staff}
        for staff in problem.staff:
            against = [one for one in objections(standing.timeline(staff), shift) if one.required]
            if (staff.id, shift.id) in roster:
                assert counted[staff.id][0] == "assigned"
            elif against:
                assert counted[staff.id] == (against[0].rule, against[0].label)
                near = staff.id in {miss.staff for miss in places.nearest}
                assert near == (len({one.rule for one in against}) == 1)
            else:
                assert counted[staff.id][0] in {"free", "dear", "budget"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**48), people=st.integers(2, 3), rules=st.integers(0, 3))
def test_where_moving_people_fills_the_place_no_rule_is_asked_to_give_way(seed: int, people: int, rules: int) -> None:
    world = World(seed, size=4)
    problem = problem_of(world, people, rules)
    pairs = [(staff.id, shift.id) for staff in problem.staff for shift in problem.shifts]
    taken = [pair for pair in pairs if pair in problem.pins or world.random.random() < 0.3]
    roster = frozenset(taken)
    before = judge(problem, roster)
    if before.broken or len(pairs) > 9:
        return
    free = [pair for pair in pairs if pair not in problem.pins]
    rosters = [
        problem.pins | {pair for pair, on in zip(free, picks, strict=True) if on}
        for picks in product((False, True), repeat=len(free))
    ]
    verdicts = [judge(problem, other) for other in rosters]
    counts = {entry.id: sum(entry.id == shift for _, shift in roster) for entry in problem.shifts}
    for shift in shorts(before):
        any_way = [(v.objective, other) for other, v in zip(rosters, verdicts, strict=True) if fills(before, v, shift)]
        least = min((points for points, other in any_way if keeps(counts, other, shift, 9)), default=math.inf)
        alone = min((points for points, other in any_way if keeps(counts, other, shift, 0)), default=math.inf)
        assert_smallest(problem, roster, shift, (least - before.objective, alone - before.objective))


def assert_smallest(problem: Problem, roster: Assignments, shift: str, bounds: tuple[float, float]) -> None:
    """The smallest remedy costs between the least points that fill the place and the least that fill it alone."""
    least, alone = bounds
    found = remedies(Standing(problem, roster, judge(problem, roster)), shift)
    first = found.remedies[0]
    assert found.thorough
    assert_true(problem, roster, shift, first)
    if first.kind == "move":
        assert least <= 1e-6
    elif first.kind == "points":
        assert alone > 1e-6 and least - 1e-2 <= first.size <= alone + MOVE_POINTS * len(roster) + 1e-2
    else:
        assert alone == math.inf


def keeps(counts: dict[str, int], roster: Iterable[tuple[str, str]], filled: str, more: int) -> bool:
    """Nobody leaves a shift unless somebody else takes it, and others than the one filled gain `more` at the most."""
    ids = [shift for _, shift in roster]
    return all(was <= ids.count(shift) <= was + (1 if shift == filled else more) for shift, was in counts.items())
