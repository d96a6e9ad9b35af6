"""Gets the compiled loops ready beside the first roster: from numba's disk cache, or by compiling them once.

A cold compile takes some seconds, so nobody waits for it longer than their time limit allows.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np

from rostering.solver.compile import Person, compile_problem
from rostering.solver.graph import build_graph
from rostering.solver.pricing import Pricer, Scratch
from rostering.solver.primitives import Tier, Total
from rostering.solver.problem import Calendar, Problem, Shift, Staff

_DAY = 1440


@cache
def _thread() -> threading.Thread:
    thread = threading.Thread(target=_warm, name="solver-warm-up", daemon=True)
    thread.start()
    return thread


def begin() -> None:
    """Start getting ready in the background, once a process."""
    _thread()


def ready(seconds: float) -> bool:
    """Whether the loops are ready, waiting for them at most so long."""
    _thread().join(max(0.0, seconds))
    return not _thread().is_alive()


def _warm() -> None:
    """Run every loop once on a few shifts of one person."""
    shifts = tuple(
        Shift(str(day), "", "", day * _DAY, day * _DAY + 60, day, day, 60, over_cost=0.0) for day in range(4)
    )
    compiled = compile_problem(Problem(Calendar(date(2024, 1, 1), 4), shifts, (Staff("0", "0"),)))
    window = Total({0: 1, 1: 1}, (Tier(1, None),))
    person: Person = replace(compiled.people[0], limits=(*compiled.people[0].limits, window))
    pricer = Pricer(build_graph(compiled, person), 0.0, {})
    pricer.exercise(np.zeros(len(shifts)), Scratch())
