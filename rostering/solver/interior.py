"""The linear program over patterns by an interior point method that stops early: central prices, stable from round to
round, are better to generate patterns at than those of a corner.

Mehrotra's predictor and corrector on the normal equations; the stopping before optimality while patterns are still
being generated follows Gondzio, Gonzalez-Brevis and Munari, *New developments in the primal-dual column generation
technique* (2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.linalg import LinAlgError, cho_factor, cho_solve

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_STEPS = 60
STEP_BACK = 0.995
"""Share of the way to the boundary that a step may go."""
REGULAR = 1e-10
TIGHT, LOOSE = 1e-6, 1e-3
"""How nearly the equations are met, as shares of their figures: the dual ones always tightly, the primal ones as the
tolerance asks, or loosely where degeneracy allows no more (what is filled is a hint, prices give the bound).
"""


@dataclass(frozen=True)
class Sparse:
    """Columns of ones and other figures: entries `start[j]` to `start[j + 1]` of `row` and `value` are column j."""

    start: Ints
    row: Ints
    value: Floats


@dataclass(frozen=True)
class Point:
    """A primal and dual point; `gap` is how far apart their objectives are, as a share."""

    x: Floats
    y: Floats
    objective: float
    gap: float


@njit(cache=True, nogil=True)
def normal_matrix(start: Ints, row: Ints, value: Floats, weight: Floats, out: Floats) -> None:
    """Lower triangle of A·diag(weight)·Aᵀ, added to `out`; rows of a column are in rising order."""
    for j in range(len(start) - 1):
        w = weight[j]
        for a in range(start[j], start[j + 1]):
            wa = w * value[a]
            ra = row[a]
            for b in range(start[j], a + 1):
                out[ra, row[b]] += wa * value[b]


@njit(cache=True, nogil=True)
def times(start: Ints, row: Ints, value: Floats, x: Floats, out: Floats) -> None:
    """A·x, added to `out`."""
    for j in range(len(start) - 1):
        for a in range(start[j], start[j + 1]):
            out[row[a]] += value[a] * x[j]


@njit(cache=True, nogil=True)
def transposed_times(start: Ints, row: Ints, value: Floats, y: Floats, out: Floats) -> None:
    """Aᵀ·y."""
    for j in range(len(start) - 1):
        total = 0.0
        for a in range(start[j], start[j + 1]):
            total += value[a] * y[row[a]]
        out[j] = total


class _System:
    """The constraint matrix with products, and the normal equations at given weights."""

    def __init__(self, matrix: Sparse, rows: int) -> None:
        self.matrix, self.rows = matrix, rows
        self.columns = len(matrix.start) - 1

    def times(self, x: Floats) -> Floats:
        out = np.zeros(self.rows)
        times(self.matrix.start, self.matrix.row, self.matrix.value, x, out)
        return out

    def transposed(self, y: Floats) -> Floats:
        out = np.empty(self.columns)
        transposed_times(self.matrix.start, self.matrix.row, self.matrix.value, y, out)
        return out

    def factor(self, weight: Floats) -> tuple[Floats, bool]:
        normal = np.zeros((self.rows, self.rows))
        normal_matrix(self.matrix.start, self.matrix.row, self.matrix.value, weight, normal)
        diagonal = np.einsum("ii->i", normal)
        diagonal += REGULAR * (1.0 + diagonal)
        found: tuple[Floats, bool] = cho_factor(normal, lower=True, overwrite_a=True, check_finite=False)
        return found


def solve_interior(matrix: Sparse, cost: Floats, right: Floats, tolerance: float) -> Point | None:
    """A point of min cost·x with A·x = right, x ≥ 0, whose objectives differ by at most `tolerance` (a share).

    Where the numbers give out before that, the best point found on the way; None when there was none.
    """
    system = _System(matrix, len(right))
    started = _start(system, cost, right)
    if started is None:
        return None
    x, y, s = started
    scale_p, scale_d = 1.0 + float(np.abs(right).max()), 1.0 + float(np.abs(cost).max())
    met = min(LOOSE, max(TIGHT, tolerance))
    best: Point | None = None
    for _ in range(MOST_STEPS):
        lack = right - system.times(x)
        slack = cost - system.transposed(y) - s
        mu = float(x @ s) / len(x)
        objective, dual = float(cost @ x), float(right @ y)
        gap = abs(objective - dual) / (1.0 + abs(objective))
        short, wrong = float(np.abs(lack).max()) / scale_p, float(np.abs(slack).max()) / scale_d
        if wrong < TIGHT and short < LOOSE and (best is None or gap < best.gap):
            best = Point(x, y, objective, gap)
        if wrong < TIGHT and short < met and gap <= tolerance:
            return Point(x, y, objective, gap)
        if best is not None and mu < 1e-12:
            return best
        weight = x / s
        try:
            factor = system.factor(weight)
        except LinAlgError:
            return best
        dx, dy, ds = _direction(system, factor, x, s, lack, slack, -x * s)
        reach_p, reach_d = _reach(x, dx), _reach(s, ds)
        ahead = float((x + reach_p * dx) @ (s + reach_d * ds)) / len(x)
        center = (ahead / mu) ** 3 * mu
        dx, dy, ds = _direction(system, factor, x, s, lack, slack, center - x * s - dx * ds)
        step_p, step_d = min(1.0, STEP_BACK * _reach(x, dx)), min(1.0, STEP_BACK * _reach(s, ds))
        x, y, s = x + step_p * dx, y + step_d * dy, s + step_d * ds
        if not (np.isfinite(y).all() and np.isfinite(x).all()):
            return best
    return best


def _start(system: _System, cost: Floats, right: Floats) -> tuple[Floats, Floats, Floats] | None:
    """Mehrotra's starting point."""
    try:
        factor = system.factor(np.ones(system.columns))
    except LinAlgError:
        return None
    x = system.transposed(cho_solve(factor, right, check_finite=False))
    y = cho_solve(factor, system.times(cost), check_finite=False)
    s = cost - system.transposed(y)
    x += max(-1.5 * float(x.min()), 0.0) + 1e-3
    s += max(-1.5 * float(s.min()), 0.0) + 1e-3
    product = float(x @ s)
    return x + 0.5 * product / float(s.sum()), y, s + 0.5 * product / float(x.sum())


def _direction(  # noqa: PLR0917 - a point and what it lacks
    system: _System, factor: tuple[Floats, bool], x: Floats, s: Floats, lack: Floats, slack: Floats, target: Floats
) -> tuple[Floats, Floats, Floats]:
    """Newton's direction towards no lack, no slack, and products changed by `target`."""
    weight = x / s
    dy = cho_solve(factor, lack + system.times(weight * slack - target / s), check_finite=False)
    ds = slack - system.transposed(dy)
    return target / s - weight * ds, dy, ds


def _reach(x: Floats, dx: Floats) -> float:
    falling = dx < 0
    return float(min(1e3, np.min(-x[falling] / dx[falling], initial=1e3)))
