"""The few shapes every rule is stated in for the solvers; a rule's `encode` yields these and nothing else.

Each speaks of one person. Shifts are positions in `problem.shifts`; the person's context is already folded in (as
`offset`, `fixed` or shorter lists), so a solver needs to look at nothing but its own choice. `cost` is in points per
unit, and `None` means the limit is required. With `cents` the figures are money, weighed by `problem.cost_weight`.
`evaluate` is the reference meaning of each shape: what a choice of shifts costs, and by how much it breaks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rostering.solver.problem import Shift

Cost = float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a primitive says of a choice: units by which required limits are broken, points and cents it costs."""

    broken: float = 0.0
    points: float = 0.0
    cents: float = 0.0

    def __add__(self, other: Finding) -> Finding:
        return Finding(self.broken + other.broken, self.points + other.points, self.cents + other.cents)


def _charge(units: float, cost: Cost, cents: bool = False) -> Finding:
    if units <= 0:
        return Finding()
    if cost is None:
        return Finding(broken=units)
    return Finding(cents=units * cost) if cents else Finding(points=units * cost)


@dataclass(frozen=True, slots=True)
class Tier:
    """Beyond `threshold` units, each unit costs `cost` (added to lower tiers'); `None`: no unit beyond is allowed."""

    threshold: float
    cost: Cost


@dataclass(frozen=True, slots=True)
class Linear:
    """Each shift chosen costs its figure (negative: welcome); `constant` is charged always."""

    costs: Mapping[int, float]
    constant: float = 0.0
    cents: bool = False

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """Points (or cents) of the choice."""
        total = self.constant + sum(self.costs.get(index, 0.0) for index in chosen)
        return Finding(cents=total) if self.cents else Finding(points=total)


@dataclass(frozen=True, slots=True)
class Forbid:
    """None of these shifts may be chosen (a context shift or a limit of zero stands against them)."""

    shifts: frozenset[int]

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """One unit broken for each forbidden shift chosen."""
        return Finding(broken=len(chosen & self.shifts))


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two chosen shifts that follow each other in time lie at least so many minutes.

    The need after a shift is `after[index]` (absent: 0, the bare no-overlap); between different sites `travel` (by
    unordered site pair) is needed too. The larger counts.
    """

    after: Mapping[int, int]
    cost: Cost
    travel: Mapping[frozenset[str], int] | None = None

    def need(self, first: int, then: int, shifts: tuple[Shift, ...]) -> int:
        """Minutes needed between the end of `first` and the start of `then`; both are positions."""
        rest = self.after.get(first, 0)
        if self.travel and shifts[first].site != shifts[then].site:
            rest = max(rest, self.travel.get(frozenset((shifts[first].site, shifts[then].site)), 0))
        return rest

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """One unit for each pair of neighbours too close; overlapping shifts are always too close."""
        ordered = sorted(chosen, key=lambda index: (shifts[index].start, shifts[index].end, shifts[index].id))
        close = sum(1 for a, b in pairwise(ordered) if shifts[b].start < shifts[a].end + self.need(a, b, shifts))
        return _charge(close, self.cost)


@dataclass(frozen=True, slots=True)
class Succession:
    """No shift of `then` starts 1 to `within_days` days after a shift of `first`; each such pair counts one unit."""

    first: frozenset[int]
    then: frozenset[int]
    within_days: int
    cost: Cost

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """Units are pairs in forbidden succession."""
        pairs = sum(
            1
            for a in chosen & self.first
            for b in chosen & self.then
            if 1 <= shifts[b].day - shifts[a].day <= self.within_days
        )
        return _charge(pairs, self.cost)


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of `values` over the chosen shifts, plus `offset` from context, is held between tiers.

    `over` charges each unit above a threshold, `under` each unit below one. Minutes, numbers of shifts, money.
    `first_day`–`last_day` is the window it sums over, for searches that carry sums as state.
    """

    values: Mapping[int, int]
    over: tuple[Tier, ...] = ()
    under: tuple[Tier, ...] = ()
    offset: float = 0.0
    cents: bool = False
    first_day: int = 0
    last_day: int = 0

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """Units are those of `values`: minutes or shifts."""
        total = self.offset + sum(self.values.get(index, 0) for index in chosen)
        return _tiers(total, self.over, self.under, self.cents)


