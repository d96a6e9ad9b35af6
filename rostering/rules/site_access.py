"""Sites a person is barred from, or is not among those allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BasePairRule
from rostering.rules.kinds import RuleKind
from rostering.solver.easing import Easing
from rostering.solver.problem import Shift, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAccess(BasePairRule):
    """Nobody works at a site they are barred from; those with a list of allowed sites work at these alone."""

    kind: ClassVar[str] = "site_access"
    title: ClassVar[str] = "Site access"

    def reason(self, staff: Staff, shift: Shift) -> str | None:
        """Why the site is closed to the person."""
        if shift.site in staff.barred_sites:
            return "barred from the site"
        if staff.allowed_sites is not None and shift.site not in staff.allowed_sites:
            return "the site is not among those allowed"
        return None

    def admit(self, staff: Staff, shift: Shift) -> Easing:
        """The site is allowed; lifting a bar is twice as large, for somebody had a reason to bar the person."""
        where = f"({shift.label or shift.id})"
        barred = shift.site in staff.barred_sites
        allowed = None if staff.allowed_sites is None else staff.allowed_sites | {shift.site}
        open_to = replace(staff, allowed_sites=allowed, barred_sites=staff.barred_sites - {shift.site})
        text = f"Lift the bar that keeps {staff.name} from the site" if barred else f"Allow {staff.name} at the site"
        return Easing("site", 2.0 if barred else 1.0, f"{text} {where}.", open_to)

    def sentence(self) -> str:
        """The rule in words."""
        return "Nobody works at a site they are barred from or not allowed at."


KIND = RuleKind(
    code="site_access",
    label="Site access",
    help="Barred sites are closed to a person; with a list of allowed sites, all others are too. Always on.",
    make=lambda columns: SiteAccess(required=columns.required, weight=columns.weight, scope=columns.scope),
    pair=True,
    weight_help="Points for each shift at a closed site.",
)
