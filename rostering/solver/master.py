"""The linear program over patterns: one pattern a person, places filled, short or extra; HiGHS, warm from call to call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from rostering.solver.compile import Compiled
from rostering.solver.team import Cover

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A person's pattern in the program: its cost to them alone, constants included, and its wages."""

    person: int
    shifts: frozenset[int]
    cost: float
    cents: float


@dataclass(frozen=True)
class Relaxed:
    """A solution of the program. `price[s]` is what working shift s costs a pattern (the dual, sign turned);
    `worth[p]` is what person p's present patterns cost at these prices; `money` the price of a cent of budget."""

    objective: float
    price: Floats
    worth: Floats
    money: float
    values: Floats


class Master:
    """The program; columns are added and fixed in place."""

    def __init__(self, compiled: Compiled, cover: Cover, pinned: npt.NDArray[np.int64]) -> None:
        self.compiled, self.cover = compiled, cover
        self.shift_count, self.people = len(compiled.shifts), len(compiled.people)
        self.columns: list[Column] = []
        self.of: list[list[int]] = [[] for _ in range(self.people)]
        self._known: dict[tuple[int, frozenset[int]], int] = {}
        self.excess = np.maximum(pinned - cover.need, 0).astype(np.float64)
        self.closed = np.isinf(cover.over)
        self.budget = compiled.problem.budget_cents
        self._fixed: dict[int, int] = {}
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("random_seed", 1)
        self._rows()

    def _rows(self) -> None:
        none = np.zeros(0, dtype=np.int32)
        empty = np.zeros(0)
        for need in self.cover.need:
            self.solver.addRow(float(need), float(need), 0, none, empty)
        for _ in range(self.people):
            self.solver.addRow(1.0, 1.0, 0, none, empty)
        if self.budget is not None:
            self.solver.addRow(-highspy.kHighsInf, float(self.budget), 0, none, empty)
        for shift in range(self.shift_count):
            row = np.array([shift], dtype=np.int32)
            need = float(self.cover.need[shift])
            self.solver.addCol(float(self.cover.under[shift]), 0.0, need, 1, row, np.array([1.0]))
            closed = bool(self.closed[shift])
            cost = 0.0 if closed else float(self.cover.over[shift])
            most = float(self.excess[shift]) if closed else highspy.kHighsInf
            self.solver.addCol(cost, 0.0, most, 1, row, np.array([-1.0]))
        self.first = 2 * self.shift_count
        if self.budget is not None:
            row = np.array([self.shift_count + self.people], dtype=np.int32)
            self.solver.addCol(self.compiled.breach, 0.0, highspy.kHighsInf, 1, row, np.array([-1.0]))
            self.first += 1

    def add(self, column: Column) -> int:
        """Add a pattern; returns its number, also when it was there already."""
        key = (column.person, column.shifts)
        number = self._known.get(key)
        if number is not None:
            return number
        number = len(self.columns)
        self._known[key] = number
        self.columns.append(column)
        self.of[column.person].append(number)
        rows = [*sorted(column.shifts), self.shift_count + column.person]
        values = [1.0] * len(rows)
        if self.budget is not None:
            rows.append(self.shift_count + self.people)
            values.append(column.cents)
        most = 0.0 if column.person in self._fixed else highspy.kHighsInf
        self.solver.addCol(
            column.cost, 0.0, most, len(rows), np.array(rows, dtype=np.int32), np.array(values, dtype=np.float64)
        )
        return number

    def find(self, person: int, shifts: frozenset[int]) -> int | None:
        """Number of a known pattern."""
        return self._known.get((person, shifts))

    def fix(self, person: int, number: int) -> None:
        """Give the person this pattern for good, until freed."""
        self.free([person])
        self._fixed[person] = number
        for other in self.of[person]:
            if other != number:
                self.solver.changeColBounds(self.first + other, 0.0, 0.0)
        self.solver.changeColBounds(self.first + number, 1.0, 1.0)

    def free(self, people: Iterable[int]) -> None:
        """Let these people choose again."""
        for person in people:
            if self._fixed.pop(person, None) is not None:
                for number in self.of[person]:
                    self.solver.changeColBounds(self.first + number, 0.0, highspy.kHighsInf)

    @property
    def fixed(self) -> dict[int, int]:
        """Pattern numbers of the people who have no choice now."""
        return self._fixed

    def solve(self, seconds: float) -> Relaxed | None:
        """Solve from the last basis; None when it did not finish in time."""
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + max(0.05, seconds))
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self.solver.getSolution()
        duals = np.array(solution.row_dual)
        price = -duals[: self.shift_count]
        money = -float(duals[-1]) if self.budget is not None else 0.0
        return Relaxed(
            objective=float(self.solver.getInfo().objective_function_value),
            price=price,
            worth=duals[self.shift_count : self.shift_count + self.people],
            money=max(0.0, money),
            values=np.array(solution.col_value[self.first :]),
        )

    def clip(self, price: Floats) -> Floats:
        """Prices moved to where places short and extra cannot profit: between -under and over."""
        top = np.where(self.closed, np.inf, self.cover.over)
        result: Floats = np.minimum(np.maximum(price, -self.cover.under), top)
        return result

    def lagrangian(self, price: Floats, money: float, cheapest: Floats) -> float:
        """Lower bound on every roster: the cover's part at these (clipped) prices plus everyone's cheapest pattern."""
        cover = float(-(price * self.cover.need).sum())
        excess = float((np.minimum(0.0, -price) * np.where(self.closed, self.excess, 0.0)).sum())
        budget = money * self.budget if self.budget is not None else 0.0
        return cover + excess - budget + float(cheapest.sum())
