"""Sums a pattern carries from day to day (minutes, shifts, weekends, money) and what each total costs at its end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rostering.solver.primitives import Tier

Floats = npt.NDArray[np.float64]
Sides = tuple[tuple[Tier, ...], tuple[Tier, ...], float, bool]
"""Tiers over, tiers under, what context adds, and whether they are money."""
MATRIX_CAP = 1200
"""Sums up to this many units get an exact dominance matrix; finer ones are compared by ≤ or =."""


@dataclass
class Resource:
    """One sum: `points[v]` and `cents[v]` are charged when it ends at v units; infinite points break a limit.

    Units are minutes or shifts divided by `unit`, their greatest common divisor. Sums above `cap` cannot be completed.
    """

    points: Floats
    cents: Floats
    last_layer: int
    unit: int = 1
    limited: bool = False
    """Larger sums than the table holds can be reached, and are not allowed."""

    @property
    def cap(self) -> int:
        """The largest sum that can still end legally."""
        return len(self.points) - 1


@dataclass
class Sum:
    """A sum under construction: several primitives that add up the same values are one resource."""

    unit: int
    reach: int
    last_layer: int
    tiers: list[Sides] = field(default_factory=list)

    def table(self) -> tuple[Floats, Floats]:
        """Points and cents by final value, cut after the last value that is allowed; minima are priced already."""
        return _table(self.reach, self.unit, tuple(self.tiers))


@lru_cache(maxsize=4096)
def _table(reach: int, unit: int, sides: tuple[Sides, ...]) -> tuple[Floats, Floats]:
    values = np.arange(reach + 1, dtype=np.float64) * unit
    points, cents = np.zeros(reach + 1), np.zeros(reach + 1)
    for over, under, offset, money in sides:
        into = cents if money else points
        for tier in over:
            units = np.maximum(0.0, values + offset - tier.threshold)
            if tier.cost is None:
                points[units > 1e-9] = math.inf
            else:
                into += units * tier.cost
        for tier in under:
            into += np.maximum(0.0, tier.threshold - values - offset) * (tier.cost or 0.0)
    allowed = np.flatnonzero(np.isfinite(points))
    end = int(allowed[-1]) + 1 if len(allowed) else 0
    return points[:end], cents[:end]


def common_unit(values: Mapping[int, int]) -> int:
    """Greatest common divisor of the values, at least 1."""
    return math.gcd(*values.values()) or 1


def is_linear(table: Floats) -> bool:
    """Whether each further unit costs the same, so that no sum needs to be carried."""
    return bool(np.all(np.isfinite(table))) and (len(table) < 3 or float(np.max(np.abs(np.diff(table, 2)))) < 1e-9)


def dominance(table: Floats, limited: bool) -> Floats:
    """`D[a, b]`: the most that being at `a` instead of `b` can cost more, over every way to go on that b can take.

    For a fixed difference it is the largest of f(v) - f(v + difference) over all v from a on. With `limited` sums
    beyond the table are reachable and not allowed, so whoever is ahead may run into the limit first.
    """
    size = len(table)
    matrix = np.zeros((size, size))
    for difference in range(-(size - 1), size):
        low, high = max(0, -difference), min(size, size - difference)
        ours, theirs = table[low:high], table[low + difference : high + difference]
        with np.errstate(invalid="ignore"):
            worse = np.where(np.isinf(theirs), -np.inf, ours - theirs)
        rows = np.arange(low, high)
        best = np.maximum.accumulate(worse[::-1])[::-1]
        matrix[rows, rows + difference] = math.inf if limited and difference < 0 else best
    return matrix
