"""A few days of a few people solved anew on CBC, everybody else as they are: can an open place be filled that way?"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Literal

import pulp

from rostering.solver.cbc import run_cbc
from rostering.solver.compile import Compiled, Person, compile_problem, elastic
from rostering.solver.milp import CompactModel, Sum, merged
from rostering.solver.problem import Problem, Shift
from rostering.solver.standing import Change, Moves, Standing

MOST_CHOICES = 1200
"""Free choices (people times shifts) of a neighborhood; fewer days are freed where there would be more."""
RADII = (92, 7, 3, 1)
"""Days freed around the open place, the most that fit."""
OPEN_DAYS = 2
"""Other open places so many days around may be filled on the way: whoever must work two days in a row takes two."""
SECONDS = 4.0
"""The longest one model may take."""
MOVE_POINTS = 5.0
"""What a move counts beside points: nobody's shift changes hands for less."""
TINY = 1e-6

Aim = Literal["points", "cents", "moves", "free moves"]


class OutOfTimeError(Exception):
    """The solver was stopped before it knew."""


class Neighborhood:
    """The place's shift and the work of some people near it; what one of them leaves another must take."""

    def __init__(self, standing: Standing, change: Change, shift: Shift, people: Sequence[str]) -> None:
        self.standing, self.shift = standing, shift
        self.pins = standing.problem.pins - frozenset((change.unpinned,))
        self.free = self._days(people)
        sub = self._problem(change, people)
        place = sub.shift_index
        self.floor = {place[shift_id]: taken for shift_id, taken in self.taken.items()}
        self.current = [frozenset(place[held.id] for held in standing.given.get(staff_id, ())) for staff_id in people]
        self.compiled = self._compiled(sub)
        self.people = [self._settled(person, self.current[index]) for index, person in enumerate(self.compiled.people)]
        self.model: CompactModel | None = None

    def solve(self, aim: Aim, seconds: float, should_stop: Callable[[], bool]) -> Moves | None:
        """The moves that fill the place at the least points, cents or number of moves; None when nothing fills it.

        With `free moves` the roster must not cost more than it does with the place open; ask for them last. Raises
        OutOfTimeError.
        """
        began = time.monotonic()
        limit = min(seconds, SECONDS)
        if self.model is None:
            self.model = self._build(lambda: not should_stop() and time.monotonic() - began < limit)
        compact = self.model
        if not self._fills(compact):
            return None
        self._aim_at(compact, aim)
        left = limit - (time.monotonic() - began)
        if left < 0.2:
            raise OutOfTimeError
        outcome = run_cbc(compact.model, seconds=left, should_stop=should_stop)
        if outcome.values is None:
            if should_stop() or time.monotonic() - began >= limit - 0.1:
                raise OutOfTimeError
            return None
        return self._moves(compact.chosen(outcome.values))

    # -- the sub-problem -------------------------------------------------------------------------------------------

    def _days(self, people: Sequence[str]) -> range:
        """The widest span of days around the place whose free choices are not too many."""
        day, more = self.shift.day, 1 + len(self.standing.open_near(self.shift, OPEN_DAYS))
        for radius in RADII:
            span = range(day - radius, day + radius + 1)
            held = {shift.id for staff in people for shift in self.standing.given.get(staff, ()) if shift.day in span}
            if (len(held) + more) * len(people) <= MOST_CHOICES:
                return span
        return range(day, day + 1)

    def _problem(self, change: Change, people: Sequence[str]) -> Problem:
        standing = self.standing
        problem = standing.problem
        taken: dict[str, int] = {self.shift.id: 0}
        pins: set[tuple[str, str]] = set()
        for staff_id in people:
            for held in standing.given.get(staff_id, ()):
                taken[held.id] = taken.get(held.id, 0) + 1
                if held.day not in self.free or (staff_id, held.id) in self.pins:
                    pins.add((staff_id, held.id))
        staff = tuple(
            change.staff if change.staff is not None and change.staff.id == staff_id else standing.staff(staff_id)
            for staff_id in people
        )
        asked = {shift_id: number + (shift_id == self.shift.id) for shift_id, number in taken.items()}
        for near in standing.open_near(self.shift, OPEN_DAYS):
            asked[near.id] = taken.setdefault(near.id, 0) + near.headcount - standing.count.get(near.id, 0)
        shifts = tuple(
            replace(shift, headcount=asked[shift.id], over_cost=None) for shift in problem.shifts if shift.id in asked
        )
        self.taken = {**taken, self.shift.id: taken[self.shift.id] + 1}
        return replace(problem, shifts=shifts, staff=staff, pins=frozenset(pins), budget_cents=None)

    def _compiled(self, sub: Problem) -> Compiled:
        """The sub-problem as the model reads it; work that a rule refuses by itself stays where it is, as a pin."""
        compiled = compile_problem(sub)
        refused = {
            (person.staff.id, sub.shifts[position].id)
            for person, current in zip(compiled.people, self.current, strict=True)
            for position in current - set(person.candidates)
        }
        return compile_problem(replace(sub, pins=sub.pins | refused)) if refused else compiled

    def _settled(self, person: Person, current: frozenset[int]) -> Person:
        """The person with the choices that are theirs here; elastic where their work breaks a rule as it stands."""
        shifts = self.compiled.shifts
        kept = tuple(p for p in person.candidates if p in current or shifts[p].day in self.free)
        person = replace(person, candidates=kept)
        return elastic(person, self.compiled.breach) if self.compiled.pattern(person, current).broken else person

    # -- the model -------------------------------------------------------------------------------------------------

    def _build(self, alive: Callable[[], bool]) -> CompactModel:
        compact = CompactModel(self.compiled, self.people)
        if not compact.build(alive):
            raise OutOfTimeError
        for position, floor in self.floor.items():
            terms = [(work[position], -1.0) for work in compact.work if position in work]
            compact.at_most(Sum(terms), -floor)
        budget = self.standing.problem.budget_cents
        if budget is not None:
            self.budget_left = max(0.0, budget - self.standing.cents)
        return compact

    def _fills(self, compact: CompactModel) -> bool:
        place = self.compiled.problem.shift_index[self.shift.id]
        return any(place in work for work in compact.work)

    def _aim_at(self, compact: CompactModel, aim: Aim) -> None:
        points = compact.objective.plus(compact.cents, compact.weight)
        moves = [
            (variable, 1.0)
            for work, current in zip(compact.work, self.current, strict=True)
            for position, variable in work.items()
            if position not in current
        ]
        before = [
            self.compiled.pattern(person, current) for person, current in zip(self.people, self.current, strict=True)
        ]
        if aim != "cents" and self.standing.problem.budget_cents is not None:
            compact.at_most(compact.cents, sum(pattern.cents for pattern in before) + self.budget_left)
        if aim == "free moves":
            compact.at_most(points, sum(self.compiled.cost(pattern) for pattern in before) + self._open_cost() + TINY)
        goal = {
            "points": points.plus(Sum(moves), MOVE_POINTS),
            "cents": compact.cents.plus(points, TINY).plus(Sum(moves), TINY),
        }.get(aim, Sum(moves).plus(points, TINY))
        compact.model.setObjective(pulp.LpAffineExpression(merged(goal.terms), goal.constant))

    def _open_cost(self) -> float:
        """What the places cost that are open before anybody moves."""
        place = self.compiled.problem.shift_index[self.shift.id]
        return self.shift.under_cost + sum(
            (shift.headcount - self.floor[position]) * shift.under_cost
            for position, shift in enumerate(self.compiled.shifts)
            if position != place
        )

    def _moves(self, chosen: Collection[frozenset[int]]) -> Moves:
        gains, losses = set(), set()
        for person, now, before in zip(self.people, chosen, self.current, strict=True):
            gains |= {(person.staff.id, self.compiled.shifts[place].id) for place in now - before}
            losses |= {(person.staff.id, self.compiled.shifts[place].id) for place in before - now}
        return Moves(frozenset(gains), frozenset(losses))
