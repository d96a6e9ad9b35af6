"""`solve`: the one way in. Never empty, never illegal, anytime; see docs/solver.md for what each promise rests on."""

from __future__ import annotations

from rostering.solver.compile import compile_problem
from rostering.solver.construct import construct
from rostering.solver.exact import improve_by_milp
from rostering.solver.problem import Problem
from rostering.solver.production import improve_by_patterns
from rostering.solver.result import ALGORITHMS, Algorithm, Hooks, Options, Result
from rostering.solver.session import Session
from rostering.solver.team import Team

FAST_SECONDS = 3.0
"""Longest share of `fast` for improving, when the time limit allows it."""


def solve(problem: Problem, options: Options | None = None, hooks: Hooks | None = None) -> Result:
    """The best roster found within the limits, judged by the independent checker, with a proven bound where one is known.

    Required rules hold in it, except where the input contradicts itself (pins, unreachable minima): those are named in
    `judgement.broken`. Raises ValueError for options that make no sense, KeyError for a pin of an unknown id.
    """
    options, hooks = options or Options(), hooks or Hooks()
    _validate(options)
    session = Session(problem, options, hooks)
    session.enter("preparing", f"Reading {len(problem.shifts)} shifts and {len(problem.staff)} staff.")
    algorithm = _algorithm(problem, options.algorithm)
    compiled = compile_problem(problem)
    team = Team(compiled)
    session.enter("construction", "Making a first legal roster.")
    construct(team, session, FAST_SECONDS)
    if algorithm == "milp" and not session.over():
        improve_by_milp(team, session)
    elif algorithm == "production" and not session.over():
        improve_by_patterns(team, session)
    return session.result(algorithm)


def _validate(options: Options) -> None:
    if options.algorithm not in ALGORITHMS:
        raise ValueError(f"unknown algorithm {options.algorithm!r}: choose one of {', '.join(ALGORITHMS)}")
    if not options.time_limit_seconds > 0:
        raise ValueError("the time limit must be more than 0 seconds")
    if options.threads < 1:
        raise ValueError("at least one thread is needed")


def _algorithm(problem: Problem, asked: Algorithm) -> Algorithm:
    return asked if asked != "auto" else "production"
