"""Nobody works two shifts at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rostering.rules.kinds import RuleKind
from rostering.rules.neighbors import NeighborRule
from rostering.rules.sentences import name
from rostering.solver.primitives import Gap
from rostering.solver.problem import Calendar, Shift, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap(NeighborRule):
    """No two shifts of a person overlap, context included; one may start the minute the other ends."""

    kind: ClassVar[str] = "overlap"
    title: ClassVar[str] = "No overlap"

    @property
    def reach(self) -> int:
        """No minutes are needed between shifts."""
        return 0

    def need(self, before: Shift, after: Shift, calendar: Calendar) -> int:
        """No minutes are needed between shifts."""
        return 0

    def own_pairs(self, ordered: Sequence[Shift]) -> Iterator[tuple[Shift, Shift]]:
        """Every pair that overlaps, not neighbours alone: a long shift may hold several."""
        running: list[Shift] = []
        for shift in ordered:
            running = [other for other in running if other.end > shift.start]
            yield from ((other, shift) for other in running)
            running.append(shift)

    def finding(self, timeline: Timeline, before: Shift, after: Shift) -> str:
        """Which two shifts overlap."""
        return f"{name(after, timeline.calendar)} overlaps {name(before, timeline.calendar)}"

    def gap(self, view: View) -> Gap:
        """The bare no-overlap."""
        return Gap({}, self.cost)

    def sentence(self) -> str:
        """The rule in words."""
        return "No two shifts at the same time."


KIND = RuleKind(
    code="overlap",
    label="No overlap",
    help="Nobody works two shifts at the same time. Always on.",
    make=lambda columns: Overlap(),
    required=True,
    scoped=False,
    dated=False,
)
