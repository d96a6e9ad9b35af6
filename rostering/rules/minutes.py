"""Working time per period, in paid minutes; never rounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.kinds import PERIODS, RuleKind
from rostering.rules.sentences import duration, per
from rostering.rules.totals import TotalRule
from rostering.solver.problem import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes(TotalRule):
    """Paid minutes per period between limits; a shift counts on the day it starts. Preferred: points an hour."""

    kind: ClassVar[str] = "minutes"
    title: ClassVar[str] = "Working time"

    @property
    def label(self) -> str:
        """Names the period."""
        return f"{super(Minutes, self).label} {per(self.period, self.period_days)}"

    @property
    def unit_cost(self) -> float:
        """Points for each minute; the weight is for an hour."""
        return self.weight / 60

    def amount(self, shift: Shift) -> int:
        """Paid minutes."""
        return shift.paid_minutes

    def figure(self, number: float) -> str:
        """Hours and minutes."""
        return duration(number)

    @property
    def among(self) -> str:
        """The kind of shift."""
        return f" of {self.scope.adjective}shifts" if self.scope.adjective else ""


KIND = RuleKind(
    code="minutes",
    label="Working time per period",
    help="Paid minutes per period. A minimum is judged only on whole periods whose work is all known.",
    make=Minutes.of,
    uses={"minimum": "Least paid minutes per period.", "maximum": "Most paid minutes per period (2400 is 40 h)."},
    one_of=("minimum", "maximum"),
    periods=PERIODS,
    defaults={"period": "week", "maximum": 2400},
    units={"minimum": "minutes", "maximum": "minutes"},
    weight_help="Points for each hour over or under.",
)
