"""Gets the compiled loops ready beside the first roster: from numba's disk cache, or by compiling them once.

A cold compile takes half a minute, so nobody waits for it longer than their time limit allows, and `python -m
rostering.solver.warm` does it once, when Muster is installed. People who trade come first, for they open every solve.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np

from rostering.solver.compile import Person, compile_problem
from rostering.solver.dive import leaders
from rostering.solver.graph import build_graph
from rostering.solver.interior import Sparse, solve_interior
from rostering.solver.pricing import Pricer, Scratch
from rostering.solver.primitives import Tier, Total
from rostering.solver.problem import Calendar, Problem, Shift, Staff
from rostering.solver.trade import Trader

_DAY = 1440
_TRADERS = threading.Event()
"""Set when people can trade."""


@cache
def _thread() -> threading.Thread:
    thread = threading.Thread(target=_warm, name="solver-warm-up", daemon=True)
    thread.start()
    return thread


def begin() -> None:
    """Start getting ready in the background, once a process."""
    _thread()


def traders_ready(seconds: float) -> bool:
    """Whether the loops of trading are ready, waiting for them at most so long. Raises RuntimeError if they fail."""
    begin()
    if not _TRADERS.wait(max(0.0, seconds)) and not _thread().is_alive():
        raise RuntimeError("the solver's loops could not be compiled")
    return _TRADERS.is_set()


def ready(seconds: float) -> bool:
    """Whether all loops are ready, waiting for them at most so long."""
    begin()
    _thread().join(max(0.0, seconds))
    return not _thread().is_alive()


def _warm() -> None:
    """Run every loop once on a few shifts of one person."""
    shifts = tuple(
        Shift(str(day), "", "", day * _DAY, day * _DAY + 60, day, day, 60, over_cost=0.0) for day in range(4)
    )
    compiled = compile_problem(Problem(Calendar(date(2024, 1, 1), 4), shifts, (Staff("0", "0"),)))
    Trader(compiled, [frozenset()], 1).exercise()
    _TRADERS.set()
    window = Total({0: 1, 1: 1}, (Tier(1, None),))
    person: Person = replace(compiled.people[0], limits=(*compiled.people[0].limits, window))
    pricer = Pricer(build_graph(compiled, person), 0.0, {})
    pricer.exercise(np.zeros(len(shifts)), Scratch())
    one, whole = np.ones(1), np.array([0, 1])
    solve_interior(Sparse(whole, whole[:1], one), one, one, 1e-3)
    leaders(whole[:1].reshape(1, 1), one, np.zeros(1, dtype=np.bool_), np.zeros(1), whole[:1].copy())


def main() -> None:
    """Compile everything now; the cache is where `NUMBA_CACHE_DIR` says, else beside the source."""
    begin()
    _thread().join()
    traders_ready(0.0)


if __name__ == "__main__":
    main()
