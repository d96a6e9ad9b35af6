"""Premiums on wages for some shifts: nights, a hard site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.cost import Cost
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import counted, money
from rostering.solver.primitives import Linear, Primitive
from rostering.solver.problem import Match, Shift, Staff, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium(BaseRule):
    """Shifts in scope cost `percent` more. Its matches are money, in cents, like those of wages."""

    kind: ClassVar[str] = "premium"
    title: ClassVar[str] = "Premium"

    required: bool = False
    percent: float

    def cents(self, staff: Staff, shift: Shift) -> float:
        """The premium of one shift, in cents."""
        return shift.paid_minutes * staff.rate_cents_per_hour / 60 * self.percent / 100

    def check(self, timeline: Timeline) -> list[Match]:
        """One match with the person's premium."""
        staff = timeline.staff
        shifts = self.scope.select(timeline.assigned, timeline.calendar)
        cents = sum(self.cents(staff, shift) for shift in shifts)
        if not cents:
            return []
        text = f"{self.percent:g} % on {counted(len(shifts), f'{self.scope.adjective}shift')} costs {money(cents)}"
        found = self.match(timeline, text, cents, [shift.id for shift in shifts])
        return [replace(found, rule=Cost.kind, cost=0.0)]

    def encode(self, view: View) -> Iterable[Primitive]:
        """A price on each shift in scope."""
        costs = {index: self.cents(view.staff, shift) for index, shift in self.scope.candidates(view)}
        if any(costs.values()):
            yield Linear(costs, cents=True)

    def sentence(self) -> str:
        """The rule in words."""
        return f"{self.scope.adjective.capitalize()}shifts are paid {self.percent:g} % more."


KIND = RuleKind(
    code="premium",
    label="Premium on wages",
    help="Shifts with a tag or of a type are paid so many percent more. Sundays, holidays and overtime are set on the "
    "contract.",
    make=lambda columns: Premium(percent=columns.weight, scope=columns.scope),
    one_of=("tags", "shift_types"),
    defaults={"required": False, "weight": 25.0},
    required=False,
    weight_help="Percent on top of the hourly rate.",
)
