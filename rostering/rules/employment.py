"""Employment dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BasePairRule
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import counted
from rostering.solver.easing import Easing
from rostering.solver.problem import Shift, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment(BasePairRule):
    """The whole shift lies within the person's employment; a night into the day after the last one does not."""

    kind: ClassVar[str] = "employment"
    title: ClassVar[str] = "Employment"

    def reason(self, staff: Staff, shift: Shift) -> str | None:
        """Whether employment has not begun or ends before the shift does."""
        if staff.employed_from is not None and shift.day < staff.employed_from:
            return "not yet employed"
        if staff.employed_until is not None and shift.end_day > staff.employed_until:
            return "employment ends before the shift does"
        return None

    def admit(self, staff: Staff, shift: Shift) -> Easing:
        """An earlier first or a later last day of employment; the size is in days."""
        where = f"({shift.label or shift.id})"
        if staff.employed_from is not None and shift.day < staff.employed_from:
            days = staff.employed_from - shift.day
            text = f"Employ {staff.name} from {counted(days, 'day')} earlier {where}."
            return Easing("employment", days, text, replace(staff, employed_from=shift.day))
        days = shift.end_day - (staff.employed_until or 0)
        text = f"Keep {staff.name} employed for {counted(days, 'day')} longer {where}."
        return Easing("employment", days, text, replace(staff, employed_until=shift.end_day))

    def sentence(self) -> str:
        """The rule in words."""
        return "Nobody works before their employment begins or after it ends."


KIND = RuleKind(
    code="employment",
    label="Employment dates",
    help="Shifts lie within a person's employment. Always on.",
    make=lambda columns: Employment(required=columns.required, weight=columns.weight, scope=columns.scope),
    pair=True,
    weight_help="Points for each shift outside employment.",
)
