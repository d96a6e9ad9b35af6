"""The quickest legal roster: people in turn take open places while that pays, each step judged by what rules mean.

No graphs are built, so it takes milliseconds a person; `construct` and `production` make something of it afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from rostering.solver.compile import Compiled, Person, elastic
from rostering.solver.primitives import (
    Distinct,
    Finding,
    Forbid,
    Gap,
    Linear,
    Primitive,
    Run,
    Succession,
    Together,
    Total,
)

EAGERNESS = (0.015, 1.0)
"""Share of a place's worth a person may cost in each round: first those who are glad to, then anybody."""
PATIENCE = 24
"""Places refused in a row after which a person is left alone for the round."""


def quick_roster(compiled: Compiled, seed: int, should_stop: Callable[[], bool]) -> list[frozenset[int]]:
    """Everyone's shifts; pins kept, no required rule broken beyond what pins and contradictions break anyway."""
    return _Quick(compiled, seed).run(should_stop)


class _Books:
    """One person's choice and what each of their limits says of it; looks at no limit that a shift does not touch."""

    def __init__(self, compiled: Compiled, person: Person) -> None:
        self.compiled, self.person = compiled, person
        self.limits = sorted(person.limits, key=_effort)
        self.everywhere: list[int] = []
        self.touching: dict[int, list[int]] = {}
        for number, limit in enumerate(self.limits):
            shifts = _touched(limit)
            if shifts is None:
                self.everywhere.append(number)
            else:
                for shift in shifts:
                    self.touching.setdefault(shift, []).append(number)
        self.chosen = person.pins
        self.said = [limit.evaluate(self.chosen, compiled.shifts) for limit in self.limits]

    def try_with(self, shift: int) -> tuple[Finding, list[tuple[int, Finding]]] | None:
        """What working the shift too would change, and the new words of the limits; None when it breaks one more."""
        wider = self.chosen | {shift}
        person, change, news = (
            self.person,
            Finding(0.0, self.person.points[shift], self.person.cents.get(shift, 0.0)),
            [],
        )
        mended = 0.0
        for number in (*self.touching.get(shift, ()), *self.everywhere):
            before, now = self.said[number], self.limits[number].evaluate(wider, self.compiled.shifts)
            if now == before:
                continue
            if now.broken > before.broken and not person.elastic:
                return None
            mended += now.broken - before.broken
            change += Finding(0.0, now.points - before.points, now.cents - before.cents)
            news.append((number, now))
        return (Finding(mended, change.points, change.cents), news) if mended <= 0 else None

    def take(self, shift: int, news: list[tuple[int, Finding]]) -> None:
        """Work the shift."""
        self.chosen |= {shift}
        for number, finding in news:
            self.said[number] = finding


def _effort(limit: Primitive) -> int:
    """Limits that are quick to ask and often say no come first."""
    return (Total, Gap, Succession, Run, Distinct, Together, Linear, Forbid).index(type(limit))


def _touched(limit: Primitive) -> Iterable[int] | None:
    """The shifts a limit looks at; None for those that look at all."""
    if isinstance(limit, Total):
        return limit.values
    if isinstance(limit, Succession):
        return limit.first | limit.then
    if isinstance(limit, Distinct):
        return frozenset().union(*limit.groups)
    if isinstance(limit, Run):
        return frozenset().union(*limit.slots)
    if isinstance(limit, Together):
        return frozenset().union(*(group for groups in limit.sets for group in groups))
    return None


class _Quick:
    def __init__(self, compiled: Compiled, seed: int) -> None:
        self.compiled, self.shifts = compiled, compiled.shifts
        self.rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.left = [shift.headcount for shift in compiled.shifts]
        self.people = [_settled(compiled, person) for person in compiled.people]
        self.books = [_Books(compiled, person) for person in self.people]
        for person in self.people:
            for shift in person.pins:
                self.left[shift] -= 1
        self.cents = sum(compiled.pattern(person, person.pins).cents for person in self.people)

    def run(self, should_stop: Callable[[], bool]) -> list[frozenset[int]]:
        order = sorted(range(len(self.people)), key=lambda p: (len(self.people[p].candidates), self.rng.random()))
        for eagerness in EAGERNESS:
            for number in order:
                if should_stop():
                    break
                self._fill(self.books[number], eagerness)
        return [book.chosen for book in self.books]

    def _fill(self, book: _Books, eagerness: float) -> None:
        """Offer a person the most wanted open places until they refuse too many."""
        refused = 0
        for shift in self._offers(book.person):
            if shift in book.chosen or self.left[shift] <= 0:
                continue
            answer = book.try_with(shift)
            if answer is not None and self._pays(answer[0], eagerness * self.shifts[shift].under_cost):
                book.take(shift, answer[1])
                self.left[shift] -= 1
                self.cents += answer[0].cents
                refused = 0
            else:
                refused += 1
                if refused >= PATIENCE:
                    return

    def _pays(self, change: Finding, worth: float) -> bool:
        problem = self.compiled.problem
        if problem.budget_cents is not None and self.cents + change.cents > problem.budget_cents:
            return False
        return change.points + problem.cost_weight * change.cents + self.compiled.breach * change.broken < worth

    def _offers(self, person: Person) -> Iterable[int]:
        """Open places, one a day first: the emptiest of each day in random order, then the others."""
        by_day: dict[int, list[tuple[float, int]]] = {}
        for shift in person.candidates:
            if self.left[shift] > 0:
                entry = self.shifts[shift]
                wanted = entry.under_cost * self.left[shift] / entry.headcount + self.rng.random()
                by_day.setdefault(entry.day, []).append((-wanted, shift))
        for entries in by_day.values():
            entries.sort()
        days = sorted(by_day, key=lambda day: (by_day[day][0][0], day))
        for rank in range(max(map(len, by_day.values()), default=0)):
            for day in days:
                if rank < len(by_day[day]):
                    yield by_day[day][rank][1]


def _settled(compiled: Compiled, person: Person) -> Person:
    """The person, made elastic when their pins alone break what they may not."""
    if compiled.pattern(person, person.pins).broken:
        return elastic(person, compiled.breach)
    return person
