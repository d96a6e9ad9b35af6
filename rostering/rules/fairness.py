"""Fairness: working time, nights, weekends and holidays shared out by contract, what history says included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BaseRule, Scope
from rostering.rules.context import remembered
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import counted, duration
from rostering.solver.primitives import Primitive, Tier, Total
from rostering.solver.problem import Calendar, Match, Shift, Staff, Timeline, View

MINUTES = "minutes"
"""The measure of a fairness rule that speaks of all shifts."""

_STEPS = 3
"""How many times the price rises with distance, so that two people one night off beat one person two nights off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness(BaseRule):
    """A person's share of the roster lies within `tolerance` of `target`; each further step away costs as much again.

    Without tags or types it measures paid minutes (weight: points an hour), with them numbers of such shifts. Work
    elsewhere during the roster counts. Without a target (`aimed` sets it, person by person) the rule says nothing.
    """

    kind: ClassVar[str] = "fairness"
    title: ClassVar[str] = "Fairness"

    required: bool = False
    tolerance: int = 0
    target: float | None = None

    @property
    def measure(self) -> str:
        """What is shared out: `minutes`, or the tags and types counted; the name of its balance in history."""
        return "+".join(sorted(self.scope.tags | self.scope.types)) or MINUTES

    @property
    def unit_cost(self) -> float:
        """Points for each minute or shift off the share."""
        return self.weight / 60 if self.measure == MINUTES else self.weight

    @property
    def step(self) -> int:
        """Distance after which each unit costs more: a working day, or a shift."""
        return 480 if self.measure == MINUTES else 1

    def amount(self, shift: Shift) -> int:
        """What the shift adds to the measure."""
        return shift.paid_minutes if self.measure == MINUTES else 1

    def total(self, shifts: Sequence[Shift], calendar: Calendar) -> int:
        """The measure of the shifts that start on the roster's days."""
        return sum(self.amount(s) for s in self.scope.select(shifts, calendar) if 0 <= s.day < calendar.days)

    def check(self, timeline: Timeline) -> list[Match]:
        """One match when the person is off their share."""
        if self.target is None:
            return []
        staff, calendar = timeline.staff, timeline.calendar
        total = self.total(timeline.assigned, calendar) + remembered(self, staff, calendar, _context_total)
        off = abs(total - self.target) - self.tolerance
        if off <= 0 or not self.weight:
            return []
        points = sum(max(0.0, off - self.step * n) for n in range(_STEPS)) * self.unit_cost
        text = f"{self._figure(total)}, fair share {self._figure(self.target)}"
        found = self.match(timeline, text, off, [s.id for s in self.scope.select(timeline.assigned, calendar)])
        return [replace(found, cost=points)]

    def _figure(self, number: float) -> str:
        if self.measure == MINUTES:
            return duration(number)
        return counted(round(number, 1), f"{self.scope.adjective}shift")

    def encode(self, view: View) -> Iterable[Primitive]:
        """One Total with rising tiers on both sides of the target."""
        if self.target is None or not self.weight:
            return
        last = view.calendar.days - 1
        values = {i: self.amount(s) for i, s in self.scope.candidates(view) if 0 <= s.day <= last}
        offset = self.total(view.staff.context, view.calendar)
        most = offset + sum(values.values())
        over = [self.target + self.tolerance + self.step * n for n in range(_STEPS)]
        under = [self.target - self.tolerance - self.step * n for n in range(_STEPS)]
        above = tuple(Tier(limit, self.unit_cost) for limit in over if limit < most)
        below = tuple(Tier(limit, self.unit_cost) for limit in under if limit > offset)
        if above or below:
            yield Total(values, above, below, offset, False, 0, last)

    def sentence(self) -> str:
        """The rule in words."""
        what = "Working time is" if self.measure == MINUTES else f"{self.scope.adjective.capitalize()}shifts are"
        slack = f", within {self._figure(self.tolerance)}" if self.tolerance else ""
        return f"{what} shared out fairly{slack}, counting history."


def standard(weight: float, tags: Iterable[str] = ("night", "weekend", "holiday")) -> tuple[Fairness, ...]:
    """The usual set: working time, and shifts with each of the tags; `weight` is points an hour or a shift."""
    time = Fairness(weight=weight)
    return (time, *(Fairness(weight=weight, scope=Scope(tags=frozenset((tag,)))) for tag in tags))


def aimed(
    staff: Sequence[Staff], shifts: Sequence[Shift], calendar: Calendar, shares: Mapping[str, float]
) -> tuple[Staff, ...]:
    """The staff with targets set in their fairness rules.

    Everybody under the same fairness rule shares the roster's demand, and what they work elsewhere during it, by their
    `shares` (by staff id; contract minutes, say). `Staff.balances` hold what each did in the window of history.
    """
    targets: dict[tuple[Scope, str], dict[str, float]] = {}
    for scope, measure in {(rule.scope, rule.measure) for person in staff for rule in _rules(person)}:
        group = [person for person in staff if any(rule.scope == scope for rule in _rules(person))]
        rule = Fairness(scope=scope)
        demand = sum(rule.amount(s) * s.headcount for s in scope.select(shifts, calendar) if 0 <= s.day < calendar.days)
        demand += sum(rule.total(person.context, calendar) for person in group)
        done = {person.id: dict(person.balances).get(measure, 0.0) for person in group}
        targets[scope, measure] = fair_targets(demand, {p.id: shares.get(p.id, 0.0) for p in group}, done)
    return tuple(
        replace(
            person,
            rules=tuple(
                replace(rule, target=targets[rule.scope, rule.measure][person.id])
                if isinstance(rule, Fairness)
                else rule
                for rule in person.rules
            ),
        )
        for person in staff
    )


def _context_total(rule: Fairness, staff: Staff, calendar: Calendar) -> int:
    return rule.total(staff.context, calendar)


def _rules(person: Staff) -> list[Fairness]:
    return [rule for rule in person.rules if isinstance(rule, Fairness)]


def fair_targets(total: float, shares: Mapping[str, float], done: Mapping[str, float]) -> dict[str, float]:
    """How much of `total` each should do, so that with what they have done they come as near their shares as can be.

    Levels up from below (water-filling): target = max(0, share × level − done), the level such that the targets add up
    to `total`. Whoever is far ahead gets nothing; who has no share gets nothing.
    """
    sharing = sorted((done.get(p, 0.0) / share, share, p) for p, share in shares.items() if share > 0)
    level = weight = filled = 0.0
    for height, share, _ in sharing:
        if weight and filled + total <= height * weight:
            break
        weight += share
        filled += height * share
    level = (filled + total) / weight if weight else 0.0
    return {p: max(0.0, share * level - done.get(p, 0.0)) if share > 0 else 0.0 for p, share in shares.items()}


KIND = RuleKind(
    code="fairness",
    label="Fairness",
    help="Shares out working time or, with tags or types, such shifts (nights, weekends, holidays) by contract hours, "
    "counting what each did before.",
    make=lambda columns: Fairness(weight=columns.weight, scope=columns.scope, tolerance=columns.maximum or 0),
    uses={"maximum": "How far off the share costs nothing: minutes, or shifts where tags or types are given."},
    defaults={"required": False, "weight": 1.0},
    required=False,
    weight_help="Points for each hour or shift off the share; a working day or a shift further costs as much again.",
)
