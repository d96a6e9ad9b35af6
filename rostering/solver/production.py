"""`production`: one work pattern for each person. Prices and a bound, a dive to a whole roster, then neighborhoods."""

from __future__ import annotations

import random

import numpy as np
from threadpoolctl import threadpool_limits

from rostering.solver.choice import choose
from rostering.solver.columns import UNLIMITED, Generator
from rostering.solver.dive import Dive
from rostering.solver.exact import improve_by_milp
from rostering.solver.neighborhoods import Freed, Kind, Neighborhoods
from rostering.solver.patterns import Column
from rostering.solver.session import Session
from rostering.solver.team import Team

ROOT_SHARE, DIVE_SHARE = 0.45, 0.6
"""Of the run for the root, and of what is left then for the first dive, at the most."""
CLOSE_ENOUGH = 2e-3
"""Share of the objective between program and bound at which the root is left for good rosters."""
SWEEPS, SWEEP_GAIN = 4, 0.02
SWEEP_SECONDS = 1.0
DIVE_ROUNDS = 2
"""Rounds of pricing between decisions."""
NEIGHBORHOOD_SECONDS = 2.0
RESTLESS, SIDEWAYS = 8, 0.3
"""After so many neighborhoods without success, this share of them takes a roster that costs the same."""
STALE = 60
"""Neighborhoods in a row without success after which the bound is worked on."""
PROOF_SHARE, PROVEN = 0.2, 1e-7
SMALL, EXACT_SHARE = 900, 0.5
"""Choices (people times shifts open to them) up to which the exact model is tried for a proof."""
KEPT_PATTERNS = 40
"""Patterns of a freed person that a neighborhood starts with."""


def improve_by_patterns(team: Team, session: Session) -> None:
    """Improve the roster in `team` until the limits, keeping the bound and the best roster in the session."""
    search = PatternSearch(team, session)
    try:
        search.run()
    finally:
        search.generator.close()


