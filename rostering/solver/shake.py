"""Ruin and recreate: take a few people off the roster and give each, in turn, their exact best answer to the others.

A place is priced between what it is worth to the roster right now and what the program says it is worth in the end.
Worse rosters are accepted now and then (a falling temperature), the best one is kept.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rostering.solver.columns import UNLIMITED, Generator
from rostering.solver.master import Column

Floats = npt.NDArray[np.float64]


@dataclass
class Draft:
    """A roster being shaken: pattern numbers, places filled, and what it costs."""

    numbers: list[int]
    count: npt.NDArray[np.int64]
    cost: float


class Shaker:
    """Shakes rosters over the generator's pool; every pattern it makes joins the pool."""

    def __init__(self, generator: Generator, rng: random.Random) -> None:
        self.generator, self.rng = generator, rng
        self.cover = generator.team.cover
        self.noise = np.random.default_rng(rng.randrange(1 << 30))
        self.closed = np.isinf(self.cover.over)
        self.limits = np.full(len(generator.team.members), UNLIMITED)

    def draft(self, numbers: list[int]) -> Draft:
        """The roster of these patterns."""
        count = np.zeros(len(self.cover.need), dtype=np.int64)
        for number in numbers:
            count[list(self._column(number).shifts)] += 1
        own = sum(self._column(number).cost for number in numbers)
        return Draft(list(numbers), count, own + self._cover(count))

    def _column(self, number: int) -> Column:
        return self.generator.pool.columns[number]

    def _cover(self, count: npt.NDArray[np.int64]) -> float:
        """Cover cost; excess that pins force on closed shifts is free."""
        limited = np.where(self.closed, np.minimum(count, self.cover.need), count)
        beyond = np.maximum(count - self.cover.need, 0) - self.generator.excess
        if (beyond[self.closed] > 0).any():
            return math.inf
        return self.cover.cost(limited)

    def run(self, start: Draft, steps: int, seconds: float, heat: float, most: int) -> Draft:
        """The best roster seen over so many steps or seconds, beginning at `start`; stops when the session is over.

        Where iterations are limited seconds are not, so that runs can be repeated.
        """
        session = self.generator.session
        best, now = start, start
        began, counted = session.seconds, session.options.iterations is not None
        for step in range(steps):
            spent = step / steps if counted else max(step / steps, (session.seconds - began) / seconds)
            if session.over() or spent >= 1:
                break
            temperature = heat * (1 - spent) ** 2
            group = self._group(now, most)
            trial = self._recreate(now, group)
            if trial is None or not self._affordable(trial):
                continue
            if trial.cost < now.cost + temperature * -math.log(1.0 - self.rng.random()) - 1e-9:
                now = trial
                if now.cost < best.cost - 1e-6:
                    best = now
        return best

    def _affordable(self, draft: Draft) -> bool:
        budget = self.generator.compiled.problem.budget_cents
        return budget is None or sum(self._column(number).cents for number in draft.numbers) <= budget

    def _group(self, draft: Draft, most: int) -> list[int]:
        """People to take off: at random, or those on the days around a place that is short or one too many."""
        people = len(draft.numbers)
        size = min(people, self.rng.randint(1, most))
        wrong = np.flatnonzero(draft.count != self.cover.need)
        if not len(wrong) or self.rng.random() < 0.3:
            return self.rng.sample(range(people), size)
        shift = int(wrong[self.rng.randrange(len(wrong))])
        able = self._able(shift)
        if len(able) <= size:
            return self.rng.sample(range(people), size)
        return self.rng.sample(able, size)

    def _able(self, shift: int) -> list[int]:
        members = self.generator.team.members
        return [index for index, member in enumerate(members) if shift in member.person.points]

    def _recreate(self, now: Draft, group: list[int]) -> Draft | None:
        generator = self.generator
        numbers, count = list(now.numbers), now.count.copy()
        own = sum(self._column(number).cost for number in now.numbers)
        for person in group:
            count[list(self._column(numbers[person]).shifts)] -= 1
            own -= self._column(numbers[person]).cost
        share = self.rng.random() * 0.6 if len(group) > 1 else self.rng.random() * 0.1
        for left, person in enumerate(group):
            mix = share if left < len(group) - 1 else 0.0
            price = self._price(person, count, mix)
            answer = generator.price([person], price, 0.0, self.limits, quick=True).get(person)
            if answer is None or not answer.found:
                return None
            cost, shifts = answer.found[0]
            column = generator.column(person, cost, shifts, price, 0.0)
            number, _ = generator.pool.add(column)
            numbers[person] = number
            count[list(column.shifts)] += 1
            own += column.cost
        return Draft(numbers, count, own + self._cover(count))

    def _price(self, person: int, count: npt.NDArray[np.int64], mix: float) -> Floats:
        price = self.cover.price(count)
        pins = list(self.generator.team.members[person].person.pins)
        price[pins] = np.where(np.isinf(price[pins]), 0.0, price[pins])
        if mix:
            target = self.generator.price_now
            blurred = price * (1 - mix) + target * mix
            blurred *= 1 + 0.2 * mix * self.noise.standard_normal(len(price))
            price = np.where(np.isinf(price), price, blurred)
        return price
