"""Runs over the edges of a roster mean the same to the pattern search as to their reference."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings

from rostering.rules.runs import excess, stretches
from rostering.solver.automata import RunAutomaton
from rostering.solver.layering import Layering
from rostering.solver.primitives import Run
from rostering.solver.problem import Problem, View
from tests.rostering.rules.test_encodings import World, worlds


def test_stretches_are_runs_of_consecutive_numbers() -> None:
    assert list(stretches({5, -1, 0, 3, 1})) == [(-1, 1), (3, 3), (5, 5)]
    assert list(stretches(())) == []


def test_what_context_alone_makes_too_long_is_no_excess() -> None:
    assert excess(0, 6, 5, frozenset()) == 2
    assert excess(0, 6, 5, frozenset(range(7))) == 0
    assert excess(0, 6, 5, frozenset(range(6))) == 1


@pytest.mark.parametrize("kind", ["consecutive_days", "consecutive_days_off", "consecutive_weekends"])
@given(world=worlds)
@settings(max_examples=300, deadline=None)
def test_the_automaton_of_a_run_charges_what_its_reference_says(kind: str, world: World) -> None:
    rule = world.rule(kind)
    problem = Problem(world.calendar, world.demand, (world.alice,))
    chosen = frozenset(problem.shift_index[shift.id] for shift in world.chosen)
    layering = Layering(range(len(world.demand)), world.demand)
    for run in rule.encode(View(problem, world.alice, tuple(range(len(world.demand))))):
        assert isinstance(run, Run)
        reference = run.evaluate(chosen, world.demand)
        cost = _cost(RunAutomaton(run, layering), layering.layers, chosen)
        assert math.isinf(cost) == (reference.broken > 0)
        assert math.isinf(cost) or cost == pytest.approx(reference.points)


def _cost(automaton: RunAutomaton, layers: list[list[int]], chosen: frozenset[int]) -> float:
    state, cost = automaton.initial, automaton.initial_cost
    for number, layer in enumerate(layers):
        if math.isinf(cost):
            return math.inf
        step = automaton.step(state, number, automaton.symbol(tuple(index for index in layer if index in chosen)))
        if step is None:
            return math.inf
        state, cost = step[0], cost + step[1]
    return cost + automaton.final(state)
