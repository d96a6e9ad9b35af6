"""Column generation: prices from the program, patterns from everyone's pricer, and the bound both give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from rostering.solver.master import Column, Master, Relaxed
from rostering.solver.pricing import Priced, Pricer, Scratch
from rostering.solver.session import Session
from rostering.solver.team import Team

Floats = npt.NDArray[np.float64]

UNLIMITED = 1e15
SMOOTHING = 0.6
PER_ROUND = 3
"""Patterns a person may add in one round."""


class Generator:
    """Prices people in parallel and grows the master program."""

    def __init__(self, team: Team, session: Session, threads: int) -> None:
        self.team, self.session, self.threads = team, session, max(1, threads)
        compiled = team.compiled
        self.weight = compiled.problem.cost_weight
        matrices: dict[bytes, Floats] = {}
        self.pricers = [Pricer(member.graph, self.weight, matrices) for member in team.members]
        self.master = Master(compiled, team.cover, team.pinned)
        self.executor = ThreadPoolExecutor(self.threads, "pricing")
        self.scratches = [Scratch() for _ in range(self.threads)]
        self.complete = all(member.graph.complete for member in team.members)
        self.constants = np.array(
            [m.graph.constant_points + self.weight * m.graph.constant_cents for m in team.members], dtype=np.float64
        )
        self.best_bound = -np.inf
        self.center: Floats | None = None

    def close(self) -> None:
        """Let the threads go."""
        self.executor.shutdown(wait=True, cancel_futures=True)

    def add_pattern(self, person: int, shifts: frozenset[int]) -> int:
        """A pattern that is known to be legal, costed by its person's rules."""
        known = self.master.find(person, shifts)
        if known is not None:
            return known
        member = self.team.members[person]
        pattern = member.pattern(shifts)
        return self.master.add(Column(person, shifts, self.team.compiled.cost(pattern), pattern.cents))

    # -- pricing ---------------------------------------------------------------------------------------------------

    def price(self, people: Sequence[int], price: Floats, money: float, limits: Floats) -> dict[int, Priced]:
        """Price these people at the same prices, spread over the threads; the answer does not depend on how."""
        stop = self.session.over

        def work(number: int) -> dict[int, Priced]:
            scratch = self.scratches[number]
            answers = {}
            for person in people[number :: self.threads]:
                self.pricers[person].set_money(money)
                own = self._pinned_prices(person, price)
                limit = float(limits[person] - self.constants[person] - money * self._constant_cents(person))
                answers[person] = self.pricers[person].price(own, limit, scratch, stop)
            return answers

        if self.threads == 1 or len(people) < 4:
            merged: dict[int, Priced] = {}
            for number in range(self.threads):
                merged.update(work(number))
            return merged
        parts = list(self.executor.map(work, range(self.threads)))
        return {person: answer for part in parts for person, answer in part.items()}

    def _pinned_prices(self, person: int, price: Floats) -> Floats:
        return price

    def _constant_cents(self, person: int) -> float:
        return self.team.members[person].graph.constant_cents

    def harvest(self, answers: dict[int, Priced], price: Floats, money: float, at: Relaxed) -> int:
        """Add the patterns found that are worth something at the program's own prices; returns how many."""
        added = 0
        for person, answer in sorted(answers.items()):
            for cost, shifts in answer.found[:PER_ROUND]:
                column = self._column(person, cost, shifts, price, money)
                worth = column.cost + float(at.price[list(column.shifts)].sum()) + at.money * column.cents
                known = self.master.find(person, column.shifts)
                if worth < at.worth[person] - 1e-6 and known is None:
                    self.master.add(column)
                    added += 1
        return added

    def _column(self, person: int, cost: float, shifts: frozenset[int], price: Floats, money: float) -> Column:
        member = self.team.members[person]
        if not member.graph.holds or self.master.budget is not None:
            pattern = member.pattern(member.legal(shifts))
            return Column(person, pattern.shifts, self.team.compiled.cost(pattern), pattern.cents)
        own = cost - float(price[list(shifts)].sum()) + float(self.constants[person])
        return Column(person, shifts, round(own, 7), 0.0)

    # -- the loops -------------------------------------------------------------------------------------------------

    def root(self, share: float) -> Relaxed | None:
        """Generate patterns for everyone until nothing more helps, the gap closes, or the share of the run is used."""
        everyone = list(range(len(self.team.members)))
        smoothing = SMOOTHING
        solution: Relaxed | None = None
        while not self.session.over() and self.session.share() < share:
            found = self.master.solve(self.session.remaining)
            if found is None:
                break
            solution = found
            target = self.master.clip(solution.price)
            price = target if self.center is None else smoothing * self.center + (1 - smoothing) * target
            straight = self.center is None or smoothing == 0.0
            answers = self.price(everyone, price, solution.money, np.full(len(everyone), UNLIMITED))
            if self.session.over() and len(answers) < len(everyone):
                break
            self.session.iterations += 1
            self._bound(answers, price, solution.money)
            added = self.harvest(answers, price, solution.money, solution)
            self.session.message = f"Round {self.session.iterations}: {len(self.master.columns):,} patterns."
            if self._closed(solution.objective):
                break
            if added:
                smoothing = SMOOTHING
            elif straight or smoothing == 0.0:
                break
            else:
                smoothing = smoothing / 2 if smoothing > 0.2 else 0.0
        return solution

    def _bound(self, answers: dict[int, Priced], price: Floats, money: float) -> None:
        cheapest = np.array(
            [answers[p].lower + self.constants[p] + money * self._constant_cents(p) for p in sorted(answers)]
        )
        bound = self.master.lagrangian(price, money, cheapest)
        if bound > self.best_bound:
            self.best_bound, self.center = bound, price
            if self.complete:
                self.session.raise_bound(bound - 1e-7 * abs(bound))

    def _closed(self, objective: float) -> bool:
        return objective - self.best_bound <= 1e-5 * max(1.0, abs(objective))

    def local(self, people: Iterable[int], rounds: int, target: float) -> Relaxed | None:
        """Generate patterns for some people, everyone else fixed; stops when `target` is out of reach."""
        free = [person for person in people if person not in self.master.fixed]
        solution = self.master.solve(self.session.remaining)
        for _ in range(rounds):
            if solution is None or self.session.over():
                return solution
            price = self.master.clip(solution.price)
            limits = np.where(np.isfinite(solution.worth), solution.worth - 1e-6, UNLIMITED)
            straight = bool(np.allclose(price, solution.price, atol=1e-9))
            answers = self.price(free, price, solution.money, limits if straight else np.full(len(limits), UNLIMITED))
            if solution.objective > target:
                reach = solution.objective + sum(
                    min(0.0, answers[p].lower + self.constants[p] + solution.money * self._constant_cents(p)
                        - solution.worth[p])
                    for p in free
                )
                if straight and reach > target:
                    return solution
            if not self.harvest(answers, price, solution.money, solution):
                return solution
            solution = self.master.solve(self.session.remaining)
        return solution
