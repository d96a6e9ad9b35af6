"""Travel between sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import ClassVar

from rostering.rules.kinds import RuleKind
from rostering.rules.neighbors import NeighborRule
from rostering.rules.sentences import duration, name
from rostering.solver.primitives import Gap
from rostering.solver.problem import Calendar, Shift, Timeline, View


@dataclass(frozen=True, slots=True)
class Everywhere(Mapping[frozenset[str], int]):
    """The same travel time between any two of the sites, without a table of all pairs."""

    sites: frozenset[str]
    minutes: int

    def __getitem__(self, pair: frozenset[str]) -> int:
        if len(pair) == 2 and pair <= self.sites:
            return self.minutes
        raise KeyError(pair)

    def get(self, pair: frozenset[str], default: int | None = None) -> int | None:  # type: ignore[override]
        """The minutes, for any pair: called for every two shifts, so it does not look the sites up."""
        return self.minutes

    def __iter__(self) -> Iterator[frozenset[str]]:
        return (frozenset(pair) for pair in combinations(sorted(self.sites), 2))

    def __len__(self) -> int:
        return len(self.sites) * (len(self.sites) - 1) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel(NeighborRule):
    """At least `minimum_minutes` between the end of a shift in scope and the start of one at another site."""

    kind: ClassVar[str] = "travel"
    title: ClassVar[str] = "Travel"
    minutes_for: ClassVar[str] = "to travel"

    minimum_minutes: int

    @property
    def reach(self) -> int:
        """The travel time."""
        return self.minimum_minutes

    def need(self, before: Shift, after: Shift, calendar: Calendar) -> int:
        """The travel time between different sites, nothing but no overlap within one."""
        return self.minimum_minutes if before.site != after.site else 0

    def finding(self, timeline: Timeline, before: Shift, after: Shift) -> str:
        """How much time there is."""
        calendar = timeline.calendar
        between = f"between {name(before, calendar)} and {name(after, calendar)}"
        if after.start < before.end:
            return f"no time {between}, which overlap"
        minutes = after.start - before.end
        return f"{duration(minutes)} to travel {between}, at least {duration(self.minimum_minutes)} needed"

    def shortened(self, minutes: int) -> Travel:
        """So many minutes are enough."""
        return replace(self, minimum_minutes=minutes)

    def gap(self, view: View) -> Gap:
        """The travel time between the sites of the candidates."""
        sites = frozenset(shift.site for _, shift in view.pairs)
        return Gap({}, self.cost, Everywhere(sites, self.minimum_minutes) if len(sites) > 1 else None)

    def sentence(self) -> str:
        """The rule in words."""
        return f"At least {duration(self.minimum_minutes)} between shifts at different sites."


KIND = RuleKind(
    code="travel",
    label="Travel between sites",
    help="Minutes needed between shifts at different sites.",
    make=lambda columns: Travel(minimum_minutes=columns.minimum or 0, required=columns.required, weight=columns.weight),
    uses={"minimum": "Travel time, in minutes."},
    needs=("minimum",),
    defaults={"minimum": 60},
    least={"minimum": 1},
    units={"minimum": "minutes"},
    scoped=False,
    dated=False,
    weight_help="Points for each journey that is too short.",
)
