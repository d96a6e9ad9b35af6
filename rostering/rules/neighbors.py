"""Shifts too close to each other in time: rest, overlap and travel are of this shape.

Among this roster's shifts neighbours in time are compared; against context, every shift within reach is.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.context import remembered
from rostering.rules.sentences import duration, name
from rostering.solver.easing import Easing
from rostering.solver.primitives import Gap, Primitive
from rostering.solver.problem import Calendar, Match, Shift, Staff, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborRule(BaseRule):
    """Two shifts in a row need minutes between them; overlapping ones are always too close."""

    minutes_for: ClassVar[str] = ""

    @property
    @abstractmethod
    def reach(self) -> int:
        """The most minutes ever needed."""

    @abstractmethod
    def need(self, before: Shift, after: Shift, calendar: Calendar) -> int:
        """Minutes needed between the end of `before` and the start of `after`."""

    @abstractmethod
    def finding(self, timeline: Timeline, before: Shift, after: Shift) -> str:
        """What is wrong between the two, in words."""

    def close(self, before: Shift, after: Shift, calendar: Calendar) -> bool:
        """Whether two shifts, in order of start, are too close."""
        return after.start < before.end + self.need(before, after, calendar)

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each pair too close, at least one of them this roster's."""
        calendar = timeline.calendar
        reach = self.reach
        if not any(b.start < a.end + reach and self.close(a, b, calendar) for a, b in pairwise(timeline.shifts)):
            return []
        return [self._match(timeline, before, after) for before, after in self._close_pairs(timeline)]

    def _close_pairs(self, timeline: Timeline) -> list[tuple[Shift, Shift]]:
        calendar = timeline.calendar
        pairs = [pair for pair in self.own_pairs(timeline.ordered) if self.close(*pair, calendar)]
        nearby = remembered(self, timeline.staff, calendar, _nearby)
        for shift in timeline.ordered:
            pairs.extend(pair for pair in nearby.pairs(shift) if self.close(*pair, calendar))
        return pairs

    def ease(self, timeline: Timeline) -> Easing | None:
        """Fewer minutes: what lies between the two closest. Shifts that overlap stay forbidden."""
        pairs = self._close_pairs(timeline)
        before, after = min(pairs, key=lambda pair: (pair[1].start - pair[0].end, pair[1].start), default=(None, None))
        if before is None or after is None or after.start < before.end:
            return None
        minutes = after.start - before.end
        shorter = self.shortened(minutes)
        if shorter is None:
            return None
        need = self.need(before, after, timeline.calendar)
        between = f"between {name(before, timeline.calendar)} and {name(after, timeline.calendar)}"
        spent = f"{duration(minutes)} {self.minutes_for}"
        text = f"Allow {timeline.staff.name} {spent} {between} instead of at least {duration(need)}"
        return self.eased(timeline, text, (need - minutes) / need, shorter)

    def shortened(self, minutes: int) -> NeighborRule | None:
        """The rule with so many minutes as its need; None where nothing can be taken off it."""
        return None

    def own_pairs(self, ordered: Sequence[Shift]) -> Iterator[tuple[Shift, Shift]]:
        """The pairs of this roster's shifts that are compared."""
        return pairwise(ordered)

    def _match(self, timeline: Timeline, before: Shift, after: Shift) -> Match:
        own = [shift.id for shift in (before, after) if shift.id in timeline.own]
        return self.match(timeline, self.finding(timeline, before, after), 1, own, after.day)

    def encode(self, view: View) -> Iterable[Primitive]:
        """A Gap among the candidates, and what context stands against."""
        gap = self.gap(view)
        if gap is not None and len(view.candidates) > 1:
            yield gap
        calendar = view.calendar
        nearby = remembered(self, view.staff, calendar, _nearby)
        if nearby:
            counts = {
                index: sum(self.close(*pair, calendar) for pair in nearby.pairs(shift))
                for index, shift in view.pairs
                if nearby.any(shift)
            }
            yield from self.against({index: count for index, count in counts.items() if count})

    @abstractmethod
    def gap(self, view: View) -> Gap | None:
        """The rule among the candidates."""


class Nearby:
    """Context shifts by start, to find those within reach of another shift."""

    def __init__(self, context: Sequence[Shift], reach: int) -> None:
        self.shifts = sorted(context, key=_order)
        self.starts = [shift.start for shift in self.shifts]
        self.reach = reach
        self.longest = max((shift.end - shift.start for shift in self.shifts), default=0)

    def __bool__(self) -> bool:
        return bool(self.shifts)

    def any(self, shift: Shift) -> bool:
        """Whether some context shift is within reach."""
        first = bisect_left(self.starts, shift.start - self.longest - self.reach)
        return first < len(self.starts) and self.starts[first] < shift.end + self.reach

    def pairs(self, shift: Shift) -> Iterator[tuple[Shift, Shift]]:
        """The shift with each context shift within reach, each pair in order of start."""
        first = bisect_left(self.starts, shift.start - self.longest - self.reach)
        last = bisect_left(self.starts, shift.end + self.reach)
        for other in self.shifts[first:last]:
            yield (other, shift) if _order(other) < _order(shift) else (shift, other)


def _nearby(rule: NeighborRule, staff: Staff, calendar: Calendar) -> Nearby:
    return Nearby(staff.context, rule.reach)


def _order(shift: Shift) -> tuple[int, int, str]:
    return shift.start, shift.end, shift.id