def _tiers(total: float, over: tuple[Tier, ...], under: tuple[Tier, ...], cents: bool = False) -> Finding:
    finding = Finding()
    for tier in over:
        finding += _charge(total - tier.threshold, tier.cost, cents)
    for tier in under:
        finding += _charge(tier.threshold - total, tier.cost, cents)
    return finding


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many of the groups have at least one chosen shift (or are `fixed` by context) is held between tiers.

    A group is a day (days worked), a weekend (weekends worked), a site (distinct sites), or the matches of one wish.
    """

    groups: tuple[frozenset[int], ...]
    fixed: tuple[bool, ...]
    over: tuple[Tier, ...] = ()
    under: tuple[Tier, ...] = ()
    first_day: int = 0
    last_day: int = 0

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """Units are groups."""
        active = sum(fixed or bool(group & chosen) for group, fixed in zip(self.groups, self.fixed, strict=True))
        return _tiers(active, self.over, self.under)


@dataclass(frozen=True, slots=True)
class Run:
    """Limits on consecutive active slots (days, or weekends): a slot is active when `fixed` or a chosen shift is in it.

    With `idle` the runs are of inactive slots *between* active ones (days off). A run longer than `maximum` breaks it
    by the slots in excess, one shorter than `minimum` by the slots lacking. A run that touches the first slot with
    `open_start` or the last with `open_end` may go on unseen and is never too short; idle runs that touch either end
    are never too short or too long. `first_day` is the day (or weekend) number of the first slot.

    A run in `tolerated`, as (position of its first slot, length), is never too short: context alone makes it.
    """

    slots: tuple[frozenset[int], ...]
    fixed: tuple[bool, ...]
    maximum: int | None
    minimum: int | None
    cost: Cost
    idle: bool = False
    open_start: bool = True
    open_end: bool = True
    first_day: int = 0
    tolerated: frozenset[tuple[int, int]] = frozenset()

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """Units are slots in excess or lacking, summed over the runs."""
        active = [fixed or bool(slot & chosen) for slot, fixed in zip(self.slots, self.fixed, strict=True)]
        last = len(active)
        units = (
            self.units(length, start == 0, start + length == last, (start, length) in self.tolerated)
            for start, length in self._runs(active)
        )
        return _charge(sum(units), self.cost)

    def units(self, length: int, at_start: bool, at_end: bool, tolerated: bool = False) -> int:
        """Slots by which a run of this length breaks the limits."""
        if self.idle and (at_start or at_end):
            return 0
        over = max(0, length - self.maximum) if self.maximum is not None else 0
        unseen = (at_start and self.open_start) or (at_end and self.open_end) or tolerated
        short = max(0, self.minimum - length) if self.minimum is not None and not unseen else 0
        return over + short

    def _runs(self, active: list[bool]) -> Iterable[tuple[int, int]]:
        wanted = not self.idle
        start: int | None = None
        for position, state in enumerate([*active, not wanted]):
            if state == wanted and position < len(active):
                start = position if start is None else start
            elif start is not None:
                yield start, position - start
                start = None


@dataclass(frozen=True, slots=True)
class Together:
    """The groups of a set are active together or not at all; each set partly active is one unit (complete weekends)."""

    sets: tuple[tuple[frozenset[int], ...], ...]
    fixed: tuple[tuple[bool, ...], ...]
    cost: Cost

    def evaluate(self, chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
        """Units are sets partly active."""
        broken = 0
        for groups, fixed in zip(self.sets, self.fixed, strict=True):
            active = [f or bool(group & chosen) for group, f in zip(groups, fixed, strict=True)]
            broken += any(active) and not all(active)
        return _charge(broken, self.cost)


Primitive = Linear | Forbid | Gap | Succession | Total | Distinct | Run | Together


def evaluate(primitives: Iterable[Primitive], chosen: frozenset[int], shifts: tuple[Shift, ...]) -> Finding:
    """What all the primitives of one person say of a choice of shifts."""
    finding = Finding()
    for primitive in primitives:
        finding += primitive.evaluate(chosen, shifts)
    return finding
