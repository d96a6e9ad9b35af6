"""`production`: choose one work pattern per person. Column generation, dives to whole rosters, then neighborhoods."""

from __future__ import annotations

import random

import numpy as np
from threadpoolctl import threadpool_limits

from rostering.solver.central import Central
from rostering.solver.columns import UNLIMITED, Generator
from rostering.solver.dive import Dive
from rostering.solver.master import Column
from rostering.solver.neighborhoods import Freed, Neighborhoods
from rostering.solver.session import Session
from rostering.solver.team import Team

ROOT_SHARE, DIVE_SHARE = 0.5, 0.35
CLOSE_ENOUGH = 2e-3
SWEEPS, SWEEP_GAIN = 4, 0.02
DIVE_ROUNDS, NEIGHBORHOOD_ROUNDS = 2, 2
NEIGHBORHOOD_SECONDS = 1.0
import os
TRACE = bool(os.environ.get("TRACE"))
SWEEP_SECONDS = 1.0
KEPT_PATTERNS = 40
"""Patterns of a freed person that a neighborhood starts with."""


def improve_by_patterns(team: Team, session: Session) -> None:
    """Improve the roster in `team` until the limits, keeping the bound and the best roster in the session."""
    search = PatternSearch(team, session)
    try:
        with threadpool_limits(limits=1, user_api="blas"):  # small matrices: threads would wait for one another
            search.run()
    finally:
        search.generator.close()


