"""Rules that hold a sum over the shifts of a period between limits; minutes and shifts are such."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rostering.rules.context import remembered
from rostering.rules.per_period import PeriodRule
from rostering.rules.sentences import within
from rostering.solver.easing import Easing
from rostering.solver.primitives import Primitive, Total
from rostering.solver.problem import Calendar, Match, Shift, Staff, Timeline, View, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalRule(PeriodRule):
    """A sum per period."""

    @abstractmethod
    def amount(self, shift: Shift) -> int:
        """What the shift adds to the sum."""

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each window over its maximum or under its minimum."""
        calendar, staff = timeline.calendar, timeline.staff
        windows = self.frame(calendar)
        own = windows.sums([(s.day, self.amount(s)) for s in self.scope.select(timeline.assigned, calendar)])
        context = remembered(self, staff, calendar, _context_sums)
        found = []
        for window, mine, theirs in zip(windows.windows, own, context, strict=True):
            total = mine + theirs
            if self.maximum is not None and mine and total > max(self.maximum, theirs):
                found.append(self._match(timeline, window, total, total - max(self.maximum, theirs), "most"))
            if self.minimum is not None and total < self.minimum and self.asks(window, staff, calendar):
                found.append(self._match(timeline, window, total, self.minimum - total, "least"))
        return found

    def ease(self, timeline: Timeline) -> Easing | None:
        """A higher maximum: what the fullest period over it holds."""
        windows = self.frame(timeline.calendar)
        own = windows.sums([(s.day, self.amount(s)) for s in self.scope.select(timeline.assigned, timeline.calendar)])
        context = remembered(self, timeline.staff, timeline.calendar, _context_sums)
        sums = [(mine + theirs, -n) for n, (mine, theirs) in enumerate(zip(own, context, strict=True)) if mine]
        total, place = max(sums, default=(0, 0))
        if self.maximum is None or total <= self.maximum:
            return None
        window = windows.windows[-place]
        text = (
            f"Allow {timeline.staff.name} {self.figure(total)} "
            f"{within(timeline.calendar, window.first, window.last)} instead of at most {self.figure(self.maximum)}"
        )
        share = (total - self.maximum) / max(self.maximum, 1)
        return self.eased(timeline, text, share, replace(self, maximum=total))

    def _match(self, timeline: Timeline, window: Window, total: int, units: int, word: str) -> Match:
        limit = self.maximum if word == "most" else self.minimum
        text = (
            f"{self.figure(total)} {within(timeline.calendar, window.first, window.last)}, "
            f"at {word} {self.figure(limit or 0)} {'allowed' if word == 'most' else 'needed'}"
        )
        own = self.scope.select(timeline.assigned, timeline.calendar)
        return self.match(timeline, text, units, [s.id for s in own if s.day in window], window.first)

    def encode(self, view: View) -> Iterable[Primitive]:
        """A Total for each window whose limits a choice could break."""
        windows = self.frame(view.calendar)
        by_day: dict[int, dict[int, int]] = {}
        for index, shift in self.scope.candidates(view):
            by_day.setdefault(shift.day, {})[index] = self.amount(shift)
        offsets = remembered(self, view.staff, view.calendar, _context_sums)
        for window, offset in zip(windows.windows, offsets, strict=True):
            values: dict[int, int] = {}
            for day in range(window.first, window.last + 1):
                values.update(by_day.get(day, {}))
            over, under = self.tiers(view, window, offset, offset + sum(values.values()))
            if over or under:
                yield Total(values, over, under, offset, self.in_cents, window.first, window.last)

    @property
    def in_cents(self) -> bool:
        """Whether exceeding the limits costs money, not points."""
        return False


def _context_sums(rule: TotalRule, staff: Staff, calendar: Calendar) -> list[int]:
    context = rule.scope.select(staff.context, calendar)
    return rule.frame(calendar).sums([(shift.day, rule.amount(shift)) for shift in context])
