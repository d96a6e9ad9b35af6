"""Days worked in a row, of all work or of one kind (nights)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BaseRule, Scope
from rostering.rules.context import remembered
from rostering.rules.kinds import RuleKind
from rostering.rules.runs import Limits, Line, encode_work, excess, lacking, stretches
from rostering.rules.sentences import counted, limits, span
from rostering.solver.easing import Easing
from rostering.solver.primitives import Primitive
from rostering.solver.problem import Calendar, Match, Staff, Timeline, View


def day_line(rule: BaseRule, staff: Staff, calendar: Calendar) -> Line:
    """The roster's days, those known and valid around them, and those with context work in the rule's scope."""
    scope = rule.scope
    first, last = scope.days(calendar)
    fixed = frozenset([shift.day for shift in scope.select(staff.context, calendar)])
    known = calendar.known
    return Line(0, calendar.days - 1, max(known.start, first), min(known.stop - 1, last), fixed)


def day_slots(scope: Scope, view: View) -> dict[int, frozenset[int]]:
    """The candidates in scope by the day they start."""
    days: dict[int, list[int]] = {}
    for index, shift in scope.candidates(view):
        days.setdefault(shift.day, []).append(index)
    return {day: frozenset(indexes) for day, indexes in days.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsecutiveDays(BaseRule):
    """Runs of days on which a shift in scope starts, between limits; runs go on into context before and after."""

    kind: ClassVar[str] = "consecutive_days"
    title: ClassVar[str] = "Consecutive days"

    minimum: int | None = None
    maximum: int | None = None

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each run too long or too short."""
        calendar = timeline.calendar
        line = remembered(self, timeline.staff, calendar, day_line)
        days = {shift.day for shift in self.scope.select(timeline.assigned, calendar)} | line.fixed
        found = []
        for first, last in stretches(days):
            if self.maximum is not None and last - first >= self.maximum:
                over = excess(first, last, self.maximum, line.fixed)
                if over:
                    found.append(self._match(timeline, first, last, over, f"at most {self.maximum} allowed"))
            if self.minimum is not None and last - first + 1 < self.minimum:
                short = lacking(first, last, self.minimum, line)
                if short:
                    found.append(self._match(timeline, first, last, short, f"at least {self.minimum} needed"))
        return found

    def ease(self, timeline: Timeline) -> Easing | None:
        """A higher maximum, as the longest run has it, or a lower minimum, as the shortest has; not both."""
        calendar = timeline.calendar
        line = remembered(self, timeline.staff, calendar, day_line)
        runs = list(stretches({s.day for s in self.scope.select(timeline.assigned, calendar)} | line.fixed))
        high, low = self.maximum, self.minimum
        long = [run for run in runs if high is not None and run[1] - run[0] >= high and excess(*run, high, line.fixed)]
        short = [run for run in runs if low is not None and lacking(*run, low, line) > 0]
        if bool(long) == bool(short):
            return None
        first, last = max(long, key=_length) if long else min(short, key=_length)
        length = last - first + 1
        limit, word = ((high if long else low) or 1), "most" if long else "least"
        other = replace(self, maximum=length) if long else replace(self, minimum=length)
        days = counted(length, f"day of {self.scope.adjective}work")
        text = (
            f"Allow {timeline.staff.name} {days} in a row, {span(calendar, first, last)}, instead of at {word} {limit}"
        )
        return self.eased(timeline, text, abs(length - limit) / limit, other)

    def _match(self, timeline: Timeline, first: int, last: int, units: int, limit: str) -> Match:
        days = counted(last - first + 1, f"day of {self.scope.adjective}work")
        text = f"{days} in a row, {span(timeline.calendar, first, last)}, {limit}"
        own = self.scope.select(timeline.assigned, timeline.calendar)
        return self.match(timeline, text, units, [s.id for s in own if first <= s.day <= last], first)

    def encode(self, view: View) -> Iterable[Primitive]:
        """Runs over the roster's days and the context they go on into."""
        line = remembered(self, view.staff, view.calendar, day_line)
        slots = day_slots(self.scope, view)
        return encode_work(line, slots, Limits(minimum=self.minimum, maximum=self.maximum, cost=self.cost))

    def sentence(self) -> str:
        """The rule in words."""
        noun = f"day of {self.scope.adjective}work"
        low = None if self.minimum is None else counted(self.minimum, noun)
        high = None if self.maximum is None else counted(self.maximum, noun)
        return f"{limits(low, high)} in a row."


def _length(run: tuple[int, int]) -> int:
    return run[1] - run[0]


KIND = RuleKind(
    code="consecutive_days",
    label="Consecutive days worked",
    help="Days worked in a row, across the edges of the roster; with tags, of such shifts alone (nights in a row).",
    make=lambda columns: ConsecutiveDays(
        minimum=columns.minimum,
        maximum=columns.maximum,
        required=columns.required,
        weight=columns.weight,
        scope=columns.scope,
    ),
    uses={"minimum": "Least days in a row.", "maximum": "Most days in a row."},
    one_of=("minimum", "maximum"),
    defaults={"maximum": 6},
    least={"minimum": 1, "maximum": 1},
    units={"minimum": "days", "maximum": "days"},
    weight_help="Points for each day too many or too few.",
)
