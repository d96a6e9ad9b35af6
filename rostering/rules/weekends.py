"""Weekends worked per period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.distinct import DistinctRule, Key
from rostering.rules.frames import Frame, frame
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import counted
from rostering.solver.problem import Calendar, Shift

_SATURDAY, _SUNDAY = 5, 6


def saturdays(shift: Shift, calendar: Calendar) -> list[int]:
    """The weekends a shift touches, each by the day number of its Saturday, in order.

    A Friday night touches Saturday: overnight shifts belong to both their dates for weekends.
    """
    before = shift.day - 1
    first = before + (_SATURDAY - calendar.start.weekday() - before) % 7
    return list(range(first, shift.end_day + 1, 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekends(DistinctRule):
    """Weekends with any work on Saturday or Sunday, per period; a weekend belongs to the period of its Saturday."""

    kind: ClassVar[str] = "weekends"
    title: ClassVar[str] = "Weekends"

    def keys(self, shift: Shift, calendar: Calendar) -> Iterable[tuple[int, Key]]:
        """The Saturdays of the weekends it touches."""
        return [(saturday, saturday) for saturday in saturdays(shift, calendar)]

    def frame(self, calendar: Calendar) -> Frame:
        """The windows, reaching back to Saturday where the roster starts on a Sunday."""
        return frame(calendar, self.period, self.period_days, int(calendar.weekday(0) == _SUNDAY))

    def figure(self, number: float) -> str:
        """A number of weekends."""
        return counted(number, f"weekend of {self.scope.adjective}work")


KIND = RuleKind(
    code="weekends",
    label="Weekends per period",
    help="Number of weekends with work on Saturday or Sunday; a night that ends on Saturday morning counts.",
    make=Weekends.of,
    uses={"maximum": "Most weekends worked per period; 0 allows none."},
    needs=("maximum",),
    periods=("roster", "month", "rolling"),
    defaults={"period": "roster", "maximum": 2},
    weight_help="Points for each weekend too many.",
)
