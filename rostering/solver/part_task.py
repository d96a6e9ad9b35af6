"""One part of a large problem, solved: JSON in, JSON out, so that it can run in another process or as a Celery task.

A request names what to do (`kind`), the problem (`wire.to_wire`), the roster its people have (`start`, as pairs of
staff and shift id), `seconds`, `iterations` (or None) and `seed`. `quick` makes a roster from nothing; `improve` makes
the one given better, by trades and (with `patterns`) by patterns; `bound` finds everyone's cheapest pattern at the
`prices` given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rostering.solver import warm
from rostering.solver.compile import Compiled, compile_problem
from rostering.solver.opening import first_choice, pairs_of, positions_of, trade
from rostering.solver.problem import Problem
from rostering.solver.production import PatternSearch
from rostering.solver.result import Hooks, Options, Progress, Signal
from rostering.solver.session import Session
from rostering.solver.team import Team
from rostering.solver.wholebound import cheapest_patterns
from rostering.solver.wire import from_wire

Json = dict[str, Any]

TRADE_SHARE = 0.6
"""Of an improvement with patterns: the share of its time spent trading."""
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
    warm.begin()
    compiled = compile_problem(problem)
    chosen = first_choice(compiled, int(request["seed"]), lambda: should_stop() is not Signal.GO_ON)
    return {"assignments": sorted(map(list, pairs_of(compiled, chosen))), "iterations": 0}


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
    compiled = compile_problem(problem)
    session.offer(frozenset((staff_id, shift_id) for staff_id, shift_id in request["start"]))
    seconds = session.remaining * (TRADE_SHARE if request["patterns"] else 1.0)
    trade(compiled, session, seconds, session.options.iterations or 0, float(request["heat"]))
    prices: list[float] | None = None
    if request["patterns"] and not session.over():
        prices = _patterns(compiled, session)
    best = session.assignments or frozenset()
    return {"assignments": sorted(map(list, best)), "iterations": session.iterations, "prices": prices}


def _patterns(compiled: Compiled, session: Session) -> list[float]:
    """Improve the session's roster by patterns; the prices they were found at."""
    team = Team(compiled)
    team.take(positions_of(compiled, session.assignments or ()))
    search = PatternSearch(team, session)
    try:
        search.run()
        return [float(price) for price in search.generator.price_now]
    finally:
        search.generator.close()
