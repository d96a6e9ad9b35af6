"""Consecutive slots (days, weekends) over the edges of a roster: what of the known past and future a run must see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rostering.solver.primitives import Cost, Run

Slots = Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Line:
    """The slots a run rule is judged on: `first`–`last` are the roster's own, `known_first`–`known_last` those on which
    all work in the rule's scope is known; `fixed` are the slots that context makes active.
    """

    first: int
    last: int
    known_first: int
    known_last: int
    fixed: frozenset[int]

    def known(self, first: int, last: int) -> bool:
        """Whether work is known on all slots from `first` to `last`."""
        return self.known_first <= first and last <= self.known_last


def stretches(slots: Collection[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers, as (first, last), in order."""
    start: int | None = None
    previous = 0
    for slot in sorted(slots):
        if start is None:
            start = slot
        elif slot != previous + 1:
            yield start, previous
            start = slot
        previous = slot
    if start is not None:
        yield start, previous


def excess(first: int, last: int, maximum: int, fixed: frozenset[int]) -> int:
    """Slots by which a run is too long, leaving out what context alone makes too long.

    Counts the stretches of `maximum + 1` slots within the run that hold at least one slot not fixed.
    """
    spare = last - first + 1 - maximum
    if spare <= 0 or not fixed:
        return max(0, spare)
    return sum(any(slot not in fixed for slot in range(s, s + maximum + 1)) for s in range(first, first + spare))


def lacking(first: int, last: int, minimum: int, line: Line) -> int:
    """Slots by which a run is too short.

    Runs that touch the unknown may go on there. A run of context alone is not the roster's making, except where it
    ends right before the roster's first slot or starts right after its last: going on with it was the roster's choice.
    """
    short = minimum - (last - first + 1)
    if short <= 0 or not line.known(first - 1, last + 1):
        return 0
    if all(slot in line.fixed for slot in range(first, last + 1)) and last != line.first - 1 and first != line.last + 1:
        return 0
    return short


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a run of active slots may be, and the price of each slot beyond."""

    minimum: int | None
    maximum: int | None
    cost: Cost


def encode_work(line: Line, slots: Slots, limits: Limits) -> Iterator[Run]:
    """Runs of active slots, cut where context alone is too long: each piece sees the rest as `maximum` fixed slots."""
    blocks = list(stretches(line.fixed))
    first = next((a for a, b in blocks if a < line.first <= b + 1), max(line.first, line.known_first))
    last = next((b for a, b in blocks if a - 1 <= line.last < b), min(line.last, line.known_last))
    maximum = limits.maximum
    start, cut = first, False
    for a, b in blocks if maximum is not None else []:
        if maximum is not None and first <= a and b <= last and b - a + 1 > maximum:
            yield from _piece(line, slots, range(start, a + maximum), (cut, True), limits)
            start, cut = b - maximum + 1, True
    yield from _piece(line, slots, range(start, last + 1), (cut, False), limits)


def _piece(line: Line, slots: Slots, span: range, cut: tuple[bool, bool], limits: Limits) -> Iterator[Run]:
    groups = tuple(slots.get(slot, frozenset()) for slot in span)
    fixed = tuple(slot in line.fixed for slot in span)
    if not any(groups) and (limits.minimum is None or not any(fixed)):
        return
    yield Run(
        slots=groups,
        fixed=fixed,
        maximum=limits.maximum,
        minimum=limits.minimum,
        cost=limits.cost,
        open_start=cut[0] or not line.known(span.start - 1, span.start - 1),
        open_end=cut[1] or not line.known(span.stop, span.stop),
        first_day=span.start,
        tolerated=frozenset(
            (a - span.start, b - a + 1)
            for a, b in stretches(line.fixed)
            if a in span and b in span and b != line.first - 1 and a != line.last + 1
        ),
    )


def idle_gaps(work: Iterable[int], minimum: int, line: Line) -> Iterator[tuple[int, int]]:
    """Runs of idle slots between work that are too short, as (first, last); those between two slots of context are not
    the roster's making, and those with unknown slots may hold work.
    """
    ordered = sorted(work)
    for before, after in pairwise(ordered):
        if not 0 < after - before - 1 < minimum or (before in line.fixed and after in line.fixed):
            continue
        if line.known(before + 1, after - 1):
            yield before + 1, after - 1


def encode_idle(line: Line, slots: Slots, *, minimum: int, cost: Cost) -> Iterator[Run]:
    """Runs of idle slots between active ones; reaches into context only as far as a run could be too short."""
    past = max((slot for slot in line.fixed if slot < line.first), default=None)
    future = min((slot for slot in line.fixed if slot > line.last), default=None)
    first = (
        past
        if past is not None and past >= line.first - minimum and line.known(past + 1, line.first - 1)
        else line.first
    )
    last = (
        future
        if future is not None and future <= line.last + minimum and line.known(line.last + 1, future - 1)
        else line.last
    )
    positions = range(first, last + 1)
    groups = tuple(slots.get(slot, frozenset()) for slot in positions)
    if not any(groups):
        return
    inside = sorted(slot for slot in line.fixed if first <= slot <= last)
    tolerated = frozenset((a + 1 - first, b - a - 1) for a, b in pairwise(inside) if b - a > 1)
    fixed = tuple(slot in line.fixed for slot in positions)
    yield Run(groups, fixed, None, minimum, cost, idle=True, first_day=first, tolerated=tolerated)
