"""Sites a person prefers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.base import BasePairRule
from rostering.rules.kinds import RuleKind
from rostering.solver.problem import Shift, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredSite(BasePairRule):
    """People work at their home site or one they prefer; who has neither prefers none."""

    kind: ClassVar[str] = "preferred_site"
    title: ClassVar[str] = "Preferred sites"

    required: bool = False

    def reason(self, staff: Staff, shift: Shift) -> str | None:
        """Whether the site is another than those preferred."""
        if shift.site in staff.preferred_sites or shift.site == staff.home_site:
            return None
        if not staff.preferred_sites and staff.home_site is None:
            return None
        return "the site is not among those preferred"

    def sentence(self) -> str:
        """The rule in words."""
        return "People work at their home site or at sites they prefer, where possible."


KIND = RuleKind(
    code="preferred_site",
    label="Preferred sites",
    help="Each shift away from the home site and the preferred sites costs the weight.",
    make=lambda columns: PreferredSite(weight=columns.weight, scope=columns.scope),
    defaults={"required": False, "weight": 10.0},
    required=False,
    pair=True,
    weight_help="Points for each shift elsewhere.",
)
