"""Certifications: what a shift asks for must be held from its start to its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BasePairRule
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import listed
from rostering.solver.easing import Easing
from rostering.solver.problem import Holding, Shift, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification(BasePairRule):
    """Every certification of the shift is held for the whole shift; a renewal may take over in the middle of it.

    The required rule speaks of `certifications`, the preferred one of `wanted_certifications` too.
    """

    kind: ClassVar[str] = "certification"
    title: ClassVar[str] = "Certification"

    def reason(self, staff: Staff, shift: Shift) -> str | None:
        """Which certifications are missing, or do not last."""
        missing, short = self._lacking(staff, shift)
        parts = [f"holds no valid {listed(missing)}"] if missing else []
        if short:
            parts.append(f"{listed(short, 'and')} not valid for the whole shift")
        return "; ".join(parts) or None

    def _lacking(self, staff: Staff, shift: Shift) -> tuple[list[str], list[str]]:
        """Certifications asked for that are not held at all during the shift, and those held for part of it."""
        asked = shift.certifications if self.required else shift.certifications | shift.wanted_certifications
        missing, short = [], []
        for certification in sorted(asked):
            holdings = [held for held in staff.holdings if held.certification == certification]
            if not any(held.start < shift.end and shift.start < held.end for held in holdings):
                missing.append(certification)
            elif not _covers(holdings, shift):
                short.append(certification)
        return missing, short

    def admit(self, staff: Staff, shift: Shift) -> Easing | None:
        """The one certification that is missing, held for this shift; a renewal is half as large as a new one."""
        missing, short = self._lacking(staff, shift)
        if len(missing) + len(short) != 1:
            return None
        code = (missing + short)[0]
        held = replace(staff, holdings=(*staff.holdings, Holding(code, shift.start, shift.end)))
        where = f"({shift.label or shift.id})"
        if short:
            return Easing("certification", 0.5, f"Renew {code} of {staff.name} before it runs out {where}.", held)
        return Easing("certification", 1.0, f"Have {staff.name} certified with {code} {where}.", held)

    def sentence(self) -> str:
        """The rule in words."""
        if self.required:
            return "Certifications a shift requires are valid for the whole shift."
        return "Certifications a shift requires or prefers are valid for the whole shift, where possible."


def _covers(holdings: Iterable[Holding], shift: Shift) -> bool:
    covered = shift.start
    for held in sorted(holdings, key=lambda held: held.start):
        if held.start <= covered:
            covered = max(covered, held.end)
    return covered >= shift.end


KIND = RuleKind(
    code="certification",
    label="Certifications",
    help="Who lacks a certification that the site, shift or type requires, or whose runs out before the shift ends, "
    "is not rostered. Always on.",
    make=lambda columns: Certification(required=columns.required, weight=columns.weight, scope=columns.scope),
    pair=True,
    weight_help="Points for each shift worked without.",
)
