"""Availability: leave, sickness and other times a person cannot work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BasePairRule
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import listed
from rostering.solver.easing import Easing
from rostering.solver.problem import Absence, Shift, Staff


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

    def admit(self, staff: Staff, shift: Shift) -> Easing:
        """The time of the shift is taken out of every absence it overlaps; the size is in hours."""
        kept: list[Absence] = []
        lifted: list[Absence] = []
        for absence in staff.absences:
            if absence.start >= shift.end or absence.end <= shift.start:
                kept.append(absence)
                continue
            lifted.append(absence)
            kept += [Absence(absence.start, shift.start, absence.reason)] if absence.start < shift.start else []
            kept += [Absence(shift.end, absence.end, absence.reason)] if absence.end > shift.end else []
        first = max(shift.start, min(absence.start for absence in lifted))
        last = min(shift.end, max(absence.end for absence in lifted))
        reasons = listed(sorted({absence.reason for absence in lifted} - {"unavailable"}), "and")
        despite = f"despite “{reasons}”" if reasons else "although not available"
        sentence = f"Ask {staff.name} to work {despite} ({shift.label or shift.id})."
        return Easing("leave", (last - first) / 60, sentence, replace(staff, absences=tuple(kept)))

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
