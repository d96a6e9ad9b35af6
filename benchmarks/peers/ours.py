"""Muster's `production`, on the product's own problem and rules."""

from __future__ import annotations

from importlib.metadata import version

from benchmarks.instance import Instance
from benchmarks.mapping import to_problem, to_roster
from benchmarks.peers.answer import Answer, Limits, Tell
from rostering.solver.engine import solve as solve_problem
from rostering.solver.result import Hooks, Options, Progress


def solve(instance: Instance, limits: Limits, tell: Tell) -> Answer:
    """The roster `production` returns; reading the instance into the product's problem counts as time."""
    problem = to_problem(instance)
    before = limits.used()

    def report(progress: Progress) -> None:
        if progress.assignments is not None:
            tell(before + progress.seconds, progress.objective, progress.bound)

    options = Options("production", max(limits.left(), 0.1), limits.seed, limits.threads)
    result = solve_problem(problem, options, Hooks(report=report))
    return Answer(
        roster=to_roster(problem, result.assignments),
        bound=result.bound,
        first_seconds=None if result.first_seconds is None else before + result.first_seconds,
        claimed=result.objective,
        version=f"numba {version('numba')}, numpy {version('numpy')}, highspy {version('highspy')}",
        note=result.status.value,
    )
