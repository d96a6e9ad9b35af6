"""Rules that limit how many different things a period holds: days, weekends, sites."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rostering.rules.context import remembered
from rostering.rules.frames import keys_in
from rostering.rules.per_period import PeriodRule
from rostering.rules.sentences import within
from rostering.solver.easing import Easing
from rostering.solver.primitives import Distinct, Primitive
from rostering.solver.problem import Calendar, Match, Shift, Staff, Timeline, View, Window

Key = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctRule(PeriodRule):
    """A number of distinct keys per period."""

    @abstractmethod
    def keys(self, shift: Shift, calendar: Calendar) -> Iterable[tuple[int, Key]]:
        """The (day, key) pairs the shift makes active; the day says which windows they fall into."""

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each window over its maximum or under its minimum."""
        calendar, staff = timeline.calendar, timeline.staff
        windows = self.frame(calendar)
        own = [key for s in self.scope.select(timeline.assigned, calendar) for key in self.keys(s, calendar)]
        if not own and self.minimum is None:
            return []
        found = []
        context = remembered(self, staff, calendar, _context_keys)
        for window, mine, theirs in zip(windows.windows, keys_in(windows, own), context, strict=True):
            total, fixed = len(mine | theirs), len(theirs)
            if self.maximum is not None and total > max(self.maximum, fixed):
                found.append(self._match(timeline, window, total, total - max(self.maximum, fixed), "most"))
            if self.minimum is not None and total < self.minimum and self.asks(window, staff, calendar):
                found.append(self._match(timeline, window, total, self.minimum - total, "least"))
        return found

    def ease(self, timeline: Timeline) -> Easing | None:
        """A higher maximum: what the fullest period over it holds."""
        calendar = timeline.calendar
        windows = self.frame(calendar)
        own = [key for s in self.scope.select(timeline.assigned, calendar) for key in self.keys(s, calendar)]
        context = remembered(self, timeline.staff, calendar, _context_keys)
        sets = enumerate(zip(keys_in(windows, own), context, strict=True))
        total, place = max(((len(mine | theirs), -n) for n, (mine, theirs) in sets if mine - theirs), default=(0, 0))
        if self.maximum is None or total <= self.maximum:
            return None
        window = windows.windows[-place]
        text = (
            f"Allow {timeline.staff.name} {self.figure(total)} {within(calendar, window.first, window.last)} "
            f"instead of at most {self.maximum}"
        )
        share = (total - self.maximum) / max(self.maximum, 1)
        return self.eased(timeline, text, share, replace(self, maximum=total))

    def _match(self, timeline: Timeline, window: Window, total: int, units: int, word: str) -> Match:
        calendar = timeline.calendar
        limit = self.maximum if word == "most" else self.minimum
        text = (
            f"{self.figure(total)} {within(calendar, window.first, window.last)}, "
            f"at {word} {limit} {'allowed' if word == 'most' else 'needed'}"
        )
        own = [
            shift.id
            for shift in self.scope.select(timeline.assigned, calendar)
            if any(day in window for day, _ in self.keys(shift, calendar))
        ]
        return self.match(timeline, text, units, own, window.first)

    def encode(self, view: View) -> Iterable[Primitive]:
        """A Distinct for each window whose limits a choice could break."""
        calendar = view.calendar
        windows = self.frame(calendar)
        by_day: dict[int, dict[Key, list[int]]] = {}
        for index, shift in self.scope.candidates(view):
            for day, key in self.keys(shift, calendar):
                by_day.setdefault(day, {}).setdefault(key, []).append(index)
        context = remembered(self, view.staff, calendar, _context_keys)
        for window, fixed in zip(windows.windows, context, strict=True):
            groups: dict[Key, list[int]] = {key: [] for key in fixed}
            for day in range(window.first, window.last + 1):
                for key, indexes in by_day.get(day, {}).items():
                    groups.setdefault(key, []).extend(indexes)
            over, under = self.tiers(view, window, len(fixed), len(groups))
            if over or under:
                members = tuple(frozenset(group) for group in groups.values())
                flags = tuple(key in fixed for key in groups)
                yield Distinct(members, flags, over, under, window.first, window.last)


def _context_keys(rule: DistinctRule, staff: Staff, calendar: Calendar) -> list[set[Key]]:
    context = rule.scope.select(staff.context, calendar)
    return keys_in(rule.frame(calendar), [key for shift in context for key in rule.keys(shift, calendar)])
