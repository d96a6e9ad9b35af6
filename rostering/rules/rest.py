"""Rest between shifts, in real minutes: a night over a DST change counts its true length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.kinds import RuleKind
from rostering.rules.neighbors import NeighborRule
from rostering.rules.sentences import duration, name
from rostering.solver.primitives import Gap
from rostering.solver.problem import Calendar, Shift, Timeline, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest(NeighborRule):
    """At least `minimum_minutes` between the end of a shift in scope and the start of the next, of whatever kind."""

    kind: ClassVar[str] = "rest"
    title: ClassVar[str] = "Rest"
    minutes_for: ClassVar[str] = "rest"

    minimum_minutes: int

    @property
    def reach(self) -> int:
        """The rest itself."""
        return self.minimum_minutes

    def need(self, before: Shift, after: Shift, calendar: Calendar) -> int:
        """The rest after a shift in scope, else nothing but no overlap."""
        return self.minimum_minutes if self.scope.everything or self.scope.applies(before, calendar) else 0

    def finding(self, timeline: Timeline, before: Shift, after: Shift) -> str:
        """How much rest there is."""
        calendar = timeline.calendar
        between = f"between {name(before, calendar)} and {name(after, calendar)}"
        if after.start < before.end:
            return f"no rest {between}, which overlap"
        need = duration(self.need(before, after, calendar))
        return f"{duration(after.start - before.end)} rest {between}, at least {need} needed"

    def shortened(self, minutes: int) -> Rest:
        """So many minutes are enough."""
        return replace(self, minimum_minutes=minutes)

    def gap(self, view: View) -> Gap:
        """The rest after each candidate in scope."""
        return Gap({index: self.minimum_minutes for index, _ in self.scope.candidates(view)}, self.cost)

    def sentence(self) -> str:
        """The rule in words."""
        adjective = self.scope.adjective
        where = f"after {adjective}shifts" if adjective else "between shifts"
        return f"At least {duration(self.minimum_minutes)} rest {where}."


KIND = RuleKind(
    code="rest",
    label="Rest between shifts",
    help="Minutes off between the end of a shift and the start of the next, whatever the day. Add a second rule with "
    "tags for a longer rest after such shifts (48 h after nights).",
    make=lambda columns: Rest(
        minimum_minutes=columns.minimum or 0, required=columns.required, weight=columns.weight, scope=columns.scope
    ),
    uses={
        "minimum": "Rest, in minutes (660 is 11 h).",
        "tags": "Rest after shifts with one of these tags; empty for all.",
        "shift_types": "Rest after these shift types; empty for all.",
    },
    needs=("minimum",),
    defaults={"minimum": 660},
    least={"minimum": 1},
    units={"minimum": "minutes"},
    weight_help="Points for each rest that is too short.",
)
