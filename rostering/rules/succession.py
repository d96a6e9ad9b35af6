"""Forbidden successions: no early shift in the days after a night."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import counted, listed, name, with_article
from rostering.solver.primitives import Primitive
from rostering.solver.primitives import Succession as Shape
from rostering.solver.problem import Match, Shift, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession(BaseRule):
    """No shift of `then_types` starts 1 to `within_days` days after a shift in scope; each such pair counts one."""

    kind: ClassVar[str] = "succession"
    title: ClassVar[str] = "Succession"

    then_types: frozenset[str]
    within_days: int = 1

    @property
    def label(self) -> str:
        """Names both sides."""
        return f"{self.title} ({self.scope.adjective.strip()} → {listed(sorted(self.then_types))})"

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each pair of which at least one is this roster's."""
        calendar, own = timeline.calendar, timeline.own
        starts = defaultdict(list)
        for shift in timeline.shifts:
            if shift.type in self.then_types:
                starts[shift.day].append(shift)
        if not starts:
            return []
        found = []
        for before in self.scope.select(timeline.shifts, calendar):
            for day in range(before.day + 1, before.day + self.within_days + 1):
                for after in starts.get(day, ()):
                    if before.id in own or after.id in own:
                        found.append(self._match(timeline, before, after))
        return found

    def _match(self, timeline: Timeline, before: Shift, after: Shift) -> Match:
        calendar = timeline.calendar
        text = f"{name(after, calendar)} follows {name(before, calendar)} within {counted(self.within_days, 'day')}"
        return self.match(timeline, text, 1, [s.id for s in (before, after) if s.id in timeline.own], after.day)

    def encode(self, view: View) -> Iterable[Primitive]:
        """The pairs among candidates, and what context stands against."""
        first = frozenset(index for index, _ in self.scope.candidates(view))
        then = frozenset(index for index, shift in view.pairs if shift.type in self.then_types)
        if first and then:
            yield Shape(first, then, self.within_days, self.cost)
        context = view.staff.context
        before = [shift.day for shift in self.scope.select(context, view.calendar)]
        after = [shift.day for shift in context if shift.type in self.then_types]
        if before or after:
            yield from self.against(self._against_context(view, before, after, first, then))

    def _against_context(
        self, view: View, before: list[int], after: list[int], first: frozenset[int], then: frozenset[int]
    ) -> dict[int, int]:
        ends = self._reached(before, 1)
        starts = self._reached(after, -1)
        units: dict[int, int] = {}
        for index, shift in view.pairs:
            count = (ends[shift.day] if index in then else 0) + (starts[shift.day] if index in first else 0)
            if count:
                units[index] = count
        return units

    def _reached(self, days: list[int], direction: int) -> defaultdict[int, int]:
        counts: defaultdict[int, int] = defaultdict(int)
        for day in days:
            for distance in range(1, self.within_days + 1):
                counts[day + direction * distance] += 1
        return counts

    def sentence(self) -> str:
        """The rule in words."""
        when = "the day after" if self.within_days == 1 else f"within {counted(self.within_days, 'day')} after"
        first = with_article(f"{self.scope.adjective}shift")
        return f"No {listed(sorted(self.then_types))} shift {when} {first}."


KIND = RuleKind(
    code="succession",
    label="Forbidden succession",
    help="After a shift of the first kind, none of the second starts within so many days.",
    make=lambda columns: Succession(
        then_types=frozenset(columns.then_types),
        within_days=columns.period_days or 1,
        required=columns.required,
        weight=columns.weight,
        scope=columns.scope,
    ),
    uses={
        "tags": "The first shift has one of these tags.",
        "shift_types": "The first shift is of one of these types.",
        "then_types": "Shift types that may not follow.",
        "period_days": "How many days the ban lasts; 1 is the next day only.",
    },
    needs=("then_types",),
    one_of=("tags", "shift_types"),
    defaults={"period_days": 1},
    weight_help="Points for each forbidden pair.",
)
