"""Continuity: sites see familiar faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.base import BasePairRule
from rostering.rules.kinds import RuleKind
from rostering.solver.problem import Shift, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuity(BasePairRule):
    """A person who has worked lately works at the same sites again; who has not is new everywhere and costs nothing."""

    kind: ClassVar[str] = "continuity"
    title: ClassVar[str] = "Continuity"

    required: bool = False

    def reason(self, staff: Staff, shift: Shift) -> str | None:
        """Whether the person has worked elsewhere lately, but not at this site."""
        if not staff.context or shift.site == staff.home_site:
            return None
        if any(past.site == shift.site for past in staff.context):
            return None
        return "has not worked at the site lately"

    def sentence(self) -> str:
        """The rule in words."""
        return "People work at sites where they have worked lately, where possible."


KIND = RuleKind(
    code="continuity",
    label="Continuity at a site",
    help="Each shift at a site where the person has not worked in the published rosters around costs the weight; the "
    "home site is always familiar.",
    make=lambda columns: Continuity(weight=columns.weight, scope=columns.scope),
    defaults={"required": False, "weight": 5.0},
    required=False,
    pair=True,
    weight_help="Points for each shift at an unfamiliar site.",
)
