"""Large problems in parts: groups of sites that share few people, solved side by side, then cut differently and again.

A first roster comes from `quick`, group by group. Then come passes. Each pass cuts the sites anew, gives every person
and every place to exactly one part, and lets `production` improve all parts in worker processes; whatever a part makes
better makes the whole better by as much, since everybody else stands still. What lay on a border in one pass lies
inside in another. The bound comes from the prices of all parts together, over the whole problem (`wholebound`).
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from rostering.solver.checker import MONEY_RULE
from rostering.solver.crew import Crew, CrewError
from rostering.solver.partition import Landscape, people_by_need, people_by_work, place_owners
from rostering.solver.parts import Part, roster_of, split
from rostering.solver.problem import Match, Problem
from rostering.solver.result import Algorithm, CrewLike, Result
from rostering.solver.session import Session
from rostering.solver.tally import Tally
from rostering.solver.trade import HEAT
from rostering.solver.wholebound import Floats, clipped, lower_bound
from rostering.solver.wire import sendable, to_wire

log = logging.getLogger(__name__)

LARGE, LARGE_SITE, FEW_SITES = 150, 600, 4
"""People from which on a problem is solved in parts (where it has few sites, the second figure)."""
PART_PEOPLE = 150
QUICK_PEOPLE = 60
"""People of a part when improving, and when making the first roster."""
FIRST_PASS, LATER_PASS = 0.5, 0.35
"""Share of the time left that a pass takes."""
PATTERN_SECONDS, PATTERN_ITERATIONS = 1.0, 20
"""Seconds a person, or iterations of a part, from which on patterns are generated after trading."""
LEAST_PART_SECONDS = 12.0
BOUND_SHARE = 0.12
"""Share of the run that the bound may take."""
PATIENCE_SECONDS = 0.7
"""How long workers may take to hand over what they have when everything is to end."""
OFFER_EVERY = 4.0
"""Seconds between two rosters of the whole."""
REPEATABLE_PASSES = 2
"""Passes made when iterations are limited."""


def worthwhile(problem: Problem) -> bool:
    """Whether the problem is better solved in parts, and can be: it must be able to travel to other processes."""
    sites = len({shift.site for shift in problem.shifts})
    return sites > 0 and len(problem.staff) >= (LARGE_SITE if sites < FEW_SITES else LARGE) and sendable(problem)


def solve_in_parts(problem: Problem, session: Session, algorithm: Algorithm, part_people: int = PART_PEOPLE) -> Result:
    """The best roster found within the session's limits; judged as a whole, person by person, by the checker."""
    crew = (session.hooks.crew or Crew)(max(1, session.options.threads))
    try:
        _Decomposition(problem, session, crew, part_people).run(improve=algorithm != "fast")
    finally:
        crew.end()
    return session.result(algorithm)


