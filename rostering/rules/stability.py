"""Stability: a roster made again stays close to the one people know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.sentences import counted
from rostering.solver.primitives import Linear, Primitive
from rostering.solver.problem import Match, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability(BaseRule):
    """Each shift the person gains or loses against `base`, the shift ids they had, costs the weight.

    A shift that moves from one person to another is two changes. Made for a base roster; not a row of its own.
    """

    kind: ClassVar[str] = "stability"
    title: ClassVar[str] = "Stability"

    required: bool = False
    base: frozenset[str]

    def check(self, timeline: Timeline) -> list[Match]:
        """One match with all the person's changes."""
        gained, lost = timeline.own - self.base, self.base - timeline.own
        if not gained and not lost:
            return []
        parts = [f"{counted(len(ids), 'shift')} {verb}" for ids, verb in ((gained, "gained"), (lost, "lost")) if ids]
        text = f"{' and '.join(parts)} against the base roster"
        return [self.match(timeline, text, len(gained) + len(lost), sorted(gained))]

    def encode(self, view: View) -> Iterable[Primitive]:
        """A price on new shifts, a welcome for those of the base."""
        costs = {index: -self.weight if shift.id in self.base else self.weight for index, shift in view.pairs}
        if costs or self.base:
            yield Linear(costs, self.weight * len(self.base))

    def sentence(self) -> str:
        """The rule in words."""
        return f"The roster stays close to its base: each change costs {self.weight:g} points."
