"""Gaps in words: what is open, why, who comes nearest, and what would fill a place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects

from rostering.admin.formats import span
from rostering.admin.remedy_text import RemedyText, describe_remedies
from rostering.models import Gap, Shift, Staff
from rostering.rules.sentences import listed

ABLE = ("free", "dear", "budget")
"""The ledger's codes for people whom no required rule keeps from the place."""
ASKS = [f"{owner}required_certifications" for owner in ("shift__", "shift__site__", "shift__shift_type__")]
"""Where a shift's certifications come from; lists of gaps fetch them ahead."""
PHRASES = {
    "assigned": "already on it",
    "availability": "on leave or unavailable",
    "employment": "not employed then",
    "one_shift_per_day": "already working that day",
    "overlap": "at work at that time",
    "rest": "without enough rest",
    "site_access": "not allowed at the site",
    "travel": "without time to travel",
}
LIMITS = ("consecutive_days", "consecutive_weekends", "days", "minutes", "shifts", "sites", "weekends")
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
    remedies: list[RemedyText]

    @property
    def people(self) -> int:
        """Everybody counted, each once."""
        return sum(reason.count for reason in self.reasons)


def describe_gaps(gaps: Sequence[Gap], *, everybody: bool = False) -> list[GapText]:
    """Gaps in words; three queries for what the shifts ask, one for the names where `everybody` is to be named."""
    prefetch_related_objects(gaps, *ASKS)
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
        summary=_summary(reasons, _asked(shift)),
        reasons=reasons,
        nearest=nearest if everybody else nearest[:NEAREST_TOLD],
        remedies=describe_remedies(gap),
    )


def _summary(reasons: Sequence[Reason], asked: Sequence[str]) -> str:
    """Who could take it, and the reasons that rule out most others, in one line."""
    if not reasons:
        return "Nobody was ruled out; generating for longer may fill it."
    able = sum(reason.count for reason in reasons if reason.rule in ABLE)
    against = [reason for reason in reasons if reason.rule not in ABLE]
    if not able and len(against) == 1:
        only = against[0]
        return f"{'The only person is' if only.count == 1 else f'All {only.count} people are'} {_phrase(only, asked)}."
    parts = [f"{able} could take it"] if able else []
    parts += [f"{reason.count} {_phrase(reason, asked)}" for reason in against[:REASONS_TOLD]]
    left = against[REASONS_TOLD:]
    if left:
        rules = "another rule" if len(left) == 1 else f"{len(left)} other rules"
        parts.append(f"{sum(reason.count for reason in left)} ruled out by {rules}")
    return " · ".join(parts)


def _phrase(reason: Reason, asked: Sequence[str]) -> str:
    """What a rule says of the people it rules out, to follow their number."""
    if reason.rule == "certification":
        return _lacking(reason, asked)
    if reason.rule in LIMITS:
        return f"at the limit “{reason.label}”"
    return PHRASES.get(reason.rule, f"ruled out by “{reason.label}”")


def _lacking(reason: Reason, asked: Sequence[str]) -> str:
    """Which certification is missing; where several are asked for, the one told of the first of these people."""
    if len(asked) == 1:
        return f"without a valid {asked[0]}"
    told = [code for code in asked if code in re.split(r"[\s,;]+", reason.sentence.partition(": ")[2])]
    example = f" such as {listed(told, 'and')}" if told else ""
    return f"without a certification{example}"


def _asked(shift: Shift) -> list[str]:
    """The codes of the certifications the shift, its site and its type ask for."""
    return sorted(
        {asked.code for owner in (shift, shift.site, shift.shift_type) for asked in owner.required_certifications.all()}
    )


def _names(gaps: Sequence[Gap]) -> dict[int, str]:
    wanted: set[Any] = {pk for gap in gaps for reason in gap.reasons for pk in reason.get("staff", [])}
    organizations = {gap.organization_id for gap in gaps}
    found = Staff.objects.filter(pk__in=wanted, organization_id__in=organizations)
    return {pk: f"{first} {last}" for pk, first, last in found.values_list("pk", "first_name", "last_name")}
