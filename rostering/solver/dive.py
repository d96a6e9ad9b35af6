"""From fractions to a roster: decide the surest day of somebody, generate patterns again, until every day is decided.

Deciding days instead of whole patterns leaves everybody something to give until the end, which is what keeps the last
decisions cheap (Strandmark, Qu and Curtois, *First-order linear programming in a column generation-based heuristic
approach to the nurse rostering problem*, 2020). A neighborhood is the same dive with most days decided beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from numba import njit

from rostering.solver.central import Balance, Central
from rostering.solver.columns import PER_ROUND, UNLIMITED, Generator
from rostering.solver.patterns import Column

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SURE = 0.95
"""A day whose leading choice has at least so much of the person's patterns is decided …"""
LEAST_SHARE = 0.03
"""… and at least so much of the undecided days in every step."""
MOST_ROUNDS, FALLING = 15, 2e-3
"""Pricing goes on between decisions while a round lowers the objective by more than that share."""
HURRY = 0.08
"""The most that is decided in a step: faster dives end in bad rosters, better none than those."""
BLUR = 0.15
"""Where dives are to differ, doubts are less by up to so much, at random."""
TOLERANCE = 1e-3
"""Of the program, as a share; prices nearer to its optimum bring nothing while days are being decided."""


@njit(cache=True, nogil=True)
def leaders(codes: Ints, weight: Floats, decided: npt.NDArray[np.bool_], share: Floats, code: Ints) -> None:
    """For every undecided layer, the choice with the largest share of the weight."""
    total = max(1e-12, weight.sum())
    for layer in range(codes.shape[1]):
        share[layer] = 0.0
        if decided[layer]:
            continue
        for i in range(codes.shape[0]):
            known = 0.0
            for j in range(codes.shape[0]):
                if codes[j, layer] == codes[i, layer]:
                    known += weight[j]
            if known / total > share[layer]:
                share[layer] = known / total
                code[layer] = codes[i, layer]


