"""The root's program: everyone's patterns with central prices by `interior.py`, a working set of them at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from rostering.solver.interior import Sparse, solve_interior
from rostering.solver.patterns import Column
from rostering.solver.team import Cover

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_COLUMNS, KEPT_COLUMNS = 60, 35
"""Patterns a person has in the program: beyond the first figure only the cheapest at the present prices stay."""
USED = 1e-3
CLOSED_PRICE = 0.5
"""What an extra on a shift that allows none costs here, in highest costs of a place short: prices need an end, and one
so near that central prices of filled shifts do not keep everybody away.
"""


@dataclass(frozen=True)
class Balance:
    """Central prices: `price[s]` of working shift s (the dual, sign turned), `money` of a cent of budget; `objective`
    of the program without what stands outside, `values` the share of each active column."""

    objective: float
    price: Floats
    money: float
    values: Floats


class Central:
    """The program of these people. `need` is what they are to fill, `excess` what pins force beyond closed shifts."""

    def __init__(  # noqa: PLR0917 - what is to be filled, by whom, within what
        self, cover: Cover, need: Floats, excess: Floats, people: Sequence[int], budget: float | None, breach: float
    ) -> None:
        self.people, self.budget, self.breach = list(people), budget, breach
        self.place_of = np.full(max(self.people, default=-1) + 1, -1, dtype=np.int64)
        self.place_of[self.people] = np.arange(len(self.people))
        self.closed = np.isinf(cover.over)
        self.need = need + np.where(self.closed, excess, 0.0)
        self.under = cover.under
        self.over = np.where(self.closed, CLOSED_PRICE * max(1.0, float(cover.under.max(initial=0.0))), cover.over)
        self.charged = self.under + self.over > 1e-9
        self.reached = np.full(len(need), len(self.people), dtype=np.int64)
        self.settled = np.zeros((len(self.people), len(need)), dtype=np.bool_)
        self.columns: list[Column] = []
        self.known: set[tuple[int, tuple[int, ...]]] = set()

    def add(self, column: Column) -> bool:
        """Take a pattern in; whether it was not there."""
        key = (column.person, column.shifts)
        if key in self.known:
            return False
        self.known.add(key)
        self.columns.append(column)
        return True

    def settle(self, person: int, shifts: Iterable[int], chosen: Iterable[int]) -> None:
        """Of these shifts every pattern of the person holds the chosen ones and no other from now on."""
        self.reached[list(shifts)] -= 1
        self.settled[self.place_of[person], list(chosen)] = True

    def drop(self, numbers: set[int]) -> None:
        """Let these patterns go, by their place in `columns`."""
        for number in numbers:
            self.known.discard((self.columns[number].person, self.columns[number].shifts))
        self.columns = [column for number, column in enumerate(self.columns) if number not in numbers]

    def clip(self, price: Floats) -> Floats:
        """Prices moved to where places short and extra cannot profit: between -under and over."""
        result: Floats = np.clip(price, -self.under, self.over)
        return result

    def lagrangian(self, price: Floats, money: float, cheapest: float) -> float:
        """Lower bound on every choice of these people at these (clipped) prices, given the sum of their cheapest."""
        return float(-(price * self.need).sum()) + cheapest - (money * self.budget if self.budget is not None else 0.0)

    def worth(self, price: Floats, money: float) -> Floats:
        """What everyone's cheapest pattern here costs at these prices (infinite: has none), by person."""
        best = np.full(max(self.people, default=-1) + 1, np.inf)
        found = self._worn(price, money)
        np.minimum.at(best, np.array([column.person for column in self.columns], dtype=np.int64), found)
        return best

    def reduce(self, balance: Balance) -> None:
        """Let the dearest patterns go when there are many; those the solution uses stay."""
        if len(self.columns) <= MOST_COLUMNS * len(self.people):
            return
        worn = self._worn(balance.price, balance.money)
        owner = np.array([column.person for column in self.columns], dtype=np.int64)
        above = np.where(balance.values > USED, -1.0, worn - _least(owner, worn)[owner])
        kept = np.sort(np.argsort(above, kind="stable")[: KEPT_COLUMNS * len(self.people)])
        self.columns = [self.columns[number] for number in kept]
        self.known = {(column.person, column.shifts) for column in self.columns}

    def _worn(self, price: Floats, money: float) -> Floats:
        """Every pattern's cost at these prices."""
        read = self._read()
        worn: Floats = read.cost + money * read.cents + read.sums(price)
        return worn

    def solve(self, tolerance: float) -> Balance | None:
        """Prices at which the program's two objectives differ by `tolerance` (a share) at most; None: no luck."""
        rows, left = self._rows()
        matrix, cost, active, base = self._matrix(rows)
        right = [left[rows], np.ones(len(self.people))]
        if self.budget is not None:
            right.append(np.array([self.budget]))
        point = solve_interior(matrix, cost, np.concatenate(right), tolerance)
        if point is None:
            return None
        price = np.where(left > 0, -self.under, self.over)
        price[rows] = -point.y[: len(rows)]
        values = np.zeros(len(self.columns))
        values[active] = point.x[: len(active)]
        money = max(0.0, -float(point.y[-1])) if self.budget is not None else 0.0
        apart = self.charged.copy()
        apart[rows] = False
        base += float((np.maximum(left, 0.0) * self.under + np.maximum(-left, 0.0) * self.over)[apart].sum())
        return Balance(point.objective + base, price, money, values)

    # -- arrays ----------------------------------------------------------------------------------------------------

    def _read(self) -> _Columns:
        columns = self.columns
        return _Columns(
            owner=np.array([column.person for column in columns], dtype=np.int64),
            cost=np.array([column.cost for column in columns], dtype=np.float64),
            cents=np.array([column.cents for column in columns], dtype=np.float64),
            length=np.array([len(column.shifts) for column in columns], dtype=np.int64),
            shifts=np.fromiter(chain.from_iterable(column.shifts for column in columns), dtype=np.int64),
        )

    def _rows(self) -> tuple[Ints, Floats]:
        """The shifts that still make a difference, and what everyone's settled work leaves of all."""
        return np.flatnonzero(self.charged & (self.reached > 0)), self.need - self.settled.sum(axis=0)

    def _matrix(self, live: Ints) -> tuple[Sparse, Floats, Ints, float]:
        """Columns, costs (above everyone's cheapest pattern, whose sum comes last), and the patterns that take part.

        A pattern dearer than another of its person by more than its places can be worth takes no part.
        """
        read = self._read()
        least = _least(read.owner, read.cost)
        dearer = read.cost - least[read.owner]
        takes_part = dearer <= 1.0 + read.sums(2.0 * self.under + self.over)
        active = np.flatnonzero(takes_part)
        of_active = np.repeat(takes_part, read.length)
        number = np.cumsum(takes_part)[read.number[of_active]] - 1
        row_of = np.full(len(self.need), -1, dtype=np.int64)
        row_of[live] = np.arange(len(live))
        shifts = read.shifts[of_active]
        row = np.where(self.settled[self.place_of[read.owner[active]][number], shifts], -1, row_of[shifts])
        number, row = number[row >= 0], row[row >= 0]
        tails = [len(live) + self.place_of[read.owner[active]]]
        if self.budget is not None:
            tails.append(np.full(len(active), len(live) + len(self.people)))
        length = np.bincount(number, minlength=len(active)) + len(tails)
        start = np.concatenate(([0], np.cumsum(length)))
        rows, values = np.empty(start[-1], dtype=np.int64), np.ones(start[-1])
        inside = np.ones(start[-1], dtype=bool)
        for back, tail in enumerate(reversed(tails), 1):
            inside[start[1:] - back] = False
            rows[start[1:] - back] = tail
        rows[inside] = row
        if self.budget is not None:
            values[start[1:] - 1] = read.cents[active]
        single, costs = np.arange(len(live)), [dearer[active], self.under[live], self.over[live]]
        tail_rows, tail_values = [single, single], [np.ones(len(single)), -np.ones(len(single))]
        if self.budget is not None:
            tail_rows.append(np.full(2, len(live) + len(self.people)))
            tail_values.append(np.array([1.0, -1.0]))
            costs.append(np.array([0.0, self.breach]))
        all_rows = np.concatenate((rows, *tail_rows))
        start = np.concatenate((start, np.arange(start[-1] + 1, len(all_rows) + 1)))
        matrix = Sparse(start, all_rows, np.concatenate((values, *tail_values)))
        return matrix, np.concatenate(costs), active, float(least[self.people].sum())


@dataclass(frozen=True)
class _Columns:
    """Columns as arrays; `shifts` lists the shifts of one after those of the other."""

    owner: Ints
    cost: Floats
    cents: Floats
    length: Ints
    shifts: Ints

    @cached_property
    def number(self) -> Ints:
        """Which column each of `shifts` belongs to."""
        return np.repeat(np.arange(len(self.length)), self.length)

    def sums(self, price: Floats) -> Floats:
        """Each column's sum over its shifts."""
        sums: Floats = np.bincount(self.number, weights=price[self.shifts], minlength=len(self.length)).astype(
            np.float64
        )
        return sums


def _least(owner: Ints, cost: Floats) -> Floats:
    """Everyone's least cost, by person."""
    least = np.full(int(owner.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, owner, cost)
    return least
