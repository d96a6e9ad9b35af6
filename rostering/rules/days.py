"""Days worked per period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.distinct import DistinctRule, Key
from rostering.rules.kinds import PERIODS, RuleKind
from rostering.rules.sentences import counted
from rostering.solver.problem import Calendar, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Days(DistinctRule):
    """Days on which a shift in scope starts, per period, between limits."""

    kind: ClassVar[str] = "days"
    title: ClassVar[str] = "Days worked"

    def keys(self, shift: Shift, calendar: Calendar) -> Iterable[tuple[int, Key]]:
        """The day it starts."""
        return ((shift.day, shift.day),)

    def figure(self, number: float) -> str:
        """A number of days."""
        return counted(number, f"day of {self.scope.adjective}work")


KIND = RuleKind(
    code="days",
    label="Days worked per period",
    help="Number of days with work per period; several shifts on a day count once.",
    make=Days.of,
    uses={"minimum": "Least days worked per period.", "maximum": "Most days worked per period."},
    one_of=("minimum", "maximum"),
    periods=PERIODS,
    defaults={"period": "week", "maximum": 5},
    units={"minimum": "days", "maximum": "days"},
    weight_help="Points for each day over or under.",
)
