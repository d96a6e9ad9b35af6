"""A lower bound on a whole large problem from prices that its parts found.

At any prices on shifts, everyone's cheapest pattern (over all sites they may work at, not only those of their part)
plus the worth of the places bounds every roster from below: Lagrangian relaxation of the cover. People are dealt with
one after the other, so it takes no memory to speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rostering.solver.columns import UNLIMITED
from rostering.solver.compile import compile_problem
from rostering.solver.graph import Drawings
from rostering.solver.pricing import Pricer, Scratch
from rostering.solver.problem import Problem
from rostering.solver.result import Signal
from rostering.solver.team import Member

Floats = npt.NDArray[np.float64]


def cheapest_patterns(problem: Problem, prices: Floats, should_stop: Callable[[], Signal]) -> dict[str, Any]:
    """Sum of the costs of everyone's cheapest pattern at the prices (`least`), and how often it works each shift.

    `least` is None when it was stopped, or when somebody's patterns are too many to be looked at exactly.
    """

    def stopped() -> bool:
        return should_stop() is not Signal.GO_ON

    compiled = compile_problem(problem)
    weight, scratch, drawings = problem.cost_weight, Scratch(), Drawings()
    least, count = 0.0, np.zeros(len(problem.shifts), dtype=np.int64)
    for person in compiled.people:
        if stopped():
            return {"least": None, "count": []}
        graph = Member(compiled, person, drawings).graph
        if not graph.complete:
            return {"least": None, "count": []}
        answer = Pricer(graph, weight, {}).price(prices, UNLIMITED, scratch, stopped, quick=True)
        least += answer.lower + graph.constant_points + weight * graph.constant_cents
        for _, shifts in answer.found[:1]:
            count[list(shifts)] += 1
    return {"least": least, "count": count.tolist()}


def clipped(problem: Problem, prices: Floats) -> Floats:
    """Prices at which neither a place short nor an extra could profit: from -under_cost to over_cost."""
    low = np.array([-shift.under_cost for shift in problem.shifts])
    high = np.array([np.inf if shift.over_cost is None else shift.over_cost for shift in problem.shifts])
    result: Floats = np.minimum(np.maximum(prices, low), high)
    return result


def lower_bound(problem: Problem, prices: Floats, least: Sequence[float]) -> float:
    """The bound at clipped prices, given the sums of everyone's cheapest patterns."""
    need = np.array([shift.headcount for shift in problem.shifts], dtype=np.float64)
    pinned = np.zeros(len(need))
    for _, shift_id in problem.pins:
        pinned[problem.shift_index[shift_id]] += 1
    closed = np.array([shift.over_cost is None for shift in problem.shifts], dtype=bool)
    beyond = np.where(closed, np.maximum(pinned - need, 0.0), 0.0)
    return float(sum(least) - prices @ need + np.minimum(0.0, -prices) @ beyond)
