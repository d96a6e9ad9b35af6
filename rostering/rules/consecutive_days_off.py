"""Days off in a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.consecutive_days import day_line, day_slots
from rostering.rules.context import remembered
from rostering.rules.kinds import RuleKind
from rostering.rules.runs import encode_idle, idle_gaps
from rostering.rules.sentences import counted, span
from rostering.solver.easing import Easing
from rostering.solver.primitives import Primitive
from rostering.solver.problem import Match, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsecutiveDaysOff(BaseRule):
    """Between two days of work lie no days off or at least `minimum`; no shift starts on a day off.

    Days off that reach into unknown days are never too few.
    """

    kind: ClassVar[str] = "consecutive_days_off"
    title: ClassVar[str] = "Consecutive days off"

    minimum: int

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each run of days off that is too short."""
        calendar = timeline.calendar
        line = remembered(self, timeline.staff, calendar, day_line)
        own = self.scope.select(timeline.assigned, calendar)
        days = {shift.day for shift in own}
        found = []
        for first, last in idle_gaps(days | line.fixed, self.minimum, line) if days else ():
            length = last - first + 1
            text = f"{counted(length, 'day')} off, {span(calendar, first, last)}, at least {self.minimum} needed"
            around = [shift.id for shift in own if shift.day in (first - 1, last + 1)]
            found.append(self.match(timeline, text, self.minimum - length, around, first))
        return found

    def ease(self, timeline: Timeline) -> Easing | None:
        """A lower minimum: as many days off as the shortest run has."""
        calendar = timeline.calendar
        line = remembered(self, timeline.staff, calendar, day_line)
        days = {shift.day for shift in self.scope.select(timeline.assigned, calendar)}
        gaps = [(last - first + 1, first, last) for first, last in idle_gaps(days | line.fixed, self.minimum, line)]
        if not gaps:
            return None
        length, first, last = min(gaps)
        text = (
            f"Allow {timeline.staff.name} {counted(length, 'day')} off in a row, {span(calendar, first, last)}, "
            f"instead of at least {self.minimum}"
        )
        return self.eased(timeline, text, (self.minimum - length) / self.minimum, replace(self, minimum=length))

    def encode(self, view: View) -> Iterable[Primitive]:
        """Idle runs between days of work, context included."""
        line = remembered(self, view.staff, view.calendar, day_line)
        return encode_idle(line, day_slots(self.scope, view), minimum=self.minimum, cost=self.cost)

    def sentence(self) -> str:
        """The rule in words."""
        between = f" between {self.scope.adjective}shifts" if self.scope.adjective else ""
        return f"At least {counted(self.minimum, 'day')} off in a row{between}."


KIND = RuleKind(
    code="consecutive_days_off",
    label="Consecutive days off",
    help="Days off come in runs of at least so many, across the edges of the roster.",
    make=lambda columns: ConsecutiveDaysOff(
        minimum=columns.minimum or 1, required=columns.required, weight=columns.weight, scope=columns.scope
    ),
    uses={"minimum": "Least days off in a row."},
    needs=("minimum",),
    defaults={"minimum": 2},
    least={"minimum": 1},
    units={"minimum": "days"},
    weight_help="Points for each day off too few.",
)