class Dive:
    """One dive of a program's people; everyone else keeps what they have, at a cost of `constant`.

    `decided[p]` are the layers already decided. With `noise` shares are blurred, so that dives differ.
    """

    def __init__(
        self, generator: Generator, central: Central, constant: float, noise: np.random.Generator | None = None
    ) -> None:
        self.noise = noise
        self.generator, self.people, self.central, self.constant = generator, central.people, central, constant
        self.decided = {p: np.zeros(generator.pricers[p].graph.layer_count, dtype=np.bool_) for p in self.people}
        self.codes: dict[tuple[int, tuple[int, ...]], Ints] = {}
        central.reached[:] = 0
        for person in self.people:
            for layer in generator.pricers[person].graph.layers:
                central.reached[layer] += 1

    def keep(self, person: int, shifts: Iterable[int], layers: npt.NDArray[np.bool_]) -> None:
        """Decide these layers of a person the way the pattern has them."""
        codes = self.generator.pricers[person].codes(shifts)
        for layer in np.flatnonzero(layers):
            self._settle(person, int(layer), int(codes[layer]))

    def _settle(self, person: int, layer: int, code: int) -> None:
        pricer = self.generator.pricers[person]
        self.central.settle(person, pricer.graph.layers[layer], pricer.decide(layer, code))
        self.decided[person][layer] = True

    def offer(self, columns: Iterable[Column]) -> None:
        """Patterns to begin with; those against what is decided, or that the graph does not know, are left out."""
        for column in columns:
            codes = self._codes(column)
            pricer = self.generator.pricers[column.person]
            if pricer.knows(codes) and pricer.allows(codes):
                self.central.add(column)

    def run(self, cutoff: float, rounds: int, seconds: float) -> dict[int, Column] | None:
        """Everyone's pattern, or None when the dive got dearer than `cutoff` or was stopped. `rounds` of pricing are
        made between decisions, and more is decided at once when `seconds` run short (not where iterations are
        limited). The people's pricers are free again afterwards.
        """
        session = self.generator.session
        self.began, self.steps = session.seconds, 0
        self.seconds = seconds if session.options.iterations is None else math.inf
        try:
            return self._run(cutoff, rounds)
        finally:
            self._release()

    def prepare(self, cutoff: float, rounds: int) -> bool:
        """Generate patterns without deciding anything; False when `cutoff` is out of reach."""
        try:
            balance = self._generate(cutoff, rounds)
            return balance is not None and balance.objective + self.constant <= cutoff
        finally:
            self._release()

    def _release(self) -> None:
        for person in self.people:
            self.generator.pricers[person].release()

    def _run(self, cutoff: float, rounds: int) -> dict[int, Column] | None:
        session = self.generator.session
        while not session.over():
            balance = self._generate(cutoff, rounds)
            if balance is None or balance.objective + self.constant > cutoff:
                return None
            if all(layers.all() for layers in self.decided.values()):
                return {column.person: column for column in self.central.columns}
            self._decide(balance)
            session.iterations += 1
        return None

    def _generate(self, cutoff: float, rounds: int) -> Balance | None:
        """Prices after `rounds` of generation, more while they still bring much; None when the bound says that `cutoff`
        is out of reach.
        """
        generator, central, session = self.generator, self.central, self.generator.session
        balance = central.solve(TOLERANCE)
        for made in range(1, MOST_ROUNDS + 1):
            if balance is None or session.over():
                return None
            price = central.clip(balance.price)
            worth = np.minimum(UNLIMITED, central.worth(price, balance.money))
            open_people = [person for person in self.people if not self.decided[person].all()]
            answers = generator.price(open_people, price, balance.money, worth - 1e-6, True, worth)
            if len(answers) < len(open_people):
                return None
            lower = generator.least(answers, balance.money)
            lower += sum(float(worth[person]) for person in self.people if person not in answers)
            bound = central.lagrangian(price, balance.money, lower) + self.constant
            if bound > cutoff:
                return None
            added = 0
            for person, answer in sorted(answers.items()):
                for cost, shifts in answer.found[:PER_ROUND]:
                    column = generator.pool.add(generator.column(person, cost, shifts, price, balance.money))
                    if generator.pricers[person].allows(self._codes(column)):
                        added += central.add(column)
            if not added:
                return balance
            before, balance = balance.objective, central.solve(TOLERANCE)
            if made >= rounds and balance is not None and before - balance.objective < FALLING * abs(before):
                return balance
        return balance

    def _decide(self, balance: Balance) -> None:
        """Decide the surest days; everybody keeps at least one pattern.

        Decisions that are not sure are made apart, one a person and one a day.
        """
        of: dict[int, list[int]] = {person: [] for person in self.people}
        for number, column in enumerate(self.central.columns):
            of[column.person].append(number)
        leads, codes = self._leads(balance, of)
        least = max(1, int(self._pace(len(leads)) * len(leads)))
        alive = {person: np.ones(len(numbers), dtype=np.bool_) for person, numbers in of.items()}
        busy: set[int] = set()
        days: set[int] = set()
        taken = 0
        for doubt, person, layer, code in leads:
            if doubt > 1.0 - SURE:
                if taken >= least:
                    break
                day = self.generator.day_of(person, layer)
                if person in busy or day in days:
                    continue
                busy.add(person)
                days.add(day)
            taken += 1
            left = alive[person] & (codes[person][:, layer] == code)
            if left.any():
                alive[person] = left
                self._settle(person, layer, code)
        self.central.drop({of[person][place] for person, left in alive.items() for place in np.flatnonzero(~left)})

    def _leads(
        self, balance: Balance, of: dict[int, list[int]]
    ) -> tuple[list[tuple[float, int, int, int]], dict[int, Ints]]:
        """Of every undecided day the leading choice, as (doubt, person, layer, code), the surest first; and everyone's
        patterns as codes.
        """
        found: list[tuple[float, int, int, int]] = []
        codes: dict[int, Ints] = {}
        for person, numbers in of.items():
            decided = self.decided[person]
            if decided.all():
                continue
            codes[person] = np.array([self._codes(self.central.columns[number]) for number in numbers])
            share, code = np.zeros(len(decided)), np.zeros(len(decided), dtype=np.int64)
            leaders(codes[person], balance.values[numbers], decided, share, code)
            doubt = 1.0 - share
            if self.noise is not None:
                blurred = np.maximum(doubt - BLUR * self.noise.random(len(share)), 1.0 - SURE + 1e-9)
                doubt = np.where(share < SURE, blurred, doubt)
            found.extend((float(doubt[at]), person, int(at), int(code[at])) for at in np.flatnonzero(~decided))
        return sorted(found), codes

    def _pace(self, undecided: int) -> float:
        """Share of the undecided days to decide now so that all are by the end of the dive's time."""
        self.steps += 1
        spent = self.generator.session.seconds - self.began
        if math.isinf(self.seconds) or not undecided:
            return LEAST_SHARE
        left = max(1.0, (self.seconds - spent) / max(1e-3, spent / self.steps))
        return min(HURRY, max(LEAST_SHARE, 1.0 - math.exp(-math.log(1.0 + undecided) / left)))

    def _codes(self, column: Column) -> Ints:
        key = column.person, column.shifts
        if key not in self.codes:
            self.codes[key] = self.generator.codes(column)
        return self.codes[key]
