"""How many different sites a person works at per period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.distinct import DistinctRule, Key
from rostering.rules.kinds import PERIODS, RuleKind
from rostering.rules.sentences import counted
from rostering.solver.problem import Calendar, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites(DistinctRule):
    """Distinct sites worked at per period."""

    kind: ClassVar[str] = "sites"
    title: ClassVar[str] = "Sites"

    def keys(self, shift: Shift, calendar: Calendar) -> Iterable[tuple[int, Key]]:
        """Its site, on the day it starts."""
        return ((shift.day, shift.site),)

    def figure(self, number: float) -> str:
        """A number of sites."""
        return counted(number, "different site")

    @property
    def among(self) -> str:
        """The kind of shift."""
        return f" on {self.scope.adjective}shifts" if self.scope.adjective else ""


KIND = RuleKind(
    code="sites",
    label="Sites per period",
    help="Number of different sites a person works at per period.",
    make=Sites.of,
    uses={"maximum": "Most different sites per period."},
    needs=("maximum",),
    periods=PERIODS,
    defaults={"period": "week", "maximum": 2},
    least={"maximum": 1},
    weight_help="Points for each further site.",
)
