"""What would fill an open place, as pages tell it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rostering.admin.formats import money_cents
from rostering.models import Gap
from rostering.services.remedies import CARRIED_OUT

KIND_WORDS = {
    "move": "No rule changes",
    "points": "A preference gives way",
    "budget": "More budget",
    "unpin": "A pin is lifted",
    "limit": "A limit gives way once",
    "site": "A site is opened to somebody",
    "employment": "Employment dates change",
    "leave": "Somebody works despite leave",
    "certification": "Somebody is certified",
    "waiver": "The shift asks for less",
    "hire": "One more person",
    "headcount": "The shift asks for fewer",
}


@dataclass(frozen=True)
class RemedyText:
    """One change that fills one place; `position` is its number in the gap's list."""

    position: int
    kind: str
    title: str
    headline: str
    sentence: str
    figures: str
    doable: bool


def describe_remedies(gap: Gap) -> list[RemedyText]:
    """The gap's remedies in words, the smallest first; empty when nobody has looked."""
    currency = gap.shift.site.organization.currency
    return [
        RemedyText(
            position=position,
            kind=row["kind"],
            title=KIND_WORDS.get(row["kind"], "A change"),
            headline=_bare(row["headline"], gap),
            sentence=_sentence(row, gap),
            figures=_figures(row, currency),
            doable=row["kind"] in CARRIED_OUT,
        )
        for position, row in enumerate(gap.remedies or [])
    ]


def _bare(text: str, gap: Gap) -> str:
    """Without the name of the shift, which the page says already."""
    return re.sub(rf" \([^()]* at {re.escape(gap.shift.site.code)}\)", "", text)


def _sentence(row: dict[str, Any], gap: Gap) -> str:
    sentence, also = _bare(row["sentence"], gap), row.get("also", 0)
    if not also:
        return sentence
    others = "1 other open shift" if also == 1 else f"{also} other open shifts"
    return f"{sentence} The same change would fill {others} too, each by itself."


def _figures(row: dict[str, Any], currency: str) -> str:
    """What it costs, beside the place being filled."""
    if row["kind"] in ("hire", "headcount"):
        return ""
    cents, points = row["cents"], row["points"]
    sign = "+" if cents > 0 else ""
    wages = f"wages {sign}{money_cents(round(cents), currency)}" if round(cents) else "wages as before"
    better = "fewer" if points <= 0 else "more"
    return f"{wages}, {abs(points):,.0f} points {better}"
