"""Availability: leave, sickness and other times a person cannot work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.base import BasePairRule
from rostering.rules.kinds import RuleKind
from rostering.solver.problem import Shift, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability(BasePairRule):
    """No shift overlaps an absence by so much as a minute, overnight shifts on either date included."""

    kind: ClassVar[str] = "availability"
    title: ClassVar[str] = "Availability"

    def reason(self, staff: Staff, shift: Shift) -> str | None:
        """The absence in the way."""
        for absence in staff.absences:
            if absence.start < shift.end and shift.start < absence.end:
                return f"not available: {absence.reason}" if absence.reason != "unavailable" else "not available"
        return None

    def sentence(self) -> str:
        """The rule in words."""
        return "Nobody works while absent or unavailable."


KIND = RuleKind(
    code="availability",
    label="Availability",
    help="Nobody works during leave or other times they are unavailable. Always on.",
    make=lambda columns: Availability(required=columns.required, weight=columns.weight, scope=columns.scope),
    pair=True,
    weight_help="Points for each shift worked while unavailable.",
)
