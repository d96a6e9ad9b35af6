"""The compact integer program of an instance, as arrays: a strong standard formulation, the same for HiGHS and CBC.

Binaries: x (person, day, shift), w (person, day: works), k (person, weekend: works on it). Continuous: y (person, day:
a run of work starts) and places short and over of each cover row. Days off and shift types a person may not work have
no x. Shortest runs of work and of days off are the minimum up and down time inequalities of Rajan and Takriti (*Minimum
up/down polytopes of the unit commitment problem with start-up costs*, 2005), which describe their hull; forbidden
successions are maximal cliques; the days worked are bounded by what the minutes allow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.instance import Employee, Instance
from benchmarks.verify import Roster

Cell = tuple[str, int, str]
"""(employee id, day, shift id)."""

INFINITY = float("inf")
INTEGRAL = 1e-4
"""How far from a whole number a value may be and still count as one."""


@dataclass
class Program:
    """Minimize cost · v + offset, rows lower ≤ A v ≤ upper, column bounds, some columns integer."""

    offset: float = 0.0
    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    cells: dict[Cell, int] = field(default_factory=dict)
    """The column of each x."""

    def column(self, cost: float = 0.0, upper: float = 1.0, integer: bool = True) -> int:
        """A new column between 0 and `upper`."""
        self.cost.append(cost)
        self.lower.append(0.0)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.cost) - 1

    def row(self, terms: Iterable[tuple[int, float]], lower: float = -INFINITY, upper: float = INFINITY) -> None:
        """A new row; columns may not repeat."""
        for column, value in terms:
            self.index.append(column)
            self.value.append(value)
        self.starts.append(len(self.index))
        self.row_lower.append(lower)
        self.row_upper.append(upper)

    def roster(self, values: Sequence[float] | npt.NDArray[np.float64]) -> Roster | None:
        """The roster of a solution by column; None when an x is not a whole number (a relaxation, not a roster)."""
        found: Roster = []
        for cell, column in self.cells.items():
            value = float(values[column])
            if min(abs(value), abs(value - 1.0)) > INTEGRAL:
                return None
            if value > 0.5:
                found.append(cell)
        return sorted(found, key=lambda entry: (entry[1], entry[0], entry[2]))


def compact_program(instance: Instance) -> Program:
    """Everything the instance says, in rows and columns."""
    program = Program()
    wishes, program.offset = cell_costs(instance)
    cliques = succession_cliques(instance)
    for employee in instance.employees.values():
        _PersonRows(program, instance, employee, wishes).build(cliques)
    for cover in instance.cover:
        there = [
            cell for who in instance.employees if (cell := program.cells.get((who, cover.day, cover.shift))) is not None
        ]
        short = program.column(cover.under, float(cover.places), integer=False)
        extra = program.column(cover.over, float(len(there)), integer=False)
        terms = [(cell, 1.0) for cell in there]
        program.row([*terms, (short, 1.0), (extra, -1.0)], float(cover.places), float(cover.places))
    return program


def cell_costs(instance: Instance) -> tuple[dict[Cell, int], int]:
    """What working a cell costs for requests (negative: a shift asked for), and what nobody working anything costs."""
    costs: dict[Cell, int] = defaultdict(int)
    for request in instance.on_requests:
        costs[request.employee, request.day, request.shift] -= request.weight
    for request in instance.off_requests:
        costs[request.employee, request.day, request.shift] += request.weight
    return dict(costs), sum(request.weight for request in instance.on_requests)


def usable_shifts(instance: Instance, employee: Employee) -> list[str]:
    """The shift types a person may work at all."""
    return [
        kind.id
        for kind in instance.shifts.values()
        if employee.max_shifts.get(kind.id, instance.days) > 0 and kind.minutes <= employee.max_minutes
    ]


def succession_cliques(instance: Instance) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Maximal pairs (today's types, tomorrow's types) of which a person works at most one in all."""
    cliques = set()
    for kind in instance.shifts.values():
        if kind.not_followed_by:
            tomorrow = kind.not_followed_by
            today = frozenset(other.id for other in instance.shifts.values() if tomorrow <= other.not_followed_by)
            cliques.add((today, tomorrow))
    return sorted(cliques, key=lambda pair: (sorted(pair[0]), sorted(pair[1])))


