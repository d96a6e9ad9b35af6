"""Gets the compiled loops ready beside the first roster: from numba's disk cache, or by compiling them once.

A cold compile takes half a minute, so nobody waits for it longer than their time limit allows, and `python -m
rostering.solver.warm` does it once, when Muster is installed. People who trade come first, for they open every solve.
"""

from __future__ import annotations

import threading
from datetime import date
from functools import cache

import numpy as np

from rostering.solver.compile import Person, compile_problem
from rostering.solver.graph import build_graph
from rostering.solver.pricing import Pricer, Scratch
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
    """Run every loop once on two shifts of one person."""
    shifts = tuple(
        Shift(str(day), "", "", day * _DAY, day * _DAY + 60, day, day, 60, over_cost=0.0) for day in range(2)
    )
    compiled = compile_problem(Problem(Calendar(date(2024, 1, 1), 2), shifts, (Staff("0", "0"),)))
    Trader(compiled, [frozenset()], 1).exercise()
    _TRADERS.set()
    person: Person = compiled.people[0]
    pricer = Pricer(build_graph(compiled, person), 0.0, {})
    pricer.exercise(np.zeros(len(shifts)), Scratch())


def main() -> None:
    """Compile everything now; the cache is where `NUMBA_CACHE_DIR` says, else beside the source."""
    begin()
    _thread().join()
    traders_ready(0.0)


if __name__ == "__main__":
    main()
