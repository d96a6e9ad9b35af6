"""The quickest legal roster: people in turn take open places while that pays, each step judged by what rules mean.

No graphs are built, so it takes milliseconds a person; `construct` and `production` make something of it afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from rostering.solver.books import Books, Words
from rostering.solver.compile import Compiled, Person
from rostering.solver.primitives import Run
from rostering.solver.trade import settled

NOTHING: frozenset[int] = frozenset()
EAGERNESS = (0.015, 1.0)
"""Share of a place's worth a person may cost in each round: first those who are glad to, then anybody."""
PATIENCE = 24
"""Places refused in a row after which a person is left alone for the round."""


def quick_roster(compiled: Compiled, seed: int, should_stop: Callable[[], bool]) -> list[frozenset[int]]:
    """Everyone's shifts; pins kept, no required rule broken beyond what pins and contradictions break anyway."""
    return _Quick(compiled, seed).run(should_stop)


class _Quick:
    def __init__(self, compiled: Compiled, seed: int) -> None:
        self.compiled, self.shifts = compiled, compiled.shifts
        self.rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.left = [shift.headcount for shift in compiled.shifts]
        self.people = [settled(compiled, person) for person in compiled.people]
        self.books = [Books(compiled, person, person.pins) for person in self.people]
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

    def _fill(self, book: Books, eagerness: float) -> None:
        """Offer a person the most wanted open places until they refuse too many."""
        refused = 0
        for add in self._offers(book.person):
            if not add.isdisjoint(book.chosen) or any(self.left[shift] <= 0 for shift in add):
                continue
            answer = book.weigh(add, NOTHING)
            if answer is not None and self._pays(book, answer[0], eagerness * self._worth(add)):
                book.change(add, NOTHING, answer[1])
                for shift in add:
                    self.left[shift] -= 1
                self.cents += answer[0][2]
                refused = 0
            else:
                refused += 1
                if refused >= PATIENCE:
                    return

    def _worth(self, shifts: frozenset[int]) -> float:
        return sum(self.shifts[shift].under_cost for shift in shifts)

    def _pays(self, book: Books, change: Words, worth: float) -> bool:
        budget = self.compiled.problem.budget_cents
        if budget is not None and self.cents + change[2] > budget:
            return False
        return book.cost(change) < worth

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