def worked_days(instance: Instance, employee: Employee) -> tuple[int, int]:
    """Fewest and most days the minutes of a person allow."""
    minutes = [instance.shifts[kind].minutes for kind in usable_shifts(instance, employee)]
    if not minutes:
        return 0, 0
    return -(-max(0, employee.min_minutes) // max(minutes)), employee.max_minutes // min(minutes)


class _PersonRows:
    """The columns and rows of one person."""

    def __init__(self, program: Program, instance: Instance, employee: Employee, wishes: dict[Cell, int]) -> None:
        self.program, self.instance, self.employee = program, instance, employee
        self.days = instance.days
        off = instance.days_off.get(employee.id, set())
        self.shifts: list[dict[str, int]] = []
        for day in range(self.days):
            usable = [] if day in off else usable_shifts(instance, employee)
            cells = {kind: (employee.id, day, kind) for kind in usable}
            self.shifts.append({kind: program.column(wishes.get(cell, 0)) for kind, cell in cells.items()})
            program.cells.update({cell: self.shifts[-1][kind] for kind, cell in cells.items()})
        self.works = [program.column(upper=1.0 if self.shifts[day] else 0.0) for day in range(self.days)]
        self.starts = [-1] + [program.column(integer=False) for _ in range(1, self.days)]

    def build(self, cliques: list[tuple[frozenset[str], frozenset[str]]]) -> None:
        """All rows of the person."""
        for day in range(self.days):
            terms = [(column, 1.0) for column in self.shifts[day].values()]
            self.program.row([*terms, (self.works[day], -1.0)], 0.0, 0.0)
        self._successions(cliques)
        self._totals()
        self._runs()
        self._weekends()

    def _successions(self, cliques: list[tuple[frozenset[str], frozenset[str]]]) -> None:
        for day in range(self.days - 1):
            for today, tomorrow in cliques:
                first = [(column, 1.0) for kind, column in self.shifts[day].items() if kind in today]
                then = [(column, 1.0) for kind, column in self.shifts[day + 1].items() if kind in tomorrow]
                if first and then:
                    self.program.row([*first, *then], upper=1.0)

    def _totals(self) -> None:
        employee, program = self.employee, self.program
        for kind, most in employee.max_shifts.items():
            terms = [(cells[kind], 1.0) for cells in self.shifts if kind in cells]
            if len(terms) > most:
                program.row(terms, upper=float(most))
        minutes = [
            (column, float(self.instance.shifts[kind].minutes))
            for cells in self.shifts
            for kind, column in cells.items()
        ]
        program.row(minutes, float(employee.min_minutes), float(employee.max_minutes))
        fewest, most_days = worked_days(self.instance, employee)
        program.row([(column, 1.0) for column in self.works], float(fewest), float(most_days))

    def _runs(self) -> None:
        """Runs that touch the first or the last day are never too short; the days before the first count as off."""
        employee, works, starts, row = self.employee, self.works, self.starts, self.program.row
        longest = employee.max_consecutive
        for first in range(self.days - longest):
            row([(column, 1.0) for column in works[first : first + longest + 1]], upper=float(longest))
        for day in range(1, self.days):
            row([(starts[day], 1.0), (works[day], -1.0), (works[day - 1], 1.0)], lower=0.0)
            begun = range(max(1, day - max(1, employee.min_consecutive) + 1), day + 1)
            row([*((starts[start], 1.0) for start in begun), (works[day], -1.0)], upper=0.0)
        for day in range(self.days - 1):
            begun = range(day + 1, min(day + max(1, employee.min_days_off), self.days - 1) + 1)
            row([*((starts[start], 1.0) for start in begun), (works[day], 1.0)], upper=1.0)

    def _weekends(self) -> None:
        weekends = []
        for saturday in range(5, self.days, 7):
            weekends.append(self.program.column())
            for day in range(saturday, min(saturday + 2, self.days)):
                self.program.row([(self.works[day], 1.0), (weekends[-1], -1.0)], upper=0.0)
        if len(weekends) > self.employee.max_weekends:
            self.program.row([(column, 1.0) for column in weekends], upper=float(self.employee.max_weekends))
