"""Small automata that remember, day by day, what a primitive needs to know of the past: rest, runs, open weekends.

A person's candidate shifts are dealt with in layers (days, in order of start). Each automaton reads one symbol a layer
(what the chosen shifts mean to it) and moves between a few states; a step may be impossible, may cost points, and may
count towards a `Distinct`. `product.py` multiplies them into the graph that patterns are searched in.

Everything a step depends on besides state and symbol stands in `kind` and `local`, and times are counted from the
layer's own day, so that steps worked out for one day and person serve other days and people too (`tables.py`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

from rostering.solver.layering import Layering
from rostering.solver.primitives import Gap, Run, Succession

DAY = 1440
Marks = tuple[tuple[int, int], ...]
"""(number of the rule, day) of shifts that a succession speaks of."""
Step = tuple[Hashable, float, tuple[int, ...]] | None
"""Next state, points charged, resources counted; None when the step breaks a required limit."""


class Automaton(ABC):
    """What one primitive remembers. States and symbols are small hashable values.

    `meaning` gives the symbol of each shift that means anything to it, `neutral` that of any other option. Before
    layer `first` and after layer `last` it stands still. `kind` and `local[layer]` are all its steps depend on.
    """

    initial: Hashable
    neutral: Hashable
    kind: Hashable
    meaning: Mapping[int, Hashable]
    local: Sequence[Hashable]
    first: int = 0
    last: int = -1

    @abstractmethod
    def symbol(self, option: tuple[int, ...]) -> Hashable:
        """What these shifts, worked in one layer, mean to this primitive."""

    @abstractmethod
    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        """Work the option meant by `symbol` in this layer, then close the layer."""

    def final(self, state: Hashable) -> float:
        """Points charged at the end; infinite when a required limit is broken."""
        return 0.0

    def read(self, options: Iterable[tuple[int, ...]]) -> list[Hashable]:
        """The symbol of every option."""
        neutral, meaning, symbol = self.neutral, self.meaning, self.symbol
        return [
            (meaning.get(option[0], neutral) if len(option) == 1 else symbol(option)) if option else neutral
            for option in options
        ]


class RestAutomaton(Automaton):
    """`Gap`: remembers when the last shift worked lets the next one start."""

    initial: Hashable = None
    neutral: Hashable = None

    def __init__(self, gap: Gap, layering: Layering) -> None:
        self.gap, self.shifts = gap, layering.shifts
        self.cost = math.inf if gap.cost is None else gap.cost
        self.travel: Mapping[frozenset[str], int] = gap.travel or {}
        self.farthest = max(self.travel.values(), default=0)
        self.kind = ("rest", gap.cost, frozenset(self.travel.items()))
        self.last = len(layering.layers) - 1
        self.origin = [DAY * day for day in layering.days]
        self.at = layering.at
        self.meaning = {shift: self.symbol((shift,)) for shift in layering.at}
        self.local = self._later(layering)

    def _later(self, layering: Layering) -> list[tuple[int, tuple[int, ...]]]:
        """Per layer: minutes since the layer before, and the starts of later layers, up to the first that no shift so
        far can stand in the way of.
        """
        starts = sorted({self.shifts[shift].start for shift in layering.at})
        meaning, travel = cast(dict[int, tuple[Any, ...]], self.meaning), bool(self.travel)
        result: list[tuple[int, tuple[int, ...]]] = []
        horizon, before = 0, self.origin[0] if self.origin else 0
        for number, layer in enumerate(layering.layers):
            origin = self.origin[number]
            horizon = max(horizon, *[origin + meaning[shift][1] for shift in layer])
            if travel:
                horizon = max(horizon, *[origin + meaning[shift][4] + self.farthest for shift in layer])
            low = len(starts)
            if number + 1 < len(layering.layers):
                low = bisect_left(starts, self.shifts[layering.layers[number + 1][0]].start)
            later = starts[low : bisect_left(starts, horizon, low) + 1]
            result.append((origin - before, tuple([start - origin for start in later])))
            before = origin
        return result

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        """When it starts and when the next shift may; where it begins and ends, with travel."""
        first, last, origin = self.shifts[option[0]], self.shifts[option[-1]], self.origin[self.at[option[0]]]
        ready = last.end + self.gap.after.get(option[-1], 0) - origin
        if not self.travel:
            return first.start - origin, ready
        return first.start - origin, ready, first.site, last.site, last.end - origin

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        """Too little rest costs, or is impossible."""
        passed = cast(tuple[int, tuple[int, ...]], self.local[layer])[0]
        if state is not None and passed:
            state = cast(tuple[Any, ...], state)
            state = (state[0] - passed, state[1], state[2] - passed) if self.travel else (state[0] - passed,)
        if symbol is None:
            return self._settle(state, layer), 0.0, ()
        symbol = cast(tuple[Any, ...], symbol)
        cost = 0.0
        if state is not None:
            state = cast(tuple[Any, ...], state)
            needed = state[0]
            if self.travel and state[1] != symbol[2]:
                needed = max(needed, state[2] + self.travel.get(frozenset((state[1], symbol[2])), 0))
            if symbol[0] < needed:
                cost = self.cost
        if math.isinf(cost):
            return None
        after: Hashable = (symbol[1], symbol[3], symbol[4]) if self.travel else (symbol[1],)
        return self._settle(after, layer), cost, ()

    def _settle(self, state: Hashable, layer: int) -> Hashable:
        """Forget a shift that can no longer be too close to anything; merge those that mean the same."""
        if state is None:
            return None
        state = cast(tuple[Any, ...], state)
        later = cast(tuple[int, tuple[int, ...]], self.local[layer])[1]
        if not later or (max(state[0], state[2] + self.farthest) if self.travel else state[0]) <= later[0]:
            return None
        if self.travel:
            return state
        allowed = next((start for start in later if start >= state[0]), later[-1] + 1)
        return (allowed,)


class SuccessionAutomaton(Automaton):
    """Every `Succession` of one reach and cost: remembers on which of the last days a first kind was worked.

    A symbol names the marks its shifts leave, and those they must not follow.
    """

    initial: Hashable = ()
    neutral: Hashable = ((), ())

    def __init__(self, rules: Sequence[Succession], layering: Layering) -> None:
        self.reach, self.cost = rules[0].within_days, math.inf if rules[0].cost is None else rules[0].cost
        self.kind = ("succession", self.reach, self.cost)
        firsts = layering.members(tuple(rule.first for rule in rules))
        thens = layering.members(tuple(rule.then for rule in rules))
        self.meaning: dict[int, tuple[Marks, Marks]] = {}
        none: frozenset[int] = frozenset()
        for shift in {**firsts, **thens}:
            day = layering.shifts[shift].day - layering.days[layering.at[shift]]
            self.meaning[shift] = _marks(day, firsts.get(shift, none), thens.get(shift, none), self.reach)
        used = [layering.at[shift] for shift in self.meaning]
        self.first, self.last = min(used, default=0), max(used, default=-1)
        self.local = self._ahead(layering)

    def _ahead(self, layering: Layering) -> list[tuple[int, frozenset[tuple[int, int]]]]:
        """Per layer: days since the layer before, and the marks that a later layer may still have to mind."""
        result: list[tuple[int, frozenset[tuple[int, int]]]] = []
        ahead: set[tuple[int, int]] = set()
        days = layering.days
        for number in range(len(layering.layers) - 1, -1, -1):
            here, day = layering.layers[number], days[number]
            latest = max(layering.shifts[shift].day for shift in here)
            ahead = {mark for mark in ahead if mark[1] <= latest}
            since = day - days[number - 1] if number else 0
            result.append((since, frozenset([(rule, on - day) for rule, on in ahead])))
            minded = {self.meaning[shift][1] for shift in here if shift in self.meaning}
            ahead.update((rule, on + day) for marks in minded for rule, on in marks)
        result.reverse()
        return result

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        """Marks left, and marks not to follow, with their number."""
        known = [self.meaning[shift] for shift in option if shift in self.meaning]
        return tuple(mark for first, _ in known for mark in first), tuple(mark for _, then in known for mark in then)

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        """Each pair in forbidden succession costs, or is impossible."""
        since, ahead = cast(tuple[int, frozenset[tuple[int, int]]], self.local[layer])
        marks = [(rule, day - since) for rule, day in cast(Marks, state)]
        symbol = cast(tuple[Marks, Marks], symbol)
        pairs = sum([symbol[1].count(mark) for mark in marks])
        if pairs and math.isinf(self.cost):
            return None
        kept = [mark for mark in (*marks, *symbol[0]) if mark in ahead]
        return tuple(sorted(kept)), pairs * self.cost if pairs else 0.0, ()


@lru_cache(maxsize=16384)
def _marks(day: int, first: frozenset[int], then: frozenset[int], reach: int) -> tuple[Marks, Marks]:
    """Marks that a shift of these rules leaves on a day, and those it must not follow."""
    lags = range(1, reach + 1)
    return tuple((rule, day) for rule in sorted(first)), tuple(
        (rule, day - lag) for rule in sorted(then) for lag in lags
    )


_RunState = tuple[int, bool, bool, frozenset[int]]
"""Length of the current run (worked, or idle after work was seen); whether it began at the start; whether work was
seen; open slots that are already active, counted from the first open one."""


class RunAutomaton(Automaton):
    """`Run`: remembers the length of the current run, clipped where more makes no difference."""

    neutral: Hashable = frozenset()

    def __init__(self, run: Run, layering: Layering) -> None:
        self.run = run
        self.cost = math.inf if run.cost is None else run.cost
        self.kind = ("run", run.maximum, run.minimum, run.cost, run.idle, run.open_start, run.open_end, run.tolerated,
                     len(run.slots) if run.tolerated or (run.idle and run.cost is not None) else 0)  # fmt: skip
        self.last = len(layering.layers) - 1
        self.slots_of, ends = layering.slots(run.slots)
        self.meaning = self.slots_of
        self.local = [(run.fixed[first:end], first if run.tolerated else 0) for first, end in pairwise(ends)]
        self.count = len(run.slots)
        self.clip = max(run.maximum or 0, run.minimum or 0) + (1 if run.idle else 0)
        if run.idle and run.maximum is not None and run.cost is not None:
            self.clip = self.count + 1
        self.marks_start = run.minimum is not None and run.open_start and not run.idle
        start: _RunState = (0, self.marks_start, False, frozenset())
        opened = self._close(start, run.fixed[: ends[0]], 0)
        self.initial = opened[0] if opened else start
        self.initial_cost = opened[1] if opened else math.inf

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        """The slots made active."""
        return frozenset(slot for shift in option for slot in self.slots_of.get(shift, ()))

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        """Slots in excess or lacking cost, or are impossible."""
        length, at_start, seen, active = cast(_RunState, state)
        fixed, first = cast(tuple[tuple[bool, ...], int], self.local[layer])
        closed = self._close((length, at_start, seen, active | cast(frozenset[int], symbol)), fixed, first)
        return None if closed is None else (closed[0], closed[1], ())

    def _close(self, state: _RunState, fixed: tuple[bool, ...], first: int) -> tuple[_RunState, float] | None:
        """Settle the slots that no shift of a later layer can still make active; the first of them is number `first`
        (0 where nothing depends on it).
        """
        cost = 0.0
        length, at_start, seen, active = state
        move = self._idle if self.run.idle else self._work
        for slot, given in enumerate(fixed):
            works = given or slot in active
            made = (first + slot - length, length)
            length, at_start, seen, units = move(length, at_start, seen, works)
            if units and (works != self.run.idle or made not in self.run.tolerated):
                cost += units * self.cost
                if math.isinf(cost):
                    return None
        return (length, at_start, seen, frozenset(s - len(fixed) for s in active if s >= len(fixed))), cost

    def _work(self, length: int, at_start: bool, seen: bool, works: bool) -> tuple[int, bool, bool, int]:
        maximum, minimum = self.run.maximum, self.run.minimum
        if works:
            over = 1 if maximum is not None and length + 1 > maximum else 0
            return min(length + 1, self.clip), at_start, False, over
        short = 0
        if length and minimum is not None and not at_start:
            short = max(0, minimum - length)
        return 0, False, False, short

    def _idle(self, length: int, at_start: bool, seen: bool, works: bool) -> tuple[int, bool, bool, int]:
        if not works:
            return (min(length + 1, self.clip) if seen else 0), False, seen, 0
        return 0, False, True, self.run.units(length, False, False) if seen and length else 0

    def final(self, state: Hashable) -> float:
        """A run that is over at the end and too short."""
        length, at_start, _, _ = cast(_RunState, state)
        if self.run.idle or not length or self.run.minimum is None:
            return 0.0
        made = (self.count - length, length)
        unseen = at_start or self.run.open_end or made in self.run.tolerated
        short = 0 if unseen else max(0, self.run.minimum - length)
        return short * self.cost if short else 0.0


class FlagAutomaton(Automaton):
    """Groups that span a few layers (weekends): remembers which open ones are active; counts each once.

    `counted[group]` are the resources a group counts towards.
    """

    initial: Hashable = frozenset()
    neutral: Hashable = frozenset()
    kind: Hashable = "flags"

    def __init__(
        self, groups: Sequence[frozenset[int]], layering: Layering, counted: Sequence[tuple[int, ...]] = ()
    ) -> None:
        self.counted = counted
        self.meaning = self.groups_of = layering.members(tuple(groups))
        spans = [layering.span(group) for group in groups]
        self.first = min((first for first, last in spans if last >= 0), default=0)
        self.last = max((last for _, last in spans), default=-1)
        still: list[list[int]] = [[] for _ in layering.layers]
        here: list[list[int]] = [[] for _ in layering.layers]
        for group, (first, last) in enumerate(spans):
            for layer in range(first, last + 1):
                here[layer].append(group)
                if layer < last:
                    still[layer].append(group)
        self.open = [frozenset(groups) for groups in still]
        self.local = [
            (open_groups, tuple([(group, counted[group]) for group in groups]) if counted else ())
            for open_groups, groups in zip(self.open, here, strict=True)
        ]

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        """The groups made active."""
        return frozenset(group for shift in option for group in self.groups_of.get(shift, ()))

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        """Groups active for the first time are counted."""
        state, symbol = cast(frozenset[int], state), cast(frozenset[int], symbol)
        fresh = tuple(resource for group in sorted(symbol - state) for resource in self.counted[group])
        return (state | symbol) & self.open[layer], 0.0, fresh


class TogetherAutomaton(Automaton):
    """One set of `Together`: remembers its active groups until the set closes, then charges a set partly active."""

    neutral: Hashable = frozenset()

    def __init__(
        self, groups: Sequence[frozenset[int]], fixed: Sequence[bool], cost: float | None, layering: Layering
    ) -> None:
        self.cost = math.inf if cost is None else cost
        self.everything = frozenset(range(len(groups)))
        flags = FlagAutomaton(groups, layering)
        self.meaning, self.groups_of = flags.meaning, flags.groups_of
        self.first, self.last = flags.first, flags.last
        self.kind = ("together", cost, len(groups))
        self.local = [layer < self.last for layer in range(len(layering.layers))]
        given = frozenset(number for number, state in enumerate(fixed) if state)
        self.initial: Hashable = given if self.last >= 0 else None
        self.constant = 0.0 if self.last >= 0 else self._charge(given)

    def _charge(self, active: frozenset[int]) -> float:
        return self.cost if active and active != self.everything else 0.0

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        """The groups made active."""
        return frozenset(group for shift in option for group in self.groups_of.get(shift, ()))

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        """A set partly active costs when it closes, or is impossible."""
        active = cast(frozenset[int], state) | cast(frozenset[int], symbol)
        if self.local[layer]:
            return active, 0.0, ()
        cost = self._charge(active)
        return None if math.isinf(cost) else (None, cost, ())
