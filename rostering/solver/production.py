"""`production`: choose one work pattern per person. Column generation, dives to whole rosters, then neighborhoods."""

from __future__ import annotations

import random

import numpy as np

from rostering.solver.choice import choose
from rostering.solver.columns import UNLIMITED, Generator
from rostering.solver.master import Master, Relaxed
from rostering.solver.session import Session
from rostering.solver.shake import Shaker
from rostering.solver.team import Team

ROOT_SHARE, WARM_SHARE = 0.5, 0.3
WARM_ROUNDS = 60
SURE = 0.8
"""A pattern the program takes at least so much of is fixed in a dive."""
CHOICE_SECONDS = 2.0
SHAKE_STEPS, SHAKE_SECONDS = 400, 2.0
GROUPS_PER_TURN = 4
SWEEP_SECONDS = 1.0
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
    """One run of the pattern-based search; `incumbent` is the best roster as pattern numbers."""

    def __init__(self, team: Team, session: Session) -> None:
        self.team, self.session = team, session
        self.generator = Generator(team, session, session.options.threads)
        self.pool = self.generator.pool
        self.rng = random.Random(session.options.seed)  # noqa: S311 - repeatable, not secret
        self.incumbent = [self.generator.add_pattern(person, shifts) for person, shifts in enumerate(team.chosen)]
        self.best = team.cost()
        self.everyone = list(range(len(team.members)))
        self.shaker = Shaker(self.generator, self.rng)

    def run(self) -> None:
        """Root, dive, neighborhoods."""
        session, generator = self.session, self.generator
        session.enter("bounding", "Setting prices.")
        self.sweep()
        master = generator.program(self.everyone, self.incumbent, [])
        generator.warm_up(master, self._upper(), WARM_ROUNDS, WARM_SHARE)
        solution = generator.root(master, ROOT_SHARE)
        if solution is not None:
            session.enter("diving", "Choosing patterns.")
            self.dive(master, solution, self.best, 3 if session.share() < ROOT_SHARE / 2 else 1)
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

    def dive(self, master: Master, solution: Relaxed | None, target: float, rounds: int = 3) -> bool:
        """Fix the surest patterns, re-price the rest, until all have one; gives up when `target` is out of reach."""
        try:
            while solution is not None and not self.session.over():
                if solution.objective > target - 1e-6:
                    return False
                if not master.open_people:
                    return self.take(master.chosen())
                self._fix_surest(master, solution)
                self.session.iterations += 1
                solution = self.generator.local(master, rounds, target)
            return False
        finally:
            master.free()

    def _fix_surest(self, master: Master, solution: Relaxed) -> None:
        people = master.open_people
        surest = sorted(
            (-share, person, -place) for person in people for share, place in [master.favorite(person, solution.values)]
        )
        whole = -surest[-1][0] > 1 - 1e-6
        most = len(surest) if whole else max(1, len(people) // 6)
        chosen = [entry for entry in surest if -entry[0] >= SURE][:most] or surest[:1]
        for _, person, place in chosen:
            master.fix(person, place)

    # -- neighborhoods ---------------------------------------------------------------------------------------------

    def neighborhoods(self) -> None:
        """In turns: shake the roster, free some people and generate for them, choose among everything known."""
        size, fails = min(len(self.everyone), 6), 0
        while not self.session.over() and self.everyone:
            self._shake()
            for _ in range(GROUPS_PER_TURN):
                if self.session.over():
                    return
                group = sorted(self.rng.sample(self.everyone, size))
                began = self.session.seconds
                self.session.iterations += 1
                fails = 0 if self._improve(group) else fails + 1
                elapsed = self.session.seconds - began
                self.session.message = f"Improving parts of the roster: {size} people at a time ({elapsed:.1f} s)."
            if fails > 3 * max(1, len(self.everyone) // size):
                size, fails = min(len(self.everyone), size + 2), 0

    def _shake(self) -> None:
        """A short annealed walk of exact re-rosterings, from the best roster."""
        self.session.iterations += 1
        start = self.shaker.draft(self.incumbent)
        scale = max(1.0, 0.003 * abs(self.best))
        found = self.shaker.run(start, SHAKE_STEPS, SHAKE_SECONDS, scale * self.rng.random(), 4)
        if found.cost < self.best - 1e-6:
            self.take({p: n for p, n in enumerate(found.numbers) if n != self.incumbent[p]})

    def _improve(self, group: list[int]) -> bool:
        master = self.generator.program(group, self._start(group), self.incumbent)
        target = self.best - 1e-6
        solution = self.generator.local(master, 12, target)
        if solution is None or solution.objective > target:
            return False
        if self.dive(master, solution, self.best, 2):
            return True
        present = {person: self.incumbent[person] for person in group}
        chosen = choose(master, self.session, seconds=CHOICE_SECONDS, cutoff=target, incumbent=present)
        return chosen is not None and self.take(chosen)

    def _start(self, group: list[int]) -> list[int]:
        """The freed people's patterns that look best at the root's prices, the present ones among them."""
        price = self.generator.price_now
        numbers = []
        for person in group:
            known = self.pool.of[person]
            columns = self.pool.columns
            ranked = sorted(known, key=lambda n: columns[n].cost + float(price[list(columns[n].shifts)].sum()))
            numbers.extend(ranked[:KEPT_PATTERNS])
            if self.incumbent[person] not in ranked[:KEPT_PATTERNS]:
                numbers.append(self.incumbent[person])
        return numbers
