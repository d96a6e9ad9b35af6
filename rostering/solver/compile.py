"""From a problem to what the searches read: each person's candidate shifts, and their rules as primitives.

Pair rules that are required remove a pair before any search. Pins stay candidates whatever speaks against them: what
they break is reported by the checker, and the person's limits become elastic so that nothing *more* is broken.
Required minima may be out of reach, so they are always elastic: a price (`breach`) above anything gained instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rostering.solver.primitives import (
    Distinct,
    Forbid,
    Gap,
    Linear,
    Primitive,
    Run,
    Succession,
    Tier,
    Together,
    Total,
    evaluate,
)
from rostering.solver.problem import PairRule, Problem, Shift, Staff, View


@dataclass(frozen=True)
class Person:
    """One staff member as the searches see them; shifts are positions in `problem.shifts`.

    `points` and `cents` are what each candidate costs by itself; `limits` are the primitives that look at several
    shifts at once. An `elastic` person cannot keep every required rule: breaking one costs `Compiled.breach` a unit.
    """

    index: int
    staff: Staff
    candidates: tuple[int, ...]
    pins: frozenset[int]
    points: Mapping[int, float]
    cents: Mapping[int, float]
    constant_points: float
    constant_cents: float
    limits: tuple[Primitive, ...]
    elastic: bool = False


@dataclass(frozen=True)
class Pattern:
    """A person's work in a roster, with what it costs by itself: points, cents, and units of required rules broken."""

    shifts: frozenset[int]
    points: float
    cents: float
    broken: float


@dataclass(frozen=True)
class Compiled:
    """A problem ready to be searched. `breach` is the price of breaking a required limit by one unit."""

    problem: Problem
    people: tuple[Person, ...]
    breach: float

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """The problem's shifts."""
        return self.problem.shifts

    def pattern(self, person: Person, chosen: frozenset[int]) -> Pattern:
        """Cost a person's choice by the reference meaning of their primitives."""
        found = evaluate(person.limits, chosen, self.shifts)
        points = person.constant_points + sum(person.points[index] for index in chosen)
        cents = person.constant_cents + sum(person.cents.get(index, 0.0) for index in chosen)
        return Pattern(chosen, points + found.points, cents + found.cents, found.broken)

    def cost(self, pattern: Pattern) -> float:
        """What the searches minimize for one person: points, weighed cents, and the price of what is broken."""
        return pattern.points + self.problem.cost_weight * pattern.cents + self.breach * pattern.broken


def compile_problem(problem: Problem) -> Compiled:
    """Filter candidates, encode every rule, fold the pins in."""
    pins: dict[str, set[int]] = {}
    for staff_id, shift_id in problem.pins:
        problem.staff_index[staff_id]
        pins.setdefault(staff_id, set()).add(problem.shift_index[shift_id])
    people = tuple(
        _person(problem, index, staff, frozenset(pins.get(staff.id, ()))) for index, staff in enumerate(problem.staff)
    )
    breach = _breach(problem, people)
    return Compiled(problem, tuple(_elastic_minima(person, breach) for person in people), breach)


def _breach(problem: Problem, people: Iterable[Person]) -> float:
    """More than any one person's whole pattern can gain elsewhere, so that no limit is ever traded for anything."""
    unit = max((shift.under_cost + (shift.over_cost or 0.0) for shift in problem.shifts), default=1.0)
    own = max((abs(value) for person in people for value in person.points.values()), default=0.0)
    money = max((abs(value) for person in people for value in person.cents.values()), default=0.0)
    return 20.0 * max(7, problem.calendar.days) * (1.0 + unit + own + problem.cost_weight * money)


def _person(problem: Problem, index: int, staff: Staff, pins: frozenset[int]) -> Person:
    candidates: list[int] = []
    points: dict[int, float] = {}
    required = [rule for rule in staff.pair_rules if rule.required]
    preferred = [rule for rule in staff.pair_rules if not rule.required]
    for position, shift in enumerate(problem.shifts):
        if position in pins or not _objects(required, staff, shift):
            candidates.append(position)
            points[position] = sum(rule.weight for rule in preferred if rule.objection(staff, shift) is not None)
    view = View(problem, staff, tuple(candidates))
    primitives = [primitive for rule in staff.rules for primitive in rule.encode(view)]
    forbidden = {s for primitive in primitives if isinstance(primitive, Forbid) for s in primitive.shifts} - pins
    candidates = [position for position in candidates if position not in forbidden]
    points = {position: points[position] for position in candidates}
    cents: dict[int, float] = {}
    constant_points = constant_cents = 0.0
    limits: list[Primitive] = []
    for primitive in primitives:
        if isinstance(primitive, Linear):
            into = cents if primitive.cents else points
            for position, value in primitive.costs.items():
                if position in points:
                    into[position] = into.get(position, 0.0) + value
            constant_cents += primitive.constant if primitive.cents else 0.0
            constant_points += 0.0 if primitive.cents else primitive.constant
        elif not isinstance(primitive, Forbid):
            limits.append(primitive)
    merged = tuple(_merge_gaps(limits))
    return Person(index, staff, tuple(candidates), pins, points, cents, constant_points, constant_cents, merged)


def _objects(required: list[PairRule], staff: Staff, shift: Shift) -> bool:
    """Whether one of the rules objects; it is asked first the next time."""
    for place, rule in enumerate(required):
        if rule.objection(staff, shift) is not None:
            required.insert(0, required.pop(place))
            return True
    return False


def _merge_gaps(limits: list[Primitive]) -> Iterable[Primitive]:
    """Required rests speak of the same neighbours: one primitive with the larger need says the same."""
    after: dict[int, int] = {}
    travel: dict[frozenset[str], int] = {}
    gaps = [limit for limit in limits if isinstance(limit, Gap) and limit.cost is None]
    for gap in gaps:
        for position, minutes in gap.after.items():
            after[position] = max(minutes, after.get(position, 0))
        for sites, minutes in (gap.travel or {}).items():
            travel[sites] = max(minutes, travel.get(sites, 0))
    if gaps:
        yield Gap(after, None, travel or None)
    yield from (limit for limit in limits if not (isinstance(limit, Gap) and limit.cost is None))


def elastic(person: Person, breach: float) -> Person:
    """The person with every required limit turned into a price, for those whose input contradicts itself."""
    return replace(person, limits=tuple(_soften(limit, breach) for limit in person.limits), elastic=True)


def _elastic_minima(person: Person, breach: float) -> Person:
    limits = tuple(
        replace(limit, under=_price(limit.under, breach / _unit(limit)))
        if isinstance(limit, Total | Distinct)
        else limit
        for limit in person.limits
    )
    return replace(person, limits=limits)


def _unit(limit: Total | Distinct) -> int:
    return (math.gcd(*limit.values.values()) or 1) if isinstance(limit, Total) else 1


def _soften(limit: Primitive, breach: float) -> Primitive:
    if isinstance(limit, Total | Distinct):
        return replace(limit, over=_price(limit.over, breach / _unit(limit)))
    if isinstance(limit, Gap | Succession | Run | Together) and limit.cost is None:
        return replace(limit, cost=breach)
    return limit


def _price(tiers: tuple[Tier, ...], price: float) -> tuple[Tier, ...]:
    return tuple(Tier(tier.threshold, price) if tier.cost is None else tier for tier in tiers)
