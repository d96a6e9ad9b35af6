"""`milp`: the compact assignment model in PuLP, every primitive as rows. Exact on small rosters; tests refer to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pulp

from rostering.solver.compile import Compiled, Person
from rostering.solver.primitives import Cost, Distinct, Gap, Run, Succession, Tier, Together, Total

Term = tuple[pulp.LpVariable, float]


@dataclass
class Sum:
    """A linear expression: terms and a constant."""

    terms: list[Term] = field(default_factory=list)
    constant: float = 0.0

    def plus(self, other: Sum, factor: float = 1.0) -> Sum:
        """This and `factor` times the other."""
        terms = self.terms + [(variable, value * factor) for variable, value in other.terms]
        return Sum(terms, self.constant + factor * other.constant)


class CompactModel:
    """One binary variable per person and candidate shift; what is soft gets a slack with its price."""

    def __init__(self, compiled: Compiled, people: Sequence[Person]) -> None:
        self.compiled, self.people = compiled, people
        self.weight = compiled.problem.cost_weight
        self.model = pulp.LpProblem("roster", pulp.LpMinimize)
        self.objective = Sum()
        self.cents = Sum()
        self.work: list[dict[int, pulp.LpVariable]] = []
        self._names = 0

    def build(self, alive: Callable[[], bool]) -> bool:
        """Fill the model; False when `alive` said to give up on the way."""
        for person in self.people:
            if not alive():
                return False
            self.work.append(_PersonRows(self, person).build())
        self._cover()
        budget = self.compiled.problem.budget_cents
        if budget is not None:
            self.at_most(self.cents, budget)
        total = self.objective.plus(self.cents, self.weight) if self.weight else self.objective
        self.model.setObjective(pulp.LpAffineExpression(merged(total.terms), total.constant))
        return True

    def variable(self, upper: float | None = None, integer: bool = False) -> pulp.LpVariable:
        """A fresh variable, 0 or more."""
        self._names += 1
        return self.model.add_variable(f"v{self._names}", 0, upper, pulp.LpInteger if integer else pulp.LpContinuous)

    def at_most(self, total: Sum, limit: float) -> None:
        """Row: total ≤ limit."""
        if not total.terms:
            # A constant that breaks its limit is the input's contradiction; the compiler has made it elastic.
            return
        expression = pulp.LpAffineExpression(merged(total.terms))
        self.model.addConstraint(pulp.LpConstraint(expression, pulp.LpConstraintLE, rhs=limit - total.constant))

    def charge(self, total: Sum, cost: Cost, cents: bool = False, factor: float = 1.0) -> None:
        """Row: what `total` exceeds zero by costs `cost` times `factor` a unit; None forbids it."""
        if cost is None:
            self.at_most(total, 0.0)
        elif cost > 0:
            slack = self.variable()
            self.at_most(total.plus(Sum([(slack, -1.0)])), 0.0)
            into = self.cents if cents else self.objective
            into.terms.append((slack, cost * factor))

    def _cover(self) -> None:
        at: dict[int, list[Term]] = defaultdict(list)
        pinned: dict[int, int] = defaultdict(int)
        for person, work in zip(self.people, self.work, strict=True):
            for position, variable in work.items():
                at[position].append((variable, 1.0))
            for position in person.pins:
                pinned[position] += 1
        for index, shift in enumerate(self.compiled.shifts):
            short = self.variable(shift.headcount)
            limit = None if shift.over_cost is not None else max(0, pinned[index] - shift.headcount)
            extra = self.variable(limit)
            row = pulp.LpAffineExpression([*at[index], (short, 1.0), (extra, -1.0)])
            self.model.addConstraint(pulp.LpConstraint(row, pulp.LpConstraintEQ, rhs=shift.headcount))
            self.objective.terms.append((short, shift.under_cost))
            self.objective.terms.append((extra, shift.over_cost or 0.0))

    def chosen(self, values: dict[str, float]) -> list[frozenset[int]]:
        """Everyone's shifts in a solution given by variable name."""
        return [
            frozenset(shift for shift, variable in work.items() if values.get(variable.name, 0.0) > 0.5)
            for work in self.work
        ]


