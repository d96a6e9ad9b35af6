"""Gaps in words: what is open, why, and who comes nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rostering.admin.formats import span
from rostering.models import Gap, Staff

ABLE = ("free", "dear", "budget")
"""The ledger's codes for people whom no required rule keeps from the place."""
REASONS_TOLD = 3
NEAREST_TOLD = 5


@dataclass(frozen=True)
class Reason:
    """A rule and whom it rules out."""

    rule: str
    label: str
    count: int
    sentence: str
    names: list[str]


@dataclass(frozen=True)
class GapText:
    """A gap as a page tells it."""

    gap: Gap
    title: str
    when: str
    summary: str
    reasons: list[Reason]
    nearest: list[str]


def describe_gaps(gaps: Sequence[Gap], *, everybody: bool = False) -> list[GapText]:
    """Gaps in words; one query for the names, and only where `everybody` is to be named."""
    names = _names(gaps) if everybody else {}
    return [_describe(gap, names, everybody) for gap in gaps]


def _describe(gap: Gap, names: dict[int, str], everybody: bool) -> GapText:
    shift = gap.shift
    reasons = [
        Reason(
            rule=str(reason.get("rule", "")),
            label=str(reason.get("label", "")),
            count=int(reason.get("count", 0)),
            sentence=str(reason.get("sentence", "")),
            names=sorted(names[pk] for pk in reason.get("staff", []) if pk in names),
        )
        for reason in sorted(gap.reasons, key=lambda found: -int(found.get("count", 0)))
    ]
    nearest = [str(miss.get("sentence", "")) for miss in gap.nearest]
    places = "1 place is" if gap.short == 1 else f"{gap.short} places are"
    return GapText(
        gap=gap,
        title=f"{places} open: {shift.shift_type.code} at {shift.site.name}",
        when=span(shift.starts_at, shift.ends_at, shift.site.tz),
        summary=_summary(reasons),
        reasons=reasons,
        nearest=nearest if everybody else nearest[:NEAREST_TOLD],
    )


def _summary(reasons: Sequence[Reason]) -> str:
    """Who could take it, and the reasons that rule out most others, in one line."""
    if not reasons:
        return "Nobody was ruled out; generating for longer may fill it."
    able = sum(reason.count for reason in reasons if reason.rule in ABLE)
    against = [reason for reason in reasons if reason.rule not in ABLE]
    parts = []
    if able:
        parts.append(f"{able} {'person' if able == 1 else 'people'} could take it.")
    if against:
        told = [f"{reason.label[:1].lower()}{reason.label[1:]} {reason.count}" for reason in against[:REASONS_TOLD]]
        left = sum(reason.count for reason in against[REASONS_TOLD:])
        parts.append(f"Ruled out by {', '.join(told)}{f', other rules {left}' if left else ''}.")
    return " ".join(parts)


def _names(gaps: Sequence[Gap]) -> dict[int, str]:
    wanted: set[Any] = {pk for gap in gaps for reason in gap.reasons for pk in reason.get("staff", [])}
    organizations = {gap.organization_id for gap in gaps}
    found = Staff.objects.filter(pk__in=wanted, organization_id__in=organizations)
    return {pk: f"{first} {last}" for pk, first, last in found.values_list("pk", "first_name", "last_name")}
