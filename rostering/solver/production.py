"""`production`: choose one work pattern per person. Column generation, dives to whole rosters, then neighborhoods."""

from __future__ import annotations

import random

import numpy as np

from rostering.solver.columns import Generator
from rostering.solver.master import Relaxed
from rostering.solver.session import Session
from rostering.solver.team import Team

ROOT_SHARE = 0.45
SURE = 0.8
"""A pattern the program takes at least so much of is fixed in a dive."""


def improve_by_patterns(team: Team, session: Session) -> None:
    """Improve the roster in `team` until the limits, keeping the bound and the best roster in the session."""
    search = PatternSearch(team, session)
    try:
        search.run()
    finally:
        search.generator.close()


class PatternSearch:
    """One run of the pattern-based search; `incumbent` is the best roster as pattern numbers."""

    def __init__(self, team: Team, session: Session) -> None:
        self.team, self.session = team, session
        self.generator = Generator(team, session, session.options.threads)
        self.master = self.generator.master
        self.rng = random.Random(session.options.seed)  # noqa: S311 - repeatable, not secret
        self.incumbent = [self.generator.add_pattern(person, shifts) for person, shifts in enumerate(team.chosen)]
        self.best = team.cost()

    def run(self) -> None:
        """Root, dive, neighborhoods."""
        session = self.session
        session.enter("bounding", "Generating patterns.")
        solution = self.generator.root(ROOT_SHARE)
        if solution is not None:
            session.enter("diving", "Choosing patterns.")
            self.dive(solution, self.best)
        session.enter("improving", "Improving parts of the roster.")
        self.neighborhoods()

    # -- rosters ---------------------------------------------------------------------------------------------------

    def take(self, numbers: list[int]) -> bool:
        """Make these patterns the roster when they are better; the checker has the last word."""
        before = list(self.team.chosen)
        self.team.take(self.master.columns[number].shifts for number in numbers)
        cost = self.team.cost()
        budget = self.team.compiled.problem.budget_cents
        within = budget is None or self.team.cents() <= budget
        if cost < self.best - 1e-6 and within and self.session.offer(self.team.assignments(), cost):
            self.best, self.incumbent = cost, list(numbers)
            return True
        self.team.take(before)
        return False

    def dive(self, solution: Relaxed | None, target: float, rounds: int = 3) -> bool:
        """Fix the surest patterns, re-price the rest, until everyone has one; gives up when `target` is out of reach."""
        started = dict(self.master.fixed)
        people = [person for person in range(len(self.team.members)) if person not in started]
        try:
            while solution is not None and not self.session.over():
                if solution.objective > target - 1e-6:
                    return False
                open_people = [person for person in people if person not in self.master.fixed]
                if not open_people:
                    return self.take([self.master.fixed[p] for p in range(len(self.team.members))])
                self._fix_surest(open_people, solution)
                self.session.iterations += 1
                left = [person for person in open_people if person not in self.master.fixed]
                solution = self.generator.local(left, rounds if left else 0, target)
            return False
        finally:
            self.master.free([person for person in people if person in self.master.fixed])

    def _fix_surest(self, people: list[int], solution: Relaxed) -> None:
        surest: list[tuple[float, int, int]] = []
        for person in people:
            numbers = self.master.of[person]
            values = [solution.values[number] if number < len(solution.values) else 0.0 for number in numbers]
            position = int(np.argmax(values))
            surest.append((values[position], person, numbers[position]))
        surest.sort(key=lambda entry: (-entry[0], entry[1]))
        most = max(1, len(people) // 6)
        whole = [entry for entry in surest if entry[0] > 1 - 1e-6]
        if len(whole) == len(surest):
            most = len(surest)
        chosen = [entry for entry in surest if entry[0] >= SURE][:most] or surest[:1]
        for _, person, number in chosen:
            self.master.fix(person, number)

    # -- neighborhoods ---------------------------------------------------------------------------------------------

    def neighborhoods(self) -> None:
        """Free some people at a time, keep the others' patterns, generate and dive."""
        everyone = list(range(len(self.team.members)))
        size, fails = min(len(everyone), 5), 0
        for person in everyone:
            self.master.fix(person, self.incumbent[person])
        while not self.session.over() and everyone:
            group = self._group(size)
            began = self.session.seconds
            self.session.iterations += 1
            improved = self._improve(group)
            elapsed = self.session.seconds - began
            fails = 0 if improved else fails + 1
            if fails > 2 * max(1, len(everyone) // size):
                size, fails = min(len(everyone), size + 2), 0
            self.session.message = f"Improving parts of the roster: {size} people at a time ({elapsed:.2f} s)."

    def _group(self, size: int) -> list[int]:
        return sorted(self.rng.sample(range(len(self.team.members)), size))

    def _improve(self, group: list[int]) -> bool:
        self.master.free(group)
        solution = self.generator.local(group, 10, self.best - 1e-6)
        improved = False
        if solution is not None and solution.objective < self.best - 1e-6:
            improved = self.dive(solution, self.best, 2)
        for person in group:
            self.master.fix(person, self.incumbent[person])
        return improved
