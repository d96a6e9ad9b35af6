"""Number of shifts per period: at most five nights a month, at least two lates a week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.kinds import PERIODS, RuleKind
from rostering.rules.sentences import counted
from rostering.rules.totals import TotalRule
from rostering.solver.problem import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts(TotalRule):
    """Shifts in scope per period between limits; a shift counts on the day it starts."""

    kind: ClassVar[str] = "shifts"
    title: ClassVar[str] = "Shifts"

    def amount(self, shift: Shift) -> int:
        """Each shift is one."""
        return 1

    def figure(self, number: float) -> str:
        """A number of shifts."""
        return counted(number, f"{self.scope.adjective}shift")


KIND = RuleKind(
    code="shifts",
    label="Shifts per period",
    help="Number of shifts per period, of all kinds or by tag or type.",
    make=Shifts.of,
    uses={"minimum": "Least shifts per period.", "maximum": "Most shifts per period; 0 allows none."},
    one_of=("minimum", "maximum"),
    periods=PERIODS,
    defaults={"period": "week", "maximum": 5},
    weight_help="Points for each shift over or under.",
)
