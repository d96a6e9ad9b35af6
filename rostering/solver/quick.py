"""A first legal roster without compiled loops, for the half minute in which they are compiled the first time.

People in turn take open places while that pays; each step is judged by what the limits it touches mean.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator

from rostering.solver.books import settled
from rostering.solver.compile import Compiled, Person
from rostering.solver.primitives import Distinct, Finding, Gap, Primitive, Run, Succession, Together, Total

EAGERNESS = (0.015, 1.0)
"""Share of a place's worth a person may cost in each round: first those who are glad to, then anybody."""
PATIENCE = 24
"""Places refused in a row after which a person is left alone for the round."""


def quick_roster(compiled: Compiled, seed: int, should_stop: Callable[[], bool]) -> list[frozenset[int]]:
    """Everyone's shifts; pins kept, no required rule broken beyond what pins and contradictions break anyway."""
    return _Quick(compiled, seed).run(should_stop)


class _Desk:
    """One person's work so far, and what each of their limits says of it."""

    def __init__(self, compiled: Compiled, person: Person) -> None:
        self.compiled, self.person, self.chosen = compiled, person, person.pins
        self.limits = sorted(person.limits, key=_effort)
        self.touching: dict[int, list[int]] = {shift: [] for shift in person.candidates}
        for number, limit in enumerate(self.limits):
            touched = _touched(limit)
            for shift in person.candidates:
                if touched is None or shift in touched:
                    self.touching[shift].append(number)
        self.said = [limit.evaluate(self.chosen, compiled.shifts) for limit in self.limits]

    def weigh(self, add: frozenset[int]) -> tuple[float, float, dict[int, Finding]] | None:
        """What more work costs, the cents in it, and what limits say then; None when it breaks more than before."""
        compiled, person = self.compiled, self.person
        cents = sum(person.cents.get(shift, 0.0) for shift in add)
        points = sum(person.points[shift] for shift in add)
        after = self.chosen | add
        news: dict[int, Finding] = {}
        for number in sorted({number for shift in add for number in self.touching[shift]}):
            before, now = self.said[number], self.limits[number].evaluate(after, compiled.shifts)
            if now.broken > before.broken:
                return None
            news[number] = now
            points += now.points - before.points
            cents += now.cents - before.cents
        return points + compiled.problem.cost_weight * cents, cents, news

    def take(self, add: frozenset[int], news: dict[int, Finding]) -> None:
        """Work more, as it was weighed."""
        self.chosen |= add
        for number, finding in news.items():
            self.said[number] = finding


class _Quick:
    def __init__(self, compiled: Compiled, seed: int) -> None:
        self.compiled, self.shifts = compiled, compiled.shifts
        self.rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.left = [shift.headcount for shift in compiled.shifts]
        self.desks = [_Desk(compiled, settled(compiled, person)) for person in compiled.people]
        for person in compiled.people:
            for shift in person.pins:
                self.left[shift] -= 1
        self.cents = sum(compiled.pattern(person, person.pins).cents for person in compiled.people)

    def run(self, should_stop: Callable[[], bool]) -> list[frozenset[int]]:
        people = self.compiled.people
        order = sorted(range(len(people)), key=lambda p: (len(people[p].candidates), self.rng.random()))
        for eagerness in EAGERNESS:
            for number in order:
                if should_stop():
                    break
                self._fill(self.desks[number], eagerness)
        return [desk.chosen for desk in self.desks]

    def _fill(self, desk: _Desk, eagerness: float) -> None:
        """Offer a person the most wanted open places until they refuse too many."""
        refused = 0
        budget = self.compiled.problem.budget_cents
        for add in self._offers(desk.person):
            if not add.isdisjoint(desk.chosen) or any(self.left[shift] <= 0 for shift in add):
                continue
            worth = eagerness * sum(self.shifts[shift].under_cost for shift in add)
            found = desk.weigh(add)
            if found is None or found[0] >= worth or (budget is not None and self.cents + found[1] > budget):
                refused += 1
                if refused >= PATIENCE:
                    return
                continue
            desk.take(add, found[2])
            for shift in add:
                self.left[shift] -= 1
            self.cents += found[1]
            refused = 0

    def _offers(self, person: Person) -> Iterator[frozenset[int]]:
        """Open places, one a day first: the most wanted of each day, then the others.

        Whoever must work several days in a row is first offered whole runs.
        """
        by_day: dict[int, list[tuple[float, int]]] = {}
        for shift in person.candidates:
            if self.left[shift] > 0:
                entry = self.shifts[shift]
                wanted = entry.under_cost * self.left[shift] / entry.headcount + self.rng.random()
                by_day.setdefault(entry.day, []).append((-wanted, shift))
        for entries in by_day.values():
            entries.sort()
        days = sorted(by_day, key=lambda day: (by_day[day][0][0], day))
        least = _least_run(person)
        if least > 1:
            yield from (self._run(by_day, day, least) for day in days)
        for rank in range(max(map(len, by_day.values()), default=0)):
            for day in days:
                if rank < len(by_day[day]):
                    yield frozenset((by_day[day][rank][1],))

    def _run(self, by_day: dict[int, list[tuple[float, int]]], first: int, length: int) -> frozenset[int]:
        """A place a day for so many days, of one type where there are such."""
        chosen: list[int] = []
        for day in range(first, first + length):
            shifts = [shift for _, shift in by_day.get(day, ())]
            kind = self.shifts[chosen[0]].type if chosen else None
            chosen += [shift for shift in shifts if self.shifts[shift].type == kind][:1] or shifts[:1]
        return frozenset(chosen)


def _least_run(person: Person) -> int:
    """Days in a row the person must work where they work at all."""
    runs = (limit for limit in person.limits if isinstance(limit, Run) and not limit.idle and limit.cost is None)
    return max((run.minimum or 1 for run in runs), default=1)


def _effort(limit: Primitive) -> int:
    """Limits that are quick to ask and often say no come first."""
    kinds = (Total, Gap, Succession, Run, Distinct, Together)
    return kinds.index(type(limit)) if isinstance(limit, kinds) else len(kinds)


def _touched(limit: Primitive) -> frozenset[int] | None:
    """The shifts a limit looks at; None for those that look at all."""
    groups: Iterable[frozenset[int]]
    if isinstance(limit, Total):
        return frozenset(limit.values)
    if isinstance(limit, Succession):
        return limit.first | limit.then
    if isinstance(limit, Distinct):
        groups = limit.groups
    elif isinstance(limit, Run):
        groups = limit.slots
    elif isinstance(limit, Together):
        groups = (group for members in limit.sets for group in members)
    else:
        return None
    return frozenset().union(*groups)