class PatternSearch:
    """One run of the pattern-based search; `incumbent` is the best roster as everyone's pattern."""

    def __init__(self, team: Team, session: Session) -> None:
        self.team, self.session = team, session
        self.generator = Generator(team, session, session.options.threads)
        self.pool = self.generator.pool
        self.rng = random.Random(session.options.seed)  # noqa: S311 - repeatable, not secret
        self.incumbent = [self.generator.add_pattern(person, shifts) for person, shifts in enumerate(team.chosen)]
        self.best = team.cost()
        self.noise = np.random.default_rng(session.options.seed)
        self.everyone = list(range(len(team.members)))

    def run(self) -> None:
        """Root, dive, neighborhoods."""
        with threadpool_limits(limits=1, user_api="blas"):  # small matrices: threads would wait for one another
            self._run()

    def _run(self) -> None:
        session, generator = self.session, self.generator
        session.enter("bounding", "Setting prices.")
        self.sweep_often()
        known = [column for person in self.everyone for column in self.pool.latest(person)]
        if generator.root([*self.incumbent, *known], ROOT_SHARE, CLOSE_ENOUGH):
            session.enter("diving", "Choosing patterns.")
            self.dive()
        session.enter("improving", "Improving parts of the roster.")
        places = Neighborhoods(self.team, self.rng)
        self.neighborhoods(places, STALE)
        self._prove()
        while not session.over():
            self.neighborhoods(places, STALE)

    def _prove(self) -> None:
        """Close the bound; where the problem is small, by the exact model."""
        session, generator = self.session, self.generator
        if session.over():
            return
        session.enter("proving", "Raising the bound.")
        generator.root([*self.incumbent, *generator.columns], session.share() + PROOF_SHARE, PROVEN)
        size = sum(len(member.person.candidates) for member in self.team.members)
        if size <= SMALL and not session.over():
            improve_by_milp(self.team, session, EXACT_SHARE * session.remaining)
            if not session.over():
                self.incumbent = [generator.add_pattern(p, shifts) for p, shifts in enumerate(self.team.chosen)]
                self.best = self.team.cost()
        if not session.over():
            session.enter("improving", "Improving parts of the roster.")

    # -- rosters ---------------------------------------------------------------------------------------------------

    @property
    def target(self) -> float:
        """What a better roster costs at the most."""
        return self.best - (1.0 - 1e-4 if self.generator.whole else 1e-6)

    def take(self, columns: dict[int, Column], sideways: bool = False) -> bool:
        """Give these people these patterns when the roster is better for it; the checker has the last word.

        `sideways` takes one that costs the same too, to search on from there.
        """
        before = list(self.team.chosen)
        for person, column in columns.items():
            self.team.give(person, frozenset(column.shifts))
        cost = self.team.cost()
        budget = self.team.compiled.problem.budget_cents
        within = budget is None or self.team.cents() <= budget
        if cost < self.best - 1e-6 and within and self.session.offer(self.team.assignments(), cost):
            self.best = cost
            for person, column in columns.items():
                self.incumbent[person] = column
            return True
        if sideways and within and cost < self.best + 1e-6 and self.session.judge(self.team.assignments()).legal:
            for person, column in columns.items():
                self.incumbent[person] = column
            return False
        self.team.take(before)
        return False

    def sweep_often(self) -> None:
        """Sweeps while they bring much: a better roster, and first patterns that go together."""
        for _ in range(SWEEPS):
            before = self.best
            self._sweep()
            if self.session.over() or self.best > before - SWEEP_GAIN * abs(before):
                return

    def _sweep(self) -> None:
        """Everyone's best answer to all others, once; judged now and then, for judging takes longer than answering."""
        generator, team = self.generator, self.team
        limits = np.full(len(self.everyone), UNLIMITED)
        changed: dict[int, Column] = {}
        asked = self.session.seconds
        order = self.rng.sample(self.everyone, len(self.everyone))
        for position, person in enumerate(order):
            before, cost = team.chosen[person], team.cost()
            answer = generator.price([person], team.price_for(person), 0.0, limits, quick=True).get(person)
            if answer is not None and answer.found:
                shifts = team.members[person].legal(answer.found[0][1])
                column = generator.add_pattern(person, shifts)
                team.give(person, shifts)
                if team.cost() < cost - 1e-6:
                    changed[person] = column
                else:
                    team.give(person, before)
            over = self.session.over() or position == len(order) - 1
            if changed and (over or self.session.seconds - asked > SWEEP_SECONDS):
                for other in changed:
                    team.give(other, frozenset(self.incumbent[other].shifts))
                self.take(changed)
                changed, asked = {}, self.session.seconds
            if over:
                return

    def dive(self) -> bool:
        """A dive of everyone from the root's patterns."""
        program, _ = self.generator.program(self.everyone, [])
        dive = Dive(self.generator, program, 0.0)
        dive.offer([*self.incumbent, *self.generator.columns])
        found = dive.run(self.target, DIVE_ROUNDS, DIVE_SHARE * self.session.remaining)
        return found is not None and self.take(found)

    # -- neighborhoods ---------------------------------------------------------------------------------------------

    def neighborhoods(self, places: Neighborhoods, stale: int) -> None:
        """Free a part of the roster, again and again, and look for something better there, until `stale` of them in a
        row had nothing.
        """
        fails = 0
        while not self.session.over() and self.everyone and fails < stale:
            kind, freed = places.choose(lambda: self.generator.agreement(self.incumbent))
            began, before = self.session.seconds, self.best
            self.session.iterations += 1
            if freed:
                self._improve(kind, freed, fails > RESTLESS and self.rng.random() < SIDEWAYS)
            counted = self.session.options.iterations is not None
            elapsed = NEIGHBORHOOD_SECONDS / 2 if counted else self.session.seconds - began
            fails = 0 if self.best < before - 1e-6 else fails + 1
            places.learn(kind, before - self.best, elapsed, NEIGHBORHOOD_SECONDS)
            self.session.message = f"Improving parts of the roster: {len(freed)} people at a time ({elapsed:.1f} s)."

    def _improve(self, kind: Kind, freed: Freed, sideways: bool) -> bool:
        """Search what is freed for something better (or as good: `sideways`), everything else kept."""
        generator = self.generator
        target = self.best + 1e-6 if sideways else self.target
        people = [p for p in sorted(freed) if generator.pricers[p].knows(generator.codes(self.incumbent[p]))]
        program, constant = generator.program(people, self.incumbent)
        dive = Dive(generator, program, constant, self.noise)
        for person in people:
            dive.keep(person, self.incumbent[person].shifts, ~freed[person])
            dive.offer([self.incumbent[person], *self.pool.latest(person, KEPT_PATTERNS)])
        if kind.exact:
            present = {person: self.incumbent[person] for person in people}
            ready = dive.prepare(target, kind.rounds)
            found = choose(program, self.session, seconds=NEIGHBORHOOD_SECONDS, incumbent=present) if ready else None
        else:
            found = dive.run(target, DIVE_ROUNDS, NEIGHBORHOOD_SECONDS)
        return found is not None and self.take(found, sideways)
