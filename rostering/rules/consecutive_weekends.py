"""Weekends worked in a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.context import remembered
from rostering.rules.kinds import RuleKind
from rostering.rules.runs import Limits, Line, encode_work, excess, stretches
from rostering.rules.sentences import counted, span
from rostering.rules.weekends import saturdays
from rostering.solver.easing import Easing
from rostering.solver.primitives import Primitive
from rostering.solver.problem import Calendar, Match, Staff, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsecutiveWeekends(BaseRule):
    """Runs of weekends with any work on Saturday or Sunday; runs go on into context before and after."""

    kind: ClassVar[str] = "consecutive_weekends"
    title: ClassVar[str] = "Consecutive weekends"

    maximum: int

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each run too long."""
        calendar = timeline.calendar
        own = {s.id: saturdays(s, calendar) for s in self.scope.select(timeline.assigned, calendar)}
        worked = {saturday // 7 for found in own.values() for saturday in found}
        if not worked:
            return []
        offset = _first_saturday(calendar) % 7
        fixed = remembered(self, timeline.staff, calendar, _context_weekends)
        matches = []
        for first, last in stretches(worked | fixed):
            over = excess(first, last, self.maximum, fixed)
            if over:
                weekends = counted(last - first + 1, f"weekend of {self.scope.adjective}work")
                days = span(calendar, first * 7 + offset, last * 7 + offset + 1)
                text = f"{weekends} in a row, {days}, at most {self.maximum} allowed"
                ids = [shift for shift, found in own.items() if any(first <= s // 7 <= last for s in found)]
                matches.append(self.match(timeline, text, over, ids, first * 7 + offset))
        return matches

    def ease(self, timeline: Timeline) -> Easing | None:
        """A higher maximum: as many weekends as the longest run has."""
        calendar = timeline.calendar
        own = self.scope.select(timeline.assigned, calendar)
        fixed = remembered(self, timeline.staff, calendar, _context_weekends)
        runs = stretches({saturday // 7 for shift in own for saturday in saturdays(shift, calendar)} | fixed)
        long = [(last - first + 1, first, last) for first, last in runs if excess(first, last, self.maximum, fixed) > 0]
        if not long:
            return None
        length, first, last = max(long)
        offset = _first_saturday(calendar) % 7
        weekends = counted(length, f"weekend of {self.scope.adjective}work")
        days = span(calendar, first * 7 + offset, last * 7 + offset + 1)
        text = f"Allow {timeline.staff.name} {weekends} in a row, {days}, instead of at most {self.maximum}"
        return self.eased(timeline, text, (length - self.maximum) / self.maximum, replace(self, maximum=length))

    def encode(self, view: View) -> Iterable[Primitive]:
        """A Run over weekends, numbered by the weeks of their Saturdays."""
        calendar = view.calendar
        slots: dict[int, list[int]] = {}
        for index, shift in self.scope.candidates(view):
            for saturday in saturdays(shift, calendar):
                slots.setdefault(saturday // 7, []).append(index)
        if not slots:
            return ()
        fixed = remembered(self, view.staff, calendar, _context_weekends)
        first, last = min(slots), max(slots)
        line = Line(first, last, first, last, fixed)
        groups = {week: frozenset(indexes) for week, indexes in slots.items()}
        return encode_work(line, groups, Limits(minimum=None, maximum=self.maximum, cost=self.cost))

    def sentence(self) -> str:
        """The rule in words."""
        return f"At most {counted(self.maximum, f'weekend of {self.scope.adjective}work')} in a row."


def _context_weekends(rule: ConsecutiveWeekends, staff: Staff, calendar: Calendar) -> frozenset[int]:
    context = rule.scope.select(staff.context, calendar)
    return frozenset(saturday // 7 for shift in context for saturday in saturdays(shift, calendar))


def _first_saturday(calendar: Calendar) -> int:
    return -((calendar.weekday(0) - 5) % 7)


KIND = RuleKind(
    code="consecutive_weekends",
    label="Consecutive weekends",
    help="Weekends with work in a row, across the edges of the roster.",
    make=lambda columns: ConsecutiveWeekends(
        maximum=columns.maximum or 1, required=columns.required, weight=columns.weight, scope=columns.scope
    ),
    uses={"maximum": "Most weekends worked in a row."},
    needs=("maximum",),
    defaults={"maximum": 2},
    least={"maximum": 1},
    weight_help="Points for each weekend too many in a row.",
)
