"""Wishes of staff: wanted and unwanted times and shifts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.kinds import RuleKind
from rostering.rules.sentences import name, with_article
from rostering.solver.primitives import Distinct, Linear, Primitive, Tier
from rostering.solver.problem import Match, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes(BaseRule):
    """Each wish not granted costs its own weight times the rule's; context work can grant a wish, never break one."""

    kind: ClassVar[str] = "wishes"
    title: ClassVar[str] = "Wishes"

    required: bool = False

    def check(self, timeline: Timeline) -> list[Match]:
        """One match for each unwanted shift worked and each wanted one missed."""
        found = []
        for wish in timeline.staff.wishes:
            if wish.wanted:
                if not any(wish.matches(shift) for shift in timeline.shifts):
                    what = with_article(f"{wish.shift_type} shift" if wish.shift_type else "shift")
                    found.append(self.match(timeline, f"the wish for {what} is not met", wish.weight))
                continue
            for shift in timeline.assigned:
                if wish.matches(shift):
                    text = f"{name(shift, timeline.calendar)} was asked off"
                    found.append(self.match(timeline, text, wish.weight, [shift.id], shift.day))
        return found

    def encode(self, view: View) -> Iterable[Primitive]:
        """A price on unwanted shifts; a group that should be active for each wanted one."""
        prices: dict[int, float] = {}
        starts = [shift.start for _, shift in view.pairs]
        for wish in view.staff.wishes:
            price = wish.weight * self.weight
            low, high = bisect_left(starts, wish.start), bisect_left(starts, wish.end)
            matching = [index for index, shift in view.pairs[low:high] if wish.matches(shift)]
            if not wish.wanted:
                for index in matching:
                    prices[index] = prices.get(index, 0.0) + price
            elif not any(wish.matches(shift) for shift in view.staff.context):
                days = [view.problem.shifts[index].day for index in matching] or [0]
                under = (Tier(1, price),)
                yield Distinct((frozenset(matching),), (False,), (), under, min(days), max(days))
        if prices:
            yield Linear(prices)

    def sentence(self) -> str:
        """The rule in words."""
        return "Wishes of staff are met where possible."


KIND = RuleKind(
    code="wishes",
    label="Wishes",
    help="Times and shifts that staff want or want off, each with its own weight.",
    make=lambda columns: Wishes(weight=columns.weight),
    required=False,
    scoped=False,
    dated=False,
    weight_help="Multiplies the weight of each wish not met.",
)
