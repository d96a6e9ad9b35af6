"""Problems travel as JSON: all of them, and nothing else."""

from __future__ import annotations

import json

import pytest

from benchmarks.world import make_world
from rostering.solver.problem import Problem
from rostering.solver.wire import WireError, from_wire, sendable, to_wire
from tests.rostering.solver.worlds import crew, day_shift, problem


def test_a_problem_arrives_as_it_was_sent() -> None:
    world = make_world(30, 4, 14)
    arrived = from_wire(json.loads(json.dumps(to_wire(world))))
    assert arrived == world


def test_rules_that_people_share_are_written_once() -> None:
    few, many = make_world(20, 4, 7), make_world(60, 4, 7)
    own = 4  # fairness: minutes, nights, weekends have a target each; wages are by contract
    assert len(to_wire(many)["rules"]) - len(to_wire(few)["rules"]) <= own * 40


def test_a_callers_own_rules_do_not_travel() -> None:
    shifts = (day_shift(0),)
    mine = problem(shifts, crew("a", shifts))
    assert not sendable(mine)
    with pytest.raises(WireError, match="may be sent"):
        to_wire(mine)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"rules": [], "problem": 3},
        {"rules": [], "problem": ["x", 1]},
        {"rules": [], "problem": ["r", 5]},
        {"rules": [], "problem": ["c", "os:system", "true"]},
        {"rules": [], "problem": ["c", "rostering.solver.problem:Problem", 1]},
        {"rules": [], "problem": ["c", "rostering.solver.problem:nothing"]},
    ],
)
def test_what_is_no_problem_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(WireError):
        from_wire(message)


def test_an_empty_problem_travels_too() -> None:
    world = make_world(1, 1, 7)
    empty = Problem(world.calendar, (), ())
    assert from_wire(to_wire(empty)) == empty
