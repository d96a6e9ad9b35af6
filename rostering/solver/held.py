"""Where each of a person's limits is held: in an automaton, a carried sum, a bit, or the price of one day's options."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable

from rostering.solver.automata import (
    Automaton,
    FlagAutomaton,
    RestAutomaton,
    RunAutomaton,
    SuccessionAutomaton,
    TogetherAutomaton,
)
from rostering.solver.compile import Compiled, Person
from rostering.solver.layering import Layering
from rostering.solver.primitives import Distinct, Gap, Primitive, Run, Succession, Together, Total
from rostering.solver.resources import Sum, common_unit

SHORT_SPAN = 4
"""Groups spanning at most so many layers (weekends) are remembered in the nodes, longer ones (sites) as bits."""
MAX_BITS = 60


class InfeasibleError(Exception):
    """No pattern keeps every required limit of this person."""


class Held:
    """One person's limits, sorted by where they are held.

    `gains[n]` are the units of each shift in sum n; `group_gains` count a group of one layer; `flagged` groups of a
    few layers, by the sums they count in; `bits` are (group, sum, last layer). `daily` speak of one layer alone,
    `chain_limits` also of several shifts of one day. Raises InfeasibleError for limits that cannot be kept at all.
    """

    def __init__(self, compiled: Compiled, person: Person) -> None:
        self.compiled, self.person, self.shifts = compiled, person, compiled.shifts
        self.layering = Layering(person.candidates, compiled.shifts)
        self.automata: list[Automaton] = []
        self.counters: list[int] = []
        """Sums that the counts of the flag automaton belong to."""
        self.daily: dict[int, list[Primitive]] = defaultdict(list)
        self.chain_limits: list[Primitive] = []
        self.sums: list[Sum] = []
        self.gains: list[dict[int, int]] = []
        self.group_gains: list[tuple[int, frozenset[int]]] = []
        self.bits: list[tuple[frozenset[int], int, int]] = []
        self.constant_points, self.constant_cents = person.constant_points, person.constant_cents
        self.holds = True
        self._sum_of: dict[Hashable, int] = {}
        self._flagged: dict[frozenset[int], list[int]] = {}
        self._successions: list[Succession] = []
        for limit in person.limits:
            self._place(limit)
        self._remember_successions()
        self._remember_flags()
        if math.isinf(self.constant_points):
            raise InfeasibleError(person.staff.id)

    def groups_across(self, number: int) -> int:
        """How many groups beyond those of one layer can count towards a sum: remembered in nodes, or bits."""
        flagged = sum(counted.count(number) for counted in self._flagged.values())
        return flagged + sum(1 for _, other, _ in self.bits if other == number)

    def _place(self, limit: Primitive) -> None:
        if isinstance(limit, Gap):
            self.automata.append(RestAutomaton(limit, self.layering))
            self.chain_limits.append(limit)
        elif isinstance(limit, Succession):
            if not limit.first.isdisjoint(self.layering.at):
                self._successions.append(limit)
                self.chain_limits.append(limit)
        elif isinstance(limit, Run):
            automaton = RunAutomaton(limit, self.layering)
            self.constant_points += automaton.initial_cost
            self.automata.append(automaton)
        elif isinstance(limit, Together):
            for groups, fixed in zip(limit.sets, limit.fixed, strict=True):
                together = TogetherAutomaton(groups, fixed, limit.cost, self.layering)
                self.constant_points += together.constant
                self.automata.append(together)
        elif isinstance(limit, Total):
            self._total(limit)
        elif isinstance(limit, Distinct):
            self._distinct(limit)

    def _remember_successions(self) -> None:
        """Those of one reach and cost in one automaton; the same followers after different shifts are one rule."""
        alike: dict[tuple[int, float | None], list[Succession]] = defaultdict(list)
        for rule in self._successions:
            others = alike[rule.within_days, rule.cost]
            for place, other in enumerate(others):
                if other.then == rule.then and (rule.cost is None or other.first.isdisjoint(rule.first)):
                    others[place] = Succession(other.first | rule.first, rule.then, rule.within_days, rule.cost)
                    break
            else:
                others.append(rule)
        self.automata += [SuccessionAutomaton(rules, self.layering) for rules in alike.values()]

    def _remember_flags(self) -> None:
        if not self._flagged:
            return
        self.counters = sorted({number for counted in self._flagged.values() for number in counted})
        place = {number: position for position, number in enumerate(self.counters)}
        counted = [tuple(place[number] for number in numbers) for numbers in self._flagged.values()]
        self.automata.append(FlagAutomaton(list(self._flagged), self.layering, counted))

    def _total(self, limit: Total) -> None:
        at = self.layering.at
        values = {shift: value for shift, value in limit.values.items() if value and shift in at}
        used = {at[shift] for shift in values}
        if len(used) <= 1:
            self._daily(used, limit)
            return
        number = self._sum(("total", frozenset(values.items())), common_unit(values), max(used))
        unit = self.sums[number].unit
        self.sums[number].tiers.append((limit.over, limit.under, limit.offset, limit.cents))
        self.gains[number] = {shift: value // unit for shift, value in values.items()}

    def _distinct(self, limit: Distinct) -> None:
        at = self.layering.at
        groups = []
        for group, fixed in zip(limit.groups, limit.fixed, strict=True):
            inside = frozenset(shift for shift in group if shift in at)
            if inside and not fixed:
                groups.append(inside)
        used = {at[shift] for group in groups for shift in group}
        if len(used) <= 1:
            self._daily(used, limit)
            return
        number = self._sum(("distinct", tuple(groups)), 1, max(used))
        fresh = not self.sums[number].tiers
        self.sums[number].tiers.append((limit.over, limit.under, sum(limit.fixed), False))
        if fresh:
            self._count_groups(groups, number)

    def _count_groups(self, groups: list[frozenset[int]], number: int) -> None:
        for group in groups:
            first, last = self.layering.span(group)
            if first == last:
                self.group_gains.append((number, group))
            elif last - first < SHORT_SPAN:
                self._flagged.setdefault(group, []).append(number)
            elif len(self.bits) < MAX_BITS:
                self.bits.append((group, number, last))
            else:
                self.holds = False

    def _sum(self, key: Hashable, unit: int, last_layer: int) -> int:
        if key not in self._sum_of:
            self._sum_of[key] = len(self.sums)
            self.sums.append(Sum(unit, 0, last_layer))
            self.gains.append({})
        return self._sum_of[key]

    def _daily(self, used: set[int], limit: Total | Distinct) -> None:
        """A limit on one layer alone becomes a price or a veto of its options."""
        if used:
            self.daily[used.pop()].append(limit)
            return
        found = limit.evaluate(frozenset(), self.shifts)
        if found.broken:
            raise InfeasibleError(self.person.staff.id)
        self.constant_points += found.points
        self.constant_cents += found.cents
