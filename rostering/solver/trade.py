"""People trade work: two at a time exchange what they work on a day or a few days, or one takes a place on.

Thousands of trades a second are weighed without any graph, which makes the first rosters of large problems good
before patterns are generated. Worse trades are taken now and then while the temperature falls; the best roster is kept.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

from rostering.solver.books import Books
from rostering.solver.compile import Compiled, Person, elastic

SPANS = (1, 1, 1, 1, 2, 2, 3, 4, 5, 7)
"""Days of work that change hands at once."""
HEAT = 0.2
SAMPLE = 200
"""Heat at the start as a share of what a trade changes; the median of so many trades says how much that is."""
ASK_EVERY = 64
OPEN_SHARE = 0.3
"""Share of the steps that look for open places; cheap, as most find none."""


class Trader:
    """A roster people trade in; `cost` is what it costs above where it began."""

    def __init__(self, compiled: Compiled, chosen: list[frozenset[int]], seed: int) -> None:
        self.compiled, self.shifts = compiled, compiled.shifts
        self.rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.books = [Books(compiled, settled(compiled, p), chosen[p.index]) for p in compiled.people]
        self.able: list[list[int]] = [[] for _ in self.shifts]
        for person in compiled.people:
            for shift in person.candidates:
                self.able[shift].append(person.index)
        self.left = [shift.headcount for shift in self.shifts]
        for shifts in chosen:
            for shift in shifts:
                self.left[shift] -= 1
        self.cents = sum(compiled.pattern(b.person, b.chosen).cents for b in self.books)
        self.cost = self.best_cost = 0.0
        self.best = list(chosen)
        self.seen: list[float] = []

    def run(self, share: Callable[[int], float], heat: float = HEAT) -> int:
        """Trade until `share`, asked with the steps made, says that 1 (of the time, of the steps) is used up.

        `heat` is the temperature at the start, as a share of what a trade usually changes; it falls to nothing with the
        share. Returns the steps made.
        """
        steps, temperature = 0, 0.0
        while self.books:
            if steps % ASK_EVERY == 0:
                used = share(steps)
                if used >= 1.0:
                    break
                if len(self.seen) >= SAMPLE:
                    temperature = heat * statistics.median(self.seen) * (1.0 - used) ** 2
            steps += 1
            self._step(temperature)
        return steps

    def _step(self, temperature: float) -> None:
        rng = self.rng
        first = self.books[int(rng.random() * len(self.books))]
        if not first.chosen or rng.random() < OPEN_SHARE:
            self._step_open(first, temperature)
            return
        shift = rng.choice(tuple(first.chosen))
        able = self.able[shift]
        second = self.books[able[int(rng.random() * len(able))]]
        if first is second or shift in second.chosen:
            return
        day = self.shifts[shift].day
        span = SPANS[int(rng.random() * len(SPANS))]
        low = day - int(rng.random() * span)
        ours, theirs = (self._within(books, low, low + span) for books in (first, second))
        gives, takes = ours - theirs, theirs - ours
        if all(s in second.person.points for s in gives) and all(s in first.person.points for s in takes):
            self._exchange(first, second, gives, takes, temperature)

    def _step_open(self, books: Books, temperature: float) -> None:
        """Somebody and one of their shifts at random: where a place is open they may take it on."""
        candidates = books.person.candidates
        if candidates:
            shift = candidates[int(self.rng.random() * len(candidates))]
            if self.left[shift] > 0 and shift not in books.chosen:
                self._take_on(books, shift, temperature)

    def _within(self, books: Books, low: int, high: int) -> frozenset[int]:
        shifts, pins = self.shifts, books.person.pins
        return frozenset(s for s in books.chosen if low <= shifts[s].day < high and s not in pins)

    def _take_on(self, books: Books, shift: int, temperature: float) -> None:
        """Fill an open place, giving up what the person works that day."""
        day = self.shifts[shift].day
        drop = self._within(books, day, day + 1)
        add = frozenset((shift,))
        found = books.weigh(add, drop)
        if found is None:
            return
        change, news = found
        delta = books.cost(change) - self.shifts[shift].under_cost
        delta += sum(self.shifts[s].under_cost for s in drop if self.left[s] >= 0)
        if self._accept(delta, change[2], temperature):
            books.change(add, drop, news)
            self.left[shift] -= 1
            for other in drop:
                self.left[other] += 1
            self._note(delta, change[2])

    def _exchange(
        self, first: Books, second: Books, gives: frozenset[int], takes: frozenset[int], temperature: float
    ) -> None:
        found = first.weigh(takes, gives)
        if found is None:
            return
        answer = second.weigh(gives, takes)
        if answer is None:
            return
        delta = first.cost(found[0]) + second.cost(answer[0])
        cents = found[0][2] + answer[0][2]
        if self._accept(delta, cents, temperature):
            first.change(takes, gives, found[1])
            second.change(gives, takes, answer[1])
            self._note(delta, cents)

    def _accept(self, delta: float, cents: float, temperature: float) -> bool:
        budget = self.compiled.problem.budget_cents
        if budget is not None and cents > 0 and self.cents + cents > budget:
            return False
        if len(self.seen) < SAMPLE and delta:
            self.seen.append(abs(delta))
        return delta <= temperature * -math.log(1.0 - self.rng.random())

    def _note(self, delta: float, cents: float) -> None:
        self.cost += delta
        self.cents += cents
        if self.cost < self.best_cost - 1e-6:
            self.best_cost = self.cost
            self.best = [books.chosen for books in self.books]


def settled(compiled: Compiled, person: Person) -> Person:
    """The person, made elastic when their pins alone break what they may not."""
    if compiled.pattern(person, person.pins).broken:
        return elastic(person, compiled.breach)
    return person
