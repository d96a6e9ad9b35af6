"""One part of a large problem, solved: JSON in, JSON out, so that it can run in another process or as a Celery task.

A request names what to do (`kind`), the problem (`wire.to_wire`), the roster its people have (`start`, as pairs of
staff and shift id), `seconds`, `iterations` (or None) and `seed`. `quick` makes a roster from nothing; `improve` makes
the one given better; `bound` finds everyone's cheapest pattern at the `prices` given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rostering.solver.compile import compile_problem
from rostering.solver.problem import Problem
from rostering.solver.production import PatternSearch
from rostering.solver.quick import quick_roster
from rostering.solver.result import Hooks, Options, Progress, Signal
from rostering.solver.session import Session
from rostering.solver.team import Team
from rostering.solver.wholebound import cheapest_patterns
from rostering.solver.wire import from_wire

Json = dict[str, Any]

SECONDS_BETWEEN_ROSTERS = 2.0
"""Better rosters are passed on no more often."""


def run_task(request: Mapping[str, Any], report: Callable[[Json], None], should_stop: Callable[[], Signal]) -> Json:
    """Do what the request asks; `report` is given {"assignments": …} of better rosters on the way.

    Raises WireError for a request that holds no problem, ValueError for an unknown kind.
    """
    problem = from_wire(request["problem"])
    if request["kind"] == "quick":
        return _quick(problem, request, should_stop)
    if request["kind"] == "improve":
        return _improve(problem, request, report, should_stop)
    if request["kind"] == "bound":
        return cheapest_patterns(problem, np.array(request["prices"], dtype=np.float64), should_stop)
    raise ValueError(f"unknown kind of task: {request['kind']!r}")


def _quick(problem: Problem, request: Mapping[str, Any], should_stop: Callable[[], Signal]) -> Json:
    compiled = compile_problem(problem)
    chosen = quick_roster(compiled, int(request["seed"]), lambda: should_stop() is not Signal.GO_ON)
    pairs = [
        [problem.staff[person].id, problem.shifts[shift].id]
        for person, shifts in enumerate(chosen)
        for shift in sorted(shifts)
    ]
    return {"assignments": pairs, "iterations": 0}


def _improve(
    problem: Problem, request: Mapping[str, Any], report: Callable[[Json], None], should_stop: Callable[[], Signal]
) -> Json:
    told = 0.0

    def pass_on(progress: Progress) -> None:
        nonlocal told
        if progress.assignments is not None and progress.seconds - told >= SECONDS_BETWEEN_ROSTERS:
            told = progress.seconds
            report({"assignments": sorted(map(list, progress.assignments))})

    options = Options(
        time_limit_seconds=float(request["seconds"]),
        seed=int(request["seed"]),
        threads=1,
        iterations=request["iterations"],
    )
    session = Session(problem, options, Hooks(pass_on, should_stop))
    team = Team(compile_problem(problem))
    _take(team, request["start"])
    session.offer(team.assignments(), team.cost())
    prices: list[float] | None = None
    if not session.over():
        search = PatternSearch(team, session)
        try:
            search.run()
            prices = search.generator.price_now.tolist()
        finally:
            search.generator.close()
    best = session.assignments or frozenset()
    return {"assignments": sorted(map(list, best)), "iterations": session.iterations, "prices": prices}


def _take(team: Team, start: list[list[str]]) -> None:
    problem = team.compiled.problem
    chosen: list[set[int]] = [set(member.person.pins) for member in team.members]
    for staff_id, shift_id in start:
        chosen[problem.staff_index[staff_id]].add(problem.shift_index[shift_id])
    team.take([frozenset(shifts) for shifts in chosen])
