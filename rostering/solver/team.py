"""A roster in the making: everyone's pattern, how often each shift is filled, and what a place is worth to the next."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from rostering.solver.compile import Compiled, Pattern, Person, elastic
from rostering.solver.graph import Drawings, InfeasibleError, PatternGraph, build_graph
from rostering.solver.result import Assignments

Floats = npt.NDArray[np.float64]


class Member:
    """One person with their graph; limits that contradict each other are made elastic on the way."""

    def __init__(self, compiled: Compiled, person: Person, drawings: Drawings | None = None) -> None:
        try:
            self.graph: PatternGraph = build_graph(compiled, person, drawings)
            self.person = person
        except InfeasibleError:
            self.person = elastic(person, compiled.breach)
            self.graph = build_graph(compiled, self.person, drawings)
        self.compiled = compiled
        self._patterns: dict[frozenset[int], Pattern] = {}

    def pattern(self, shifts: frozenset[int]) -> Pattern:
        """The pattern with these shifts, costed by the reference meaning of the person's rules."""
        found = self._patterns.get(shifts)
        if found is None:
            if len(self._patterns) > 50_000:
                self._patterns.clear()
            found = self._patterns[shifts] = self.compiled.pattern(self.person, shifts)
        return found

    def legal(self, shifts: frozenset[int]) -> frozenset[int]:
        """The shifts less those that break what the graph cannot hold; pins stay."""
        pattern = self.pattern(shifts)
        while pattern.broken and pattern.shifts - self.person.pins:
            fewer = [self.pattern(pattern.shifts - {shift}) for shift in sorted(pattern.shifts - self.person.pins)]
            best = min(fewer, key=lambda p: (p.broken, self.compiled.cost(p)))
            if best.broken >= pattern.broken and self.person.elastic:
                break
            pattern = best
        return pattern.shifts


class Cover:
    """What filling shifts costs: places short and extra, as arrays over `problem.shifts`."""

    def __init__(self, compiled: Compiled) -> None:
        shifts = compiled.shifts
        self.need = np.array([shift.headcount for shift in shifts], dtype=np.int64)
        self.under = np.array([shift.under_cost for shift in shifts], dtype=np.float64)
        self.over = np.array(
            [math.inf if shift.over_cost is None else shift.over_cost for shift in shifts], dtype=np.float64
        )

    def cost(self, count: npt.NDArray[np.int64]) -> float:
        """Points for all places short and extra; infinite when a shift that allows no extras has one."""
        extra = np.maximum(count - self.need, 0)
        short = np.maximum(self.need - count, 0)
        return float((short * self.under).sum() + (extra[extra > 0] * self.over[extra > 0]).sum())

    def price(self, count: npt.NDArray[np.int64], extra: float = math.inf) -> Floats:
        """Cost of one more person on each shift; `extra` where no extras are allowed."""
        over = np.where(np.isinf(self.over), extra, self.over)
        return np.where(count < self.need, -self.under, over)


class Team:
    """Everyone's current pattern over one problem."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.cover = Cover(compiled)
        drawings = Drawings()
        self.members = [Member(compiled, person, drawings) for person in compiled.people]
        self.chosen: list[frozenset[int]] = [member.person.pins for member in self.members]
        self.count = np.zeros(len(compiled.shifts), dtype=np.int64)
        for pins in self.chosen:
            self.count[list(pins)] += 1
        self.pinned = self.count.copy()

    def give(self, index: int, shifts: frozenset[int]) -> None:
        """Replace one person's pattern."""
        self.count[list(self.chosen[index])] -= 1
        self.count[list(shifts)] += 1
        self.chosen[index] = shifts

    def price_for(self, index: int, extra: float = math.inf) -> Floats:
        """What each shift would cost the roster if this person worked it, everyone else as they are."""
        own = list(self.chosen[index])
        self.count[own] -= 1
        price = self.cover.price(self.count, extra)
        self.count[own] += 1
        pins = list(self.members[index].person.pins)
        price[pins] = np.where(np.isinf(price[pins]), 0.0, price[pins])
        return price

    def person_cost(self, index: int, shifts: frozenset[int]) -> float:
        """A person's own cost of a pattern."""
        return self.compiled.cost(self.members[index].pattern(shifts))

    def cost(self) -> float:
        """Objective of the roster as the searches see it, breaches priced in."""
        extra = np.maximum(
            np.maximum(self.count - self.cover.need, 0) - np.maximum(self.pinned - self.cover.need, 0), 0
        )
        closed = np.isinf(self.cover.over)
        if (extra[closed] > 0).any():
            return math.inf
        counted = np.where(closed, np.minimum(self.count, self.cover.need), self.count)
        own = sum(self.person_cost(index, shifts) for index, shifts in enumerate(self.chosen))
        return own + self.cover.cost(counted)

    def cents(self) -> float:
        """Wages of the roster."""
        return sum(member.pattern(shifts).cents for member, shifts in zip(self.members, self.chosen, strict=True))

    def take(self, chosen: Iterable[frozenset[int]]) -> None:
        """Replace everyone's pattern."""
        for index, shifts in enumerate(chosen):
            self.give(index, shifts)

    def assignments(self) -> Assignments:
        """The roster as (staff id, shift id) pairs."""
        problem = self.compiled.problem
        return frozenset(
            (problem.staff[index].id, problem.shifts[shift].id)
            for index, shifts in enumerate(self.chosen)
            for shift in shifts
        )