class PatternSearch:
    """One run of the pattern-based search; `incumbent` is the best roster as pattern numbers."""

    def __init__(self, team: Team, session: Session) -> None:
        self.team, self.session = team, session
        self.generator = Generator(team, session, session.options.threads)
        self.pool = self.generator.pool
        self.rng = random.Random(session.options.seed)  # noqa: S311 - repeatable, not secret
        self.incumbent = [self.generator.add_pattern(person, shifts) for person, shifts in enumerate(team.chosen)]
        self.best = team.cost()
        self.everyone = list(range(len(team.members)))

    def run(self) -> None:
        """Root, dive, neighborhoods."""
        session, generator = self.session, self.generator
        session.enter("bounding", "Setting prices.")
        for _ in range(SWEEPS):
            before = self.best
            self.sweep()
            if self.best > before - SWEEP_GAIN * abs(before):
                break
        balance = generator.root(range(len(self.pool.columns)), ROOT_SHARE, CLOSE_ENOUGH)
        if balance is not None:
            generator.price_now = balance.price
            session.enter("diving", "Choosing patterns.")
            self.dive()
        session.enter("improving", "Improving parts of the roster.")
        self.neighborhoods()

    def _upper(self) -> float:
        """What the best roster costs, breaches left out: a scale for steps on the prices."""
        verdict = self.session.judgement
        return verdict.objective if verdict is not None else self.best

    # -- rosters ---------------------------------------------------------------------------------------------------

    def take(self, numbers: dict[int, int]) -> bool:
        """Give these people these patterns when the roster is better for it; the checker has the last word."""
        before = list(self.team.chosen)
        for person, number in numbers.items():
            self.team.give(person, frozenset(self.pool.columns[number].shifts))
        cost = self.team.cost()
        budget = self.team.compiled.problem.budget_cents
        within = budget is None or self.team.cents() <= budget
        if cost < self.best - 1e-6 and within and self.session.offer(self.team.assignments(), cost):
            self.best = cost
            for person, number in numbers.items():
                self.incumbent[person] = number
            return True
        self.team.take(before)
        return False

    def sweep(self) -> None:
        """Everyone's best answer to all others, once; judged now and then, for judging takes longer than answering."""
        generator, team = self.generator, self.team
        limits = np.full(len(self.everyone), UNLIMITED)
        changed: dict[int, int] = {}
        asked = self.session.seconds
        order = self.rng.sample(self.everyone, len(self.everyone))
        for position, person in enumerate(order):
            before, cost = team.chosen[person], team.cost()
            answer = generator.price([person], team.price_for(person), 0.0, limits, quick=True).get(person)
            if answer is not None and answer.found:
                shifts = team.members[person].legal(answer.found[0][1])
                team.give(person, shifts)
                if team.cost() < cost - 1e-6:
                    changed[person] = generator.add_pattern(person, shifts)
                else:
                    team.give(person, before)
            over = self.session.over() or position == len(order) - 1
            if changed and (over or self.session.seconds - asked > SWEEP_SECONDS):
                for other in changed:
                    team.give(other, frozenset(self.pool.columns[self.incumbent[other]].shifts))
                self.take(changed)
                changed, asked = {}, self.session.seconds
            if over:
                return

    def dive(self) -> bool:
        """A dive of everyone from the root's patterns."""
        generator, cover = self.generator, self.team.cover
        budget = self.team.compiled.problem.budget_cents
        central = Central(
            cover, cover.need.astype(np.float64), generator.excess, self.everyone,
            None if budget is None else float(budget), self.team.compiled.breach,
        )  # fmt: skip
        dive = Dive(generator, self.everyone, central, 0.0)
        dive.offer([self.pool.columns[number] for number in self.incumbent])
        dive.offer(generator.central.columns)
        found = dive.run(self.best - 1e-6, DIVE_ROUNDS, DIVE_SHARE * self.session.remaining)
        return found is not None and self.take({person: self.pool.add(column)[0] for person, column in found.items()})

    # -- neighborhoods ---------------------------------------------------------------------------------------------

    def neighborhoods(self) -> None:
        """Free a part of the roster, again and again, and dive for something better there."""
        places = Neighborhoods(self.team, self.rng)
        while not self.session.over() and self.everyone:
            kind, freed = places.choose()
            began, before = self.session.seconds, self.best
            self.session.iterations += 1
            if freed:
                self._improve(freed)
            elapsed = self.session.seconds - began
            places.learn(kind, before - self.best, elapsed, NEIGHBORHOOD_SECONDS)
            if TRACE: print(f"{self.session.seconds:.1f} {kind.name} {kind.size:.2f} {len(freed)} {elapsed:.2f} {before:.0f} {before-self.best:.0f}")
            self.session.message = f"Improving parts of the roster: {len(freed)} people at a time ({elapsed:.1f} s)."

    def _improve(self, freed: Freed) -> bool:
        generator, people = self.generator, sorted(freed)
        count, cost, cents = self.team.count.copy(), 0.0, 0.0
        for person, number in enumerate(self.incumbent):
            column = self.pool.columns[number]
            if person in freed:
                count[list(column.shifts)] -= 1
            else:
                cost, cents = cost + column.cost, cents + column.cents
        budget = self.team.compiled.problem.budget_cents
        need = (self.team.cover.need - count).astype(np.float64)
        left = None if budget is None else budget - cents
        central = Central(self.team.cover, need, generator.excess, people, left, self.team.compiled.breach)
        spare = np.maximum(-central.need, 0.0)
        constant = cost + float((spare * 0.0).sum())
        dive = Dive(generator, people, central, constant)
        for person in people:
            dive.keep(person, self.pool.columns[self.incumbent[person]].shifts, ~freed[person])
        dive.offer(self._start(people))
        found = dive.run(self.best - 1e-6, NEIGHBORHOOD_ROUNDS, NEIGHBORHOOD_SECONDS)
        return found is not None and self.take({person: self.pool.add(column)[0] for person, column in found.items()})

    def _start(self, people: list[int]) -> list[Column]:
        """The freed people's patterns that look best at the root's prices, the present ones first."""
        price = self.generator.price_now
        columns = self.pool.columns
        chosen = [columns[self.incumbent[person]] for person in people]
        for person in people:
            known = self.pool.of[person][-KEPT_PATTERNS:]
            chosen.extend(columns[number] for number in known)
        return chosen
