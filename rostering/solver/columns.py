"""Column generation: prices from the program, patterns from everyone's pricer, and the bound both give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from rostering.solver.central import Central
from rostering.solver.patterns import Column, Pool
from rostering.solver.pricing import Priced, Pricer, Scratch
from rostering.solver.session import Session
from rostering.solver.team import Team
from rostering.solver.whole import whole_points

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UNLIMITED = 1e15
WHOLE = 1e-4
"""A bound so little above a whole number may owe it to rounding."""
SMOOTHING = 0.5
FIRST_TOLERANCE, LAST_TOLERANCE = 0.1, 1e-5
"""How far from the program's optimum prices may be taken, at first and in the end."""
PER_ROUND = 3
"""Patterns a person may add in one round."""


class Generator:
    """Prices people in parallel and grows the pool of patterns."""

    def __init__(self, team: Team, session: Session, threads: int) -> None:
        self.team, self.session, self.threads = team, session, max(1, threads)
        self.compiled = team.compiled
        self.weight = self.compiled.problem.cost_weight
        matrices: dict[bytes, Floats] = {}
        self.pricers = [Pricer(member.graph, self.weight, matrices) for member in team.members]
        self.pool = Pool(len(team.members))
        self.executor = ThreadPoolExecutor(self.threads, "pricing")
        self.scratches = [Scratch() for _ in range(self.threads)]
        self.whole = whole_points(team.compiled)
        self.complete = all(member.graph.complete for member in team.members)
        graphs = [member.graph for member in team.members]
        self.constants = np.array([g.constant_points + self.weight * g.constant_cents for g in graphs])
        self.constant_cents = np.array([g.constant_cents for g in graphs])
        self.excess = np.maximum(team.pinned - team.cover.need, 0).astype(np.float64)
        self.best_bound = -np.inf
        self.center: Floats | None = None
        self.center_bound = -np.inf
        self.price_now = np.zeros(len(team.cover.need))
        self.columns: list[Column] = []
        self.values = np.zeros(0)

    def close(self) -> None:
        """Let the threads go."""
        self.executor.shutdown(wait=True, cancel_futures=True)

    def day_of(self, person: int, layer: int) -> int:
        """The day a layer of the person's graph stands for."""
        return self.compiled.shifts[self.pricers[person].graph.layers[layer][0]].day

    def codes(self, column: Column) -> Ints:
        """A pattern as one figure for each layer of its person's graph."""
        return self.pricers[column.person].codes(column.shifts)

    def add_pattern(self, person: int, shifts: frozenset[int]) -> Column:
        """A pattern that is known to be legal, costed by its person's rules."""
        pattern = self.team.members[person].pattern(shifts)
        cost = self.compiled.cost(pattern)
        return self.pool.add(Column(person, tuple(sorted(shifts)), cost, pattern.cents))

    def program(self, people: Sequence[int], fixed: Sequence[Column]) -> tuple[Central, float]:
        """An empty program of these people, everyone else keeping their pattern in `fixed`; and what those cost."""
        cover, free = self.team.cover, set(people)
        need = cover.need.astype(np.float64)
        cost = cents = 0.0
        for person, column in enumerate(fixed):
            if person not in free:
                need[list(column.shifts)] -= 1.0
                cost, cents = cost + column.cost, cents + column.cents
        budget = self.compiled.problem.budget_cents
        left = None if budget is None else budget - cents
        return Central(cover, need, self.excess, people, left, self.compiled.breach), cost

    # -- pricing ---------------------------------------------------------------------------------------------------

    def price(  # noqa: PLR0917 - one call, a whole round
        self,
        people: Sequence[int],
        price: Floats,
        money: float,
        limits: Floats,
        quick: bool = False,
        uppers: Floats | None = None,
    ) -> dict[int, Priced]:
        """Price these people at the same prices, spread over the threads; the answer does not depend on how."""
        stop = self.session.over

        def work(number: int) -> dict[int, Priced]:
            answers = {}
            for person in people[number :: self.threads]:
                if self.session.over():
                    break
                pricer = self.pricers[person]
                pricer.set_money(money)
                limit = float(limits[person] - self.constants[person] - money * self.constant_cents[person])
                upper = np.inf if uppers is None else limit + float(uppers[person] - limits[person])
                answers[person] = pricer.price(price, limit, self.scratches[number], stop, quick, upper)
            return answers

        if self.threads == 1 or len(people) < 4:
            parts = [work(number) for number in range(self.threads)]
        else:
            parts = list(self.executor.map(work, range(self.threads)))
        return {person: answer for part in parts for person, answer in part.items()}

    def column(self, person: int, cost: float, shifts: frozenset[int], price: Floats, money: float) -> Column:
        """A pattern the pricer found at these prices, with its own cost."""
        member = self.team.members[person]
        if not member.graph.holds or self.compiled.problem.budget_cents is not None:
            pattern = member.pattern(member.legal(shifts))
            return Column(person, tuple(sorted(pattern.shifts)), self.compiled.cost(pattern), pattern.cents)
        ordered = tuple(sorted(shifts))
        own = cost - float(price[list(ordered)].sum()) + float(self.constants[person])
        return Column(person, ordered, round(own, 7), 0.0)

    def least(self, answers: dict[int, Priced], money: float) -> float:
        """Sum of everyone's cheapest pattern, from below, constants included."""
        return sum(
            answers[person].lower + float(self.constants[person]) + money * float(self.constant_cents[person])
            for person in sorted(answers)
        )

    # -- the loops -------------------------------------------------------------------------------------------------

    def root(self, columns: Iterable[Column], share: float, tolerance: float) -> bool:
        """Generate patterns for everyone until program and bound are within `tolerance` or the share is used.

        Leaves the patterns of the last program in `columns`. False when there are no prices yet.
        """
        everyone = list(range(len(self.pricers)))
        central, _ = self.program(everyone, [])
        for column in columns:
            central.add(column)
        if self.center is None:
            self._begin(central)
        quick, aim, smoothing, found = True, FIRST_TOLERANCE, SMOOTHING, False
        while not self.session.over() and self.session.share() < share:
            balance = central.solve(aim)
            if balance is None:
                break
            found, self.columns, self.values = True, list(central.columns), balance.values
            central.reduce(balance)
            price = self._smoothed(central.clip(balance.price), smoothing)
            worth = np.minimum(UNLIMITED, central.worth(price, balance.money))
            answers = self.price(everyone, price, balance.money, worth - 1e-6, quick, worth)
            if self.session.over():
                break
            self.session.iterations += 1
            self._bound(central, answers, price, balance.money)
            added = self._gather(central, answers, price, balance.money)
            self.session.message = f"Weighing {self.pool.met:,} patterns."
            apart = (balance.objective - self.best_bound) / max(1.0, abs(balance.objective))
            if apart <= tolerance:
                break
            aim = max(LAST_TOLERANCE, min(FIRST_TOLERANCE, 0.1 * apart))
            if not added:
                if smoothing == 0.0 and not quick:
                    break
                smoothing, quick, aim = 0.0, smoothing > 0.0, LAST_TOLERANCE
        self.price_now = self.center if self.center is not None else self.price_now
        return found

    def _begin(self, central: Central) -> None:
        """A round at no prices at all: everyone's own best, and a bound to begin with."""
        price = np.zeros(len(self.team.cover.need))
        everyone = central.people
        answers = self.price(everyone, price, 0.0, np.full(len(everyone), UNLIMITED), quick=True)
        if len(answers) == len(everyone):
            self._bound(central, answers, price, 0.0)
            self._gather(central, answers, price, 0.0)

    def agreement(self, columns: Sequence[Column]) -> dict[int, Floats]:
        """Of each layer of these patterns, one a person: the share of the root's solution that works it so."""
        own = {column.person: self.codes(column) for column in columns}
        share = {person: np.zeros(len(codes)) for person, codes in own.items()}
        for column, value in zip(self.columns, self.values, strict=True):
            if value > 1e-6 and column.person in own:
                share[column.person] += value * (self.codes(column) == own[column.person])
        return share

    def _smoothed(self, price: Floats, smoothing: float) -> Floats:
        """Prices moved towards those of the best bound so far (Wentges' smoothing)."""
        return price if self.center is None else smoothing * self.center + (1.0 - smoothing) * price

    def _gather(self, central: Central, answers: dict[int, Priced], price: Floats, money: float) -> int:
        """Take in the patterns found; returns how many are new."""
        added = 0
        for person, answer in sorted(answers.items()):
            for cost, shifts in answer.found[:PER_ROUND]:
                column = self.column(person, cost, shifts, price, money)
                added += central.add(self.pool.add(column))
        return added

    def _bound(self, master: Central, answers: dict[int, Priced], price: Floats, money: float) -> float:
        bound = master.lagrangian(price, money, self.least(answers, money))
        if not np.isfinite(bound):  # somebody has no legal pattern at all; what the roster breaks says so
            return bound
        if bound > self.center_bound:
            self.center_bound, self.center = bound, price
        if bound > self.best_bound:
            self.best_bound = bound
            if self.complete:
                self.session.raise_bound(math.ceil(bound - WHOLE) if self.whole else bound)
        return bound
