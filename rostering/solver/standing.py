"""A finished roster, asked what a small change of it, and of its problem, would do. The checker's words alone count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rostering.solver.checker import MONEY_RULE, judge_person
from rostering.solver.problem import Match, PairRule, Problem, Rule, Shift, Staff, Timeline
from rostering.solver.result import Assignments, Judgement

Pair = tuple[str, str]
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a problem: a person changed (or, with an unknown id, hired), a shift, the budget, or a pin lifted.

    Without any of them only assignments move.
    """

    staff: Staff | None = None
    shift: Shift | None = None
    budget_cents: int | None = None
    unpinned: Pair | None = None

    def applied(self, problem: Problem) -> Problem:
        """The problem with the change made."""
        staff, shifts = problem.staff, problem.shifts
        if self.staff is not None and self.staff.id in problem.staff_index:
            staff = tuple(self.staff if person.id == self.staff.id else person for person in staff)
        elif self.staff is not None:
            staff = (*staff, self.staff)
        if self.shift is not None:
            shifts = tuple(self.shift if shift.id == self.shift.id else shift for shift in shifts)
        budget = problem.budget_cents if self.budget_cents is None else self.budget_cents
        return replace(
            problem, staff=staff, shifts=shifts, budget_cents=budget, pins=problem.pins - frozenset((self.unpinned,))
        )


AS_IS = Change()


@dataclass(frozen=True, slots=True)
class Moves:
    """Assignments that come and go, as (staff id, shift id) pairs."""

    gains: frozenset[Pair] = frozenset()
    losses: frozenset[Pair] = frozenset()


NO_MOVES = Moves()


@dataclass(frozen=True, slots=True)
class Effect:
    """By how much a verified change raises the objective (points, the filled place's cost included) and wages."""

    points: float
    cents: float