def merged(terms: Iterable[Term]) -> list[Term]:
    """Terms with one coefficient for each variable."""
    total: dict[pulp.LpVariable, float] = {}
    for variable, value in terms:
        total[variable] = total.get(variable, 0.0) + value
    return list(total.items())


class _PersonRows:
    """The rows of one person's limits."""

    def __init__(self, owner: CompactModel, person: Person) -> None:
        self.owner, self.person = owner, person
        self.shifts = owner.compiled.shifts
        self.work: dict[int, pulp.LpVariable] = {}
        self.single: list[frozenset[int]] = []
        self.activity: dict[frozenset[int], Sum] = {}

    def build(self) -> dict[int, pulp.LpVariable]:
        """Variables and rows; returns the person's variable for each candidate."""
        owner, person = self.owner, self.person
        for shift in person.candidates:
            self.work[shift] = owner.variable(1, integer=True)
            if shift in person.pins:
                self.work[shift].lowBound = 1
            owner.objective.terms.append((self.work[shift], person.points[shift]))
            if shift in person.cents:
                owner.cents.terms.append((self.work[shift], person.cents[shift]))
        owner.objective.constant += person.constant_points
        owner.cents.constant += person.constant_cents
        for kind, row in self._rows():
            for limit in person.limits:
                if isinstance(limit, kind):
                    row(limit)
        return self.work

    def _rows(self) -> Iterable[tuple[type, Callable[[Any], None]]]:
        """What writes each shape; rests and sums first, they tell which shifts exclude each other."""
        yield Gap, self._gap
        yield Total, self._total
        yield Succession, self._succession
        yield Distinct, self._distinct
        yield Run, self._run
        yield Together, self._together

    def _sum(self, shifts: Iterable[int]) -> Sum:
        return Sum([(self.work[shift], 1.0) for shift in shifts if shift in self.work])

    def _gap(self, limit: Gap) -> None:
        order = sorted(self.work, key=lambda i: (self.shifts[i].start, self.shifts[i].end, self.shifts[i].id))
        ready = {i: self.shifts[i].end + limit.after.get(i, 0) for i in order}
        if limit.cost is None:
            for start in sorted({self.shifts[i].start for i in order}):
                close = frozenset(i for i in order if self.shifts[i].start <= start < ready[i])
                if len(close) > 1 and not any(close <= known for known in self.single):
                    self.single.append(close)
                    self.owner.at_most(self._sum(close), 1.0)
        for position, first in enumerate(order):
            between: list[int] = []
            for then in order[position + 1 :]:
                start = self.shifts[then].start
                if start >= ready[first] and not limit.travel:
                    break
                near = start < self.shifts[first].end + limit.need(first, then, self.shifts)
                if near and limit.cost is not None:
                    rest = self._sum(between)
                    self.owner.charge(self._sum((first, then)).plus(rest, -1.0).plus(Sum([], -1.0)), limit.cost)
                elif near and start >= ready[first]:
                    self.owner.at_most(self._sum((first, then)), 1.0)
                between.append(then)

    def _total(self, limit: Total) -> None:
        terms = [
            (self.work[shift], float(value)) for shift, value in limit.values.items() if shift in self.work and value
        ]
        if any(tier.cost is None and tier.threshold - limit.offset < 2 for tier in limit.over) and all(
            value >= 1 for _, value in terms
        ):
            self.single.append(frozenset(shift for shift in limit.values if shift in self.work))
        self._tiers(Sum(terms, limit.offset), limit.over, limit.under, limit.cents)

    def _tiers(self, total: Sum, over: tuple[Tier, ...], under: tuple[Tier, ...], cents: bool = False) -> None:
        for tier in over:
            self.owner.charge(total.plus(Sum([], -tier.threshold)), tier.cost, cents)
        for tier in under:
            self.owner.charge(Sum([], tier.threshold).plus(total, -1.0), tier.cost, cents)

    def _one_of(self, shifts: frozenset[int]) -> bool:
        return len(shifts) <= 1 or any(shifts <= known for known in self.single)

    def _succession(self, limit: Succession) -> None:
        firsts, thens = self._by_day(limit.first), self._by_day(limit.then)
        for day, first in firsts.items():
            for lag in range(1, limit.within_days + 1):
                then = thens.get(day + lag, frozenset())
                if then and limit.cost is None and self._one_of(first) and self._one_of(then):
                    self.owner.at_most(self._sum(first).plus(self._sum(then)), 1.0)
                    continue
                for a in sorted(first):
                    for b in sorted(then):
                        self.owner.charge(self._sum((a, b)).plus(Sum([], -1.0)), limit.cost)

    def _by_day(self, shifts: frozenset[int]) -> dict[int, frozenset[int]]:
        days: dict[int, set[int]] = defaultdict(set)
        for shift in shifts:
            if shift in self.work:
                days[self.shifts[shift].day].add(shift)
        return {day: frozenset(group) for day, group in sorted(days.items())}

    def _active(self, group: frozenset[int], fixed: bool) -> Sum:
        """1 when any shift of the group is worked (or context fixes it), else 0."""
        if fixed:
            return Sum([], 1.0)
        inside = frozenset(shift for shift in group if shift in self.work)
        if self._one_of(inside):
            return self._sum(inside)
        if inside not in self.activity:
            flag = Sum([(self.owner.variable(1, integer=True), 1.0)])
            for shift in inside:
                self.owner.at_most(self._sum((shift,)).plus(flag, -1.0), 0.0)
            self.owner.at_most(flag.plus(self._sum(inside), -1.0), 0.0)
            self.activity[inside] = flag
        return self.activity[inside]

    def _distinct(self, limit: Distinct) -> None:
        total = Sum()
        for group, fixed in zip(limit.groups, limit.fixed, strict=True):
            total = total.plus(self._active(group, fixed))
        self._tiers(total, limit.over, limit.under)

    def _run(self, limit: Run) -> None:
        slots = [self._active(slot, fixed) for slot, fixed in zip(limit.slots, limit.fixed, strict=True)]
        if limit.idle:
            self._idle_runs(limit, slots)
            return
        if limit.maximum is not None:
            for first in range(len(slots) - limit.maximum):
                self._row(slots[first : first + limit.maximum + 1], [], limit.maximum, limit.cost)
        for length in range(1, limit.minimum or 0):
            for first in range(len(slots) - length + 1):
                last = first + length
                if (first == 0 and limit.open_start) or (last == len(slots) and limit.open_end):
                    continue
                if (first, length) in limit.tolerated:
                    continue
                outside = ([slots[first - 1]] if first else []) + (slots[last : last + 1])
                self._row(slots[first:last], outside, length - 1, limit.cost, limit.units(length, False, False))

    def _idle_runs(self, limit: Run, slots: list[Sum]) -> None:
        for length in range(1, len(slots) - 1):
            units = limit.units(length, False, False)
            for first in range(1, len(slots) - length if units else 0):
                if (first, length) in limit.tolerated:
                    continue
                ends = [slots[first - 1], slots[first + length]]
                self._row(ends, slots[first : first + length], 1, limit.cost, units)

    def _row(self, plus: list[Sum], minus: list[Sum], limit: float, cost: Cost, units: float = 1.0) -> None:
        total = Sum([], -limit)
        for each in plus:
            total = total.plus(each)
        for each in minus:
            total = total.plus(each, -1.0)
        self.owner.charge(total, cost, factor=units)

    def _together(self, limit: Together) -> None:
        for groups, fixed in zip(limit.sets, limit.fixed, strict=True):
            active = [self._active(group, state) for group, state in zip(groups, fixed, strict=True)]
            if limit.cost is None:
                for first, then in pairwise(active):
                    self.owner.at_most(first.plus(then, -1.0), 0.0)
                    self.owner.at_most(then.plus(first, -1.0), 0.0)
                continue
            slack = Sum([(self.owner.variable(), 1.0)])
            self.owner.objective.terms.append((slack.terms[0][0], limit.cost))
            for a in active:
                for b in active:
                    if a is not b:
                        self.owner.at_most(a.plus(b, -1.0).plus(slack, -1.0), 0.0)