class _Decomposition:
    """`chosen` is everyone's work now: the best roster, kept up to date as parts come back."""

    def __init__(self, problem: Problem, session: Session, crew: CrewLike, part_people: int) -> None:
        self.problem, self.session, self.crew = problem, session, crew
        self.part_people = min(part_people, math.ceil(len(problem.staff) / 2))
        self.tally = Tally(problem)
        session.judge = self.tally.judge
        pins: list[set[int]] = [set() for _ in problem.staff]
        for staff_id, shift_id in problem.pins:
            pins[problem.staff_index[staff_id]].add(problem.shift_index[shift_id])
        self.chosen = [frozenset(shifts) for shifts in pins]
        self.prices = np.zeros(len(problem.shifts))
        self.offered = -OFFER_EVERY
        self.tasks = self.passes = 0
        self.learned = False
        self.everyone = list(range(len(problem.staff)))

    def run(self, improve: bool) -> None:
        """First roster, passes, bound."""
        session = self.session
        self.land = Landscape(self.problem)
        self.first()
        number = 0
        try:
            while improve and not self.over():
                number += 1
                if session.options.iterations is not None and number > REPEATABLE_PASSES:
                    break
                self.passes = number
                self.improve(number)
                if number == 1 and not self.over():
                    self.bound()
        except CrewError as error:
            log.error("The roster is not improved any further: %s.", error)

    def over(self) -> bool:
        """Whether to stop; limited iterations are dealt out beforehand, so that it never hangs on who is done first."""
        session = self.session
        return session.asked_to_stop() or session.remaining <= 0 or session.proven

    # -- steps -----------------------------------------------------------------------------------------------------

    def first(self) -> None:
        """A legal roster, quickly; the groups that are done stand even when time runs out."""
        problem, session = self.problem, self.session
        session.enter("construction", "Making a first legal roster.")
        groups = self.land.groups(QUICK_PEOPLE, None)
        owners = place_owners(problem, groups)
        group_of = people_by_need(self.land, groups, session.options.seed)
        self._work(split(problem, group_of, owners, self.chosen, self._budgets(group_of)), "quick", 1e9, None)
        self.offer(always=True)

    def improve(self, number: int) -> None:
        """One pass: cut anew, improve every part."""
        session, problem = self.session, self.problem
        seed = 1000 * session.options.seed + number
        groups = self.land.groups(self.part_people, seed if number > 1 else None)
        session.enter("improving", f"Round {number}: improving {len(groups)} parts of the roster.")
        owners = place_owners(problem, groups)
        group_of = people_by_work(self.land, owners, self.chosen)
        parts = split(problem, group_of, owners, self.chosen, self._budgets(group_of))
        seconds, iterations = self._shares(parts, number)
        if session.options.iterations is None:
            random.Random(seed).shuffle(parts)  # noqa: S311
            parts = parts[: max(1, int(self._time_for_pass(number) * self.crew.size / LEAST_PART_SECONDS))]
        self._work(parts, "improve", seconds, iterations)
        self.offer(always=True)

    def bound(self) -> None:
        """Everyone's cheapest patterns at the prices of all parts; given up when it would take too much of the run."""
        session, problem = self.session, self.problem
        if session.judgement is None or session.judgement.broken:
            return
        session.enter("bounding", "Working out how good the roster is.")
        prices = clipped(problem, self.prices if self.learned else self._wages())
        limited = session.options.iterations is not None
        allowed = math.inf if limited else BOUND_SHARE * session.options.time_limit_seconds
        groups = self.land.groups(QUICK_PEOPLE, None)
        group_of = people_by_work(self.land, place_owners(problem, groups), self.chosen)
        least: list[float] = []
        parts = self._everything(group_of)
        requests = (
            self._request(part, "bound", 1e9, None)
            | {"prices": [float(prices[problem.shift_index[s.id]]) for s in part.problem.shifts]}
            for part in parts
        )
        began = session.seconds
        for message in self._follow(requests, allowed):
            if message["event"] == "done" and message["least"] is not None:
                least.append(message["least"])
                rounds = math.ceil(len(parts) / self.crew.size) / math.ceil(len(least) / self.crew.size)
                if (session.seconds - began) * rounds > 1.5 * allowed:
                    break
        if len(least) == len(parts):
            session.raise_bound(lower_bound(problem, prices, least))
            session.report()

    def _wages(self) -> Floats:
        """Prices that pay for a shift what it costs in wages on average, for want of better ones."""
        shifts = self.problem.shifts
        paid, minutes = 0.0, 0
        for person, positions in enumerate(self.chosen):
            paid += self._cents(person)
            minutes += sum(shifts[position].paid_minutes for position in positions)
        rate = self.problem.cost_weight * paid / minutes if minutes else 0.0
        return np.array([-rate * shift.paid_minutes for shift in shifts])

    def _everything(self, group_of: Sequence[int]) -> list[Part]:
        """Groups of people with every shift they might work, wherever it is."""
        problem, land = self.problem, self.land
        parts = []
        for group in sorted(set(group_of)):
            people = tuple(person for person in self.everyone if group_of[person] == group)
            sites = {land.sites[site] for person in people for site in land.may[person]}
            names = {problem.staff[person].id for person in people}
            pins = frozenset(pin for pin in problem.pins if pin[0] in names)
            pinned = {shift for _, shift in pins}
            shifts = tuple(s for s in problem.shifts if s.site in sites or s.id in pinned)
            staff = tuple(problem.staff[person] for person in people)
            inner = Problem(problem.calendar, shifts, staff, pins, None, problem.cost_weight, problem.currency)
            parts.append(Part(group, people, inner, frozenset()))
        return parts

    # -- shares ----------------------------------------------------------------------------------------------------

    def _time_for_pass(self, number: int) -> float:
        return self.session.remaining * (FIRST_PASS if number == 1 else LATER_PASS)

    def _patterns(self, part: Part, seconds: float, iterations: int | None) -> bool:
        """Whether a part has the time for patterns; rosters that break something need them in any case."""
        verdict = self.session.judgement
        if verdict is not None and verdict.broken:
            return True
        people = len(part.people)
        return (iterations >= PATTERN_ITERATIONS) if iterations is not None else seconds >= PATTERN_SECONDS * people

    def _shares(self, parts: Sequence[Part], number: int) -> tuple[float, int | None]:
        """Seconds and iterations of each part."""
        limit = self.session.options.iterations
        if limit is not None:
            return 1e9, max(1, limit // (REPEATABLE_PASSES * len(parts)))
        return max(LEAST_PART_SECONDS, self._time_for_pass(number) * self.crew.size / len(parts)), None

    def _budgets(self, group_of: Sequence[int]) -> list[int] | None:
        """What each group may spend: what its people cost now, and a share of the rest by their number."""
        budget = self.problem.budget_cents
        if budget is None:
            return None
        spent = [0.0] * (max(group_of) + 1)
        people = [0] * len(spent)
        for person, group in enumerate(group_of):
            spent[group] += self._cents(person)
            people[group] += 1
        rest = budget - sum(spent)
        return [int(cents + rest * number / len(group_of)) for cents, number in zip(spent, people, strict=True)]

    def _cents(self, person: int) -> float:
        return sum(match.amount for match in self._matches(person, self.chosen[person]) if match.rule == MONEY_RULE)

    def _matches(self, person: int, shifts: frozenset[int]) -> list[Match]:
        names = frozenset(self.problem.shifts[shift].id for shift in shifts)
        return self.tally.matches(self.problem.staff[person].id, names)

    # -- work ------------------------------------------------------------------------------------------------------

    def _request(self, part: Part, kind: str, seconds: float, iterations: int | None) -> dict[str, Any]:
        self.tasks += 1
        return {
            "task": self.tasks,
            "kind": kind,
            "problem": to_wire(part.problem),
            "start": sorted(map(list, part.start)),
            "seconds": seconds,
            "iterations": iterations,
            "patterns": self._patterns(part, seconds, iterations),
            "heat": HEAT / max(1, self.passes) ** 2,
            "seed": self.session.options.seed + part.number,
        }

    def _work(self, parts: Sequence[Part], kind: str, seconds: float, iterations: int | None) -> None:
        """Have the parts solved and take what they bring."""
        at_work: dict[int, Part] = {}

        def requests() -> Iterator[dict[str, Any]]:
            for part in parts:
                left = max(0.1, self.session.remaining - PATIENCE_SECONDS)
                request = self._request(part, kind, min(seconds, left), iterations)
                at_work[request["task"]] = part
                yield request

        done = 0
        for message in self._follow(requests()):
            part = at_work[message["task"]]
            if message["event"] == "failed":
                self._failed(kind)
                continue
            self._merge(part, message["assignments"])
            if message["event"] == "done":
                done += 1
                self.session.message = f"{done} of {len(parts)} parts of the roster done."
                self.session.iterations += message["iterations"]
                self._learn(part, message.get("prices"))
            if self.session.judgement is not None:
                self.offer()

    def _failed(self, kind: str) -> None:
        if kind == "quick":
            raise CrewError("a part of the first roster could not be made")
        log.warning("A part of the roster could not be improved; it stays as it is.")

    def _follow(
        self, requests: Iterator[dict[str, Any]], allowed: float = math.inf
    ) -> Generator[dict[str, Any], None, None]:
        """The crew's messages, for so many seconds; when all is over, workers get a moment to hand over their best."""
        ending: float | None = None
        deadline = self.session.seconds + allowed
        with closing(self.crew.work(requests)) as messages:
            for message in messages:
                if message is not None:
                    yield message
                if ending is None and (self.over() or self.session.seconds > deadline):
                    ending = time.monotonic()
                    self.crew.ask_to_stop()
                elif ending is not None and time.monotonic() - ending > PATIENCE_SECONDS:
                    return

    def _merge(self, part: Part, pairs: Sequence[Sequence[str]]) -> None:
        """Take a part's roster, unless the checker finds more broken in it than before."""
        problem = self.problem
        found: dict[int, set[int]] = {person: set() for person in part.people}
        for staff_id, shift_id in sorted((staff, shift) for staff, shift in pairs):
            found[problem.staff_index[staff_id]].add(problem.shift_index[shift_id])
        changed = {p: frozenset(shifts) for p, shifts in found.items() if shifts != self.chosen[p]}
        before, after = (
            sum(match.required for person in changed for match in self._matches(person, shifts[person]))
            for shifts in (self.chosen, changed)
        )
        if after > before:
            log.warning("A part of the roster was refused: %s required rules broken more.", after - before)
            return
        for person, shifts in changed.items():
            self.chosen[person] = shifts

    def _learn(self, part: Part, prices: Sequence[float] | None) -> None:
        """Keep the prices of the places that are the part's own."""
        if prices is None:
            return
        self.learned = True
        for shift, price in zip(part.problem.shifts, prices, strict=True):
            self.prices[self.problem.shift_index[shift.id]] = price

    def offer(self, always: bool = False) -> None:
        """Offer the roster as it stands, now and then."""
        session = self.session
        if always or session.seconds - self.offered >= OFFER_EVERY:
            session.offer(roster_of(self.problem, self.everyone, self.chosen))
            self.offered = session.seconds