class Standing:
    """A roster with everyone's timeline; `effect` says what a change of it would do, if it may be made at all."""

    def __init__(self, problem: Problem, assignments: Assignments, judgement: Judgement) -> None:
        self.problem, self.judgement = problem, judgement
        self.given: dict[str, list[Shift]] = defaultdict(list)
        self.count: dict[str, int] = defaultdict(int)
        self.on: dict[str, set[str]] = defaultdict(set)
        for staff_id, shift_id in sorted(assignments):
            self.given[staff_id].append(problem.shifts[problem.shift_index[shift_id]])
            self.count[shift_id] += 1
            self.on[shift_id].add(staff_id)
        self.cents = sum(match.amount for match in judgement.matches if match.rule == MONEY_RULE)
        self._said: dict[str, _Said] = {}
        self._units: dict[str, dict[int, float]] = {}

    def shift(self, shift_id: str) -> Shift:
        """A shift by its id."""
        return self.problem.shifts[self.problem.shift_index[shift_id]]

    def staff(self, staff_id: str) -> Staff:
        """A person by their id."""
        return self.problem.staff[self.problem.staff_index[staff_id]]

    def open_near(self, shift: Shift, days: int) -> list[Shift]:
        """Other shifts with places open that start so many days around one."""
        return [
            self.shift(entry.shift)
            for entry in self.judgement.shortfalls
            if entry.shift != shift.id and abs(self.shift(entry.shift).day - shift.day) <= days
        ]

    def timeline(self, staff: Staff, moves: Moves = NO_MOVES, shift: Shift | None = None) -> Timeline:
        """The person's work after the moves; `shift` stands in for the one of its id."""
        lost = {shift_id for staff_id, shift_id in moves.losses if staff_id == staff.id}
        gained = [self.shift(shift_id) for staff_id, shift_id in sorted(moves.gains) if staff_id == staff.id]
        work = [held for held in (*self.given.get(staff.id, ()), *gained) if held.id not in lost]
        if shift is not None:
            work = [shift if held.id == shift.id else held for held in work]
        return self.problem.timeline(staff, work)

    def limits(self, staff: Staff, shift: Shift) -> list[Rule]:
        """The required rules on the person's work that one more shift would break, or break further."""
        longer = self.problem.timeline(staff, (*self.given.get(staff.id, ()), shift))
        before = self._units_of(staff)
        return [
            rule
            for place, rule in enumerate(staff.rules)
            if rule.required and _units(rule.check(longer)) > before[place] + TOLERANCE
        ]

    def _units_of(self, staff: Staff) -> dict[int, float]:
        if staff.id not in self._units:
            now = self.timeline(staff)
            self._units[staff.id] = {
                place: _units(rule.check(now)) for place, rule in enumerate(staff.rules) if rule.required
            }
        return self._units[staff.id]

    def effect(self, change: Change, moves: Moves, filled: str) -> Effect | None:
        """What the change and the moves do together, judged by the checker.

        None unless one more place of the shift `filled` is taken (or fewer are asked for), no other place is opened, no
        pin is moved, no required rule is broken further, and the budget holds.
        """
        pins = self.problem.pins - frozenset((change.unpinned,))
        points = self._cover(change, moves, filled)
        if points is None or moves.losses & pins:
            return None
        cents = 0.0
        changed = {staff_id for staff_id, _ in moves.gains | moves.losses}
        changed |= {change.staff.id} if change.staff is not None else set()
        changed |= self.on[change.shift.id] if change.shift is not None else set()
        for staff_id in sorted(changed):
            known = staff_id in self.problem.staff_index
            staff = change.staff if change.staff is not None and change.staff.id == staff_id else self.staff(staff_id)
            before = self._said_of(staff_id) if known else _Said()
            after = _Said.of(judge_person(self.timeline(staff, moves, change.shift)))
            if any(units > before.broken.get(key, 0.0) + TOLERANCE for key, units in after.broken.items()):
                return None
            points += after.points - before.points
            cents += after.cents - before.cents
        budget = self.problem.budget_cents if change.budget_cents is None else change.budget_cents
        if budget is not None and round(self.cents + cents) > max(budget, round(self.cents)):
            return None
        return Effect(points + self.problem.cost_weight * cents, cents)

    def _said_of(self, staff_id: str) -> _Said:
        if staff_id not in self._said:
            self._said[staff_id] = _Said.of(judge_person(self.timeline(self.staff(staff_id))))
        return self._said[staff_id]

    def _cover(self, change: Change, moves: Moves, filled: str) -> float | None:
        """Points for places short and extra, after less before; None where a place is opened or taken twice."""
        count: dict[str, int] = defaultdict(int)
        for _, shift_id in moves.gains:
            count[shift_id] += 1
        for _, shift_id in moves.losses:
            count[shift_id] -= 1
        points = 0.0
        for shift_id in {*count, filled}:
            shift, taken = self.shift(shift_id), self.count.get(shift_id, 0)
            new = change.shift if change.shift is not None and change.shift.id == shift_id else shift
            now = taken + count[shift_id]
            short, extra = max(0, shift.headcount - taken), max(0, taken - shift.headcount)
            new_short, new_extra = max(0, new.headcount - now), max(0, now - new.headcount)
            if new_short > short - (shift_id == filled) or (new.over_cost is None and new_extra > extra):
                return None
            points += (new_short - short) * shift.under_cost + (new_extra - extra) * (new.over_cost or 0.0)
        return points


def bars(staff: Staff, shift: Shift) -> list[PairRule]:
    """The required rules on single shifts that keep the person from this one."""
    return [rule for rule in staff.pair_rules if rule.required and rule.objection(staff, shift) is not None]


@dataclass(frozen=True)
class _Said:
    """What the checker says of one person: units of required rules broken, points, cents."""

    broken: Mapping[tuple[str, str], float] = field(default_factory=dict)
    points: float = 0.0
    cents: float = 0.0

    @classmethod
    def of(cls, matches: Iterable[Match]) -> _Said:
        broken: dict[tuple[str, str], float] = defaultdict(float)
        points = cents = 0.0
        for match in matches:
            if match.required:
                broken[match.rule, match.label] += match.amount
            elif match.rule == MONEY_RULE:
                cents += match.amount
            else:
                points += match.cost
        return cls(broken, points, cents)


def _units(matches: Iterable[Match]) -> float:
    return sum(match.amount for match in matches)
