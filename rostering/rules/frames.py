"""Periods laid over a roster's days, with quick sums of what falls into each; shared by all limits per period."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TypeVar

from rostering.rules.base import Scope
from rostering.solver.problem import Calendar, Period, Staff, Window

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Frame:
    """The windows of one period over one calendar."""

    windows: tuple[Window, ...]
    first: int
    size: int
    spans: tuple[tuple[int, int], ...]

    def sums(self, entries: Iterable[tuple[int, int]]) -> list[int]:
        """Of (day, amount) entries, what falls into each window."""
        line = [0] * self.size
        first, size = self.first, self.size
        for day, amount in entries:
            if 0 <= day - first < size:
                line[day - first] += amount
        total = [0, *accumulate(line)]
        return [total[stop] - total[start] for start, stop in self.spans]


@lru_cache(maxsize=256)
def frame(calendar: Calendar, period: Period, length: int | None = None, lead: int = 0) -> Frame:
    """The windows of a period; with `lead`, those that touch any day from that many before the roster's first."""
    early = replace(calendar, start=calendar.date(-lead), days=calendar.days + lead)
    windows = tuple(
        Window(first, last, first in calendar.known and last in calendar.known)
        for first, last in ((window.first - lead, window.last - lead) for window in early.windows(period, length))
    )
    start = min(window.first for window in windows)
    size = max(window.last for window in windows) - start + 1
    spans = tuple((window.first - start, window.last - start + 1) for window in windows)
    return Frame(windows, start, size, spans)


def keys_in(frame: Frame, entries: Iterable[tuple[int, K]]) -> list[set[K]]:
    """Of (day, key) entries, the distinct keys in each window."""
    ordered = sorted(entries, key=lambda entry: entry[0])
    if not ordered:
        return [set() for _ in frame.windows]
    days = [day for day, _ in ordered]
    return [
        {key for _, key in ordered[bisect_left(days, window.first) : bisect_right(days, window.last)]}
        for window in frame.windows
    ]


def minimum_holds(window: Window, scope: Scope, staff: Staff, calendar: Calendar) -> bool:
    """Whether a minimum may be judged on the window: its work is known, the rule valid and the person employed
    throughout. Half a month of employment or of validity is not held to a whole month's minimum.
    """
    if not window.whole:
        return False
    first, last = scope.days(calendar)
    if staff.employed_from is not None:
        first = max(first, staff.employed_from)
    if staff.employed_until is not None:
        last = min(last, staff.employed_until)
    return first <= window.first and window.last <= last
