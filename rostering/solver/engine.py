"""`solve`: the one way in. Never empty, never illegal, anytime; see docs/solver.md for what each promise rests on."""

from __future__ import annotations

from rostering.solver import warm
from rostering.solver.compile import Compiled, compile_problem
from rostering.solver.decompose import solve_in_parts, worthwhile
from rostering.solver.exact import improve_by_milp
from rostering.solver.mend import mend
from rostering.solver.opening import first_roster, positions_of, trade
from rostering.solver.problem import Problem
from rostering.solver.production import improve_by_patterns
from rostering.solver.result import ALGORITHMS, Algorithm, Hooks, Options, Result
from rostering.solver.session import Session
from rostering.solver.team import Team

SMALL = 400
"""Choices (people times shifts open to them) up to which `auto` solves the exact model."""
TRADE_SECONDS = 3.0
FAST_ITERATIONS = 10
"""How long `fast` and the start of `milp` improve their first roster; the iterations count where they are limited."""
TRADE_SHARE = 0.08
"""Share of `production` for trading before patterns; the loops of the pattern search are compiled meanwhile."""


def solve(problem: Problem, options: Options | None = None, hooks: Hooks | None = None) -> Result:
    """The best roster found within the limits, judged by the independent checker, with a proven bound where known.

    Required rules hold in it, except where the input contradicts itself (pins, unreachable minima): those are named in
    `judgement.broken`. Raises ValueError for options that make no sense, KeyError for a pin of an unknown id.
    """
    options, hooks = options or Options(), hooks or Hooks()
    _validate(options)
    session = Session(problem, options, hooks)
    session.enter("preparing", f"Reading {len(problem.shifts)} shifts and {len(problem.staff)} staff.")
    if options.algorithm != "milp" and worthwhile(problem):
        return solve_in_parts(problem, session, "fast" if options.algorithm == "fast" else "production")
    warm.begin()
    compiled = compile_problem(problem)
    algorithm = _algorithm(compiled, options.algorithm)
    first_roster(compiled, session)
    if not problem.shifts or not problem.staff:
        session.close()
        return session.result(algorithm)
    if warm.ready(0.0):
        mend(compiled, session)
    trade(compiled, session, _trade_seconds(algorithm, options), FAST_ITERATIONS)
    if session.judgement is not None and not session.judgement.legal and _ready(session):
        mend(compiled, session)
    if algorithm == "fast" or not _ready(session):
        return session.result(algorithm)
    team = Team(compiled)
    team.take(positions_of(compiled, session.assignments or ()))
    if algorithm == "milp" and not session.over():
        improve_by_milp(team, session)
    elif algorithm == "production" and _ready(session):
        improve_by_patterns(team, session)
    return session.result(algorithm)


def _trade_seconds(algorithm: Algorithm, options: Options) -> float:
    limit = options.time_limit_seconds
    return TRADE_SHARE * limit if algorithm == "production" else min(TRADE_SECONDS, limit)


def _ready(session: Session) -> bool:
    """Whether the compiled loops are ready before the session is over."""
    session.enter("preparing", "Getting the pattern search ready.")
    while not session.over() and not warm.ready(0.05):
        pass
    return not session.over()


def _validate(options: Options) -> None:
    if options.algorithm not in ALGORITHMS:
        raise ValueError(f"unknown algorithm {options.algorithm!r}: choose one of {', '.join(ALGORITHMS)}")
    if not options.time_limit_seconds > 0:
        raise ValueError("the time limit must be more than 0 seconds")
    if options.threads < 1:
        raise ValueError("at least one thread is needed")


def _algorithm(compiled: Compiled, asked: Algorithm) -> Algorithm:
    """`auto`: the exact model where it is small enough to be solved outright, patterns otherwise."""
    if asked != "auto":
        return asked
    choices = sum(len(person.candidates) for person in compiled.people)
    return "milp" if choices <= SMALL else "production"
