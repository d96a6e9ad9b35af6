"""The linear program over patterns: one a person, places filled, short or extra; HiGHS, warm from call to call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from rostering.solver.compile import Compiled
from rostering.solver.team import Cover

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """A person's pattern: its shifts in order, its cost to them alone (constants included), and its wages."""

    person: int
    shifts: tuple[int, ...]
    cost: float
    cents: float


class Pool:
    """Every pattern known, by number and by person."""

    def __init__(self, people: int) -> None:
        self.columns: list[Column] = []
        self.of: list[list[int]] = [[] for _ in range(people)]
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}

    def add(self, column: Column) -> tuple[int, bool]:
        """Number of the pattern, and whether it is new."""
        key = (column.person, column.shifts)
        number = self._known.get(key)
        if number is not None:
            return number, False
        number = self._known[key] = len(self.columns)
        self.columns.append(column)
        self.of[column.person].append(number)
        return number, True

    def find(self, person: int, shifts: Iterable[int]) -> int | None:
        """Number of a known pattern."""
        return self._known.get((person, tuple(sorted(shifts))))


@dataclass(frozen=True)
class Relaxed:
    """A solution of the program: `objective` of the whole roster, fixed people included. `price[s]` is what working
    shift s costs a pattern (the dual, sign turned), `worth[p]` what person p's present patterns cost at these prices,
    `money` the price of a cent of budget, `values[k]` the share of the program's k-th pattern."""

    objective: float
    price: Floats
    worth: Floats
    money: float
    values: Floats


class Master:
    """The program of some people, everyone else's work standing fixed as `count`, `cost` and `cents`."""

    def __init__(  # noqa: PLR0917 - what stands fixed, and who does not
        self,
        compiled: Compiled,
        cover: Cover,
        excess: Floats,
        people: Sequence[int],
        count: Ints,
        cost: float,
        cents: float = 0.0,
    ) -> None:
        self.cover, self.people, self.excess = cover, list(people), excess
        self.row_of = {person: len(cover.need) + place for place, person in enumerate(self.people)}
        self.closed = np.isinf(cover.over)
        self.budget = compiled.problem.budget_cents
        self.need = (cover.need - count).astype(np.float64)
        self.constant = cost
        self.numbers: list[int] = []
        self.columns: list[Column] = []
        self._of: dict[int, list[int]] = {person: [] for person in self.people}
        self._place: dict[int, int] = {}
        self._fixed: dict[int, int] = {}
        self.solver = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships no types
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("random_seed", 1)
        self.spare = float(self.budget - cents) if self.budget is not None else 0.0
        self.first = self._build(compiled.breach)

    def _build(self, breach: float) -> int:
        """Rows for cover, people and budget; columns for places short and extra. Returns the number of those."""
        shifts, people = len(self.need), len(self.people)
        infinity = highspy.kHighsInf
        budget = self.budget is not None
        lp = highspy.HighsLp()
        lp.num_row_ = shifts + people + int(budget)
        lp.num_col_ = 2 * shifts + int(budget)
        over = np.where(self.closed, 0.0, np.where(self.closed, 0.0, self.cover.over))
        most = np.where(self.closed, self.excess, infinity)
        lp.col_cost_ = np.concatenate((self.cover.under, over, [breach] * budget))
        lp.col_lower_ = np.zeros(lp.num_col_)
        lp.col_upper_ = np.concatenate((self.cover.need.astype(np.float64), most, [infinity] * budget))
        lp.row_lower_ = np.concatenate((self.need, np.ones(people), [-infinity] * budget))
        lp.row_upper_ = np.concatenate((self.need, np.ones(people), [self.spare] * budget))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.arange(lp.num_col_ + 1, dtype=np.int32)
        rows = np.arange(shifts, dtype=np.int32)
        last = np.array([shifts + people] * budget, dtype=np.int32)
        lp.a_matrix_.index_ = np.concatenate((rows, rows, last))
        lp.a_matrix_.value_ = np.concatenate((np.ones(shifts), -np.ones(shifts), [-1.0] * budget))
        self.solver.passModel(lp)
        return int(lp.num_col_)

    def add(self, number: int, column: Column) -> None:
        """Let a person of this program take the pattern with this number; twice is once."""
        if number in self._place:
            return
        place = self._place[number] = len(self.numbers)
        self.numbers.append(number)
        self.columns.append(column)
        self._of[column.person].append(place)
        rows = [*column.shifts, self.row_of[column.person]]
        values = [1.0] * len(rows)
        if self.budget is not None:
            rows.append(len(self.need) + len(self.people))
            values.append(column.cents)
        most = 0.0 if column.person in self._fixed else highspy.kHighsInf
        self.solver.addCol(
            column.cost, 0.0, most, len(rows), np.array(rows, dtype=np.int32), np.array(values, dtype=np.float64)
        )

    def fix(self, person: int, place: int) -> None:
        """Give the person this pattern (by its place in the program) for good."""
        self._fixed[person] = place
        for other in self._of[person]:
            bound = 1.0 if other == place else 0.0
            self.solver.changeColBounds(self.first + other, bound, bound)

    def free(self) -> None:
        """Let everyone choose again."""
        for person in self._fixed:
            for place in self._of[person]:
                self.solver.changeColBounds(self.first + place, 0.0, highspy.kHighsInf)
        self._fixed = {}

    @property
    def open_people(self) -> list[int]:
        """Those who still have a choice."""
        return [person for person in self.people if person not in self._fixed]

    def chosen(self) -> dict[int, int]:
        """Pattern numbers of the people who have been fixed."""
        return {person: self.numbers[place] for person, place in self._fixed.items()}

    def favorite(self, person: int, values: Floats) -> tuple[float, int]:
        """The largest share of a person's patterns, and its place."""
        known = (place for place in self._of[person] if place < len(values))
        return max(((float(values[place]), -place) for place in known), default=(0.0, 0))

    def solve(self, seconds: float) -> Relaxed | None:
        """Solve from the last basis; None when it did not finish in time."""
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + max(0.05, seconds))
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self.solver.getSolution()
        duals = np.array(solution.row_dual)
        worth = np.full(max(self.people, default=-1) + 1, np.nan)
        worth[self.people] = duals[len(self.need) : len(self.need) + len(self.people)]
        return Relaxed(
            objective=float(self.solver.getInfo().objective_function_value) + self.constant,
            price=-duals[: len(self.need)],
            worth=worth,
            money=max(0.0, -float(duals[-1])) if self.budget is not None else 0.0,
            values=np.array(solution.col_value[self.first :]),
        )

    def clip(self, price: Floats) -> Floats:
        """Prices moved to where places short and extra cannot profit: between -under and over."""
        top = np.where(self.closed, np.inf, self.cover.over)
        result: Floats = np.minimum(np.maximum(price, -self.cover.under), top)
        return result

    def lagrangian(self, price: Floats, money: float, cheapest: float) -> float:
        """Lower bound on every roster: the cover's part at these (clipped) prices plus everyone's cheapest patterns."""
        cover = float(-(price * self.need).sum())
        excess = float((np.minimum(0.0, -price) * np.where(self.closed, self.excess, 0.0)).sum())
        budget = money * self.budget if self.budget is not None else 0.0
        return cover + excess - budget + cheapest + self.constant
