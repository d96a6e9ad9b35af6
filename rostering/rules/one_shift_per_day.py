"""One shift a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import counted
from rostering.rules.totals import TotalRule
from rostering.solver.problem import Period, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShiftPerDay(TotalRule):
    """At most one shift starts on a local date; an overnight shift leaves the next date free."""

    kind: ClassVar[str] = "one_shift_per_day"
    title: ClassVar[str] = "One shift a day"

    maximum: int | None = 1
    period: Period = "day"

    def amount(self, shift: Shift) -> int:
        """Each shift is one."""
        return 1

    def figure(self, number: float) -> str:
        """A number of shifts."""
        return counted(number, "shift")

    def sentence(self) -> str:
        """The rule in words."""
        return f"At most one {self.scope.adjective}shift a day."


KIND = RuleKind(
    code="one_shift_per_day",
    label="One shift a day",
    help="At most one shift starts on any date.",
    make=lambda columns: OneShiftPerDay(required=columns.required, weight=columns.weight, scope=columns.scope),
    weight_help="Points for each further shift on a day.",
)
