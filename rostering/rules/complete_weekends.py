"""Complete weekends: Saturday and Sunday are both worked or both off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.base import BaseRule, Scope
from rostering.rules.context import remembered
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import on_date
from rostering.solver.primitives import Primitive, Together
from rostering.solver.problem import Calendar, Match, Staff, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteWeekends(BaseRule):
    """A weekend touched by work on one day is touched on the other too; one reaching into the unknown is not judged.

    A half that context works inside the roster is not this roster's to complete; one right outside of it is.
    """

    kind: ClassVar[str] = "complete_weekends"
    title: ClassVar[str] = "Complete weekends"

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each weekend half worked."""
        calendar = timeline.calendar
        own = self.scope.select(timeline.assigned, calendar)
        mine = {day for shift in own for day in shift.days_touched}
        theirs = remembered(self, timeline.staff, calendar, _context_days)
        worked = mine | theirs
        found = []
        for saturday in _judged(self.scope, calendar):
            sunday = saturday + 1
            if (saturday in worked) == (sunday in worked):
                continue
            half, other = (saturday, sunday) if saturday in worked else (sunday, saturday)
            if half in theirs and not _ours(half, other, calendar):
                continue
            text = f"works on {on_date(calendar.date(half))} but not on {on_date(calendar.date(other))}"
            found.append(self.match(timeline, text, 1, [s.id for s in own if half in s.days_touched], half))
        return found

    def encode(self, view: View) -> Iterable[Primitive]:
        """The halves of each weekend, to be worked together."""
        calendar = view.calendar
        touching: dict[int, list[int]] = {}
        for index, shift in self.scope.candidates(view):
            for day in shift.days_touched:
                touching.setdefault(day, []).append(index)
        theirs = remembered(self, view.staff, calendar, _context_days)
        sets, fixed = [], []
        for saturday in _judged(self.scope, calendar):
            halves = (saturday, saturday + 1)
            flags = (halves[0] in theirs, halves[1] in theirs)
            seam = (flags[0] and _ours(*halves, calendar)) or (flags[1] and _ours(halves[1], halves[0], calendar))
            if all(flags) or (any(flags) and not seam):
                continue
            groups = (frozenset(touching.get(halves[0], ())), frozenset(touching.get(halves[1], ())))
            if any(flags) or any(groups):
                sets.append(groups)
                fixed.append(flags)
        if sets:
            yield Together(tuple(sets), tuple(fixed), self.cost)

    def sentence(self) -> str:
        """The rule in words."""
        adjective = self.scope.adjective
        return f"Weekends are worked on both days or on neither{f', counting {adjective}shifts' if adjective else ''}."


def _context_days(rule: CompleteWeekends, staff: Staff, calendar: Calendar) -> frozenset[int]:
    context = rule.scope.select(staff.context, calendar)
    return frozenset(day for shift in context for day in shift.days_touched)


def _judged(scope: Scope, calendar: Calendar) -> list[int]:
    """The Saturdays of weekends that touch the roster, or a night out of it, and are known and valid throughout."""
    first, last = scope.days(calendar)
    known = calendar.known
    low, high = max(first, known.start, -1), min(last, known.stop - 1)
    saturday = -1 + (5 - calendar.weekday(-1)) % 7
    return [day for day in range(saturday, calendar.days + 2, 7) if low <= day and day + 1 <= high]


def _ours(half: int, other: int, calendar: Calendar) -> bool:
    """Whether a weekend that context works on `half` is left to this roster to complete on `other`."""
    return not 0 <= half < calendar.days and 0 <= other < calendar.days


KIND = RuleKind(
    code="complete_weekends",
    label="Complete weekends",
    help="Saturday and Sunday are both worked or both off.",
    make=lambda columns: CompleteWeekends(required=columns.required, weight=columns.weight, scope=columns.scope),
    weight_help="Points for each weekend half worked.",
)
