"""Small automata that remember, day by day, what a primitive needs to know of the past: rest, runs, open weekends.

A person's candidate shifts are dealt with in layers (days, in order of start). Each automaton reads one symbol a layer
(what the chosen shifts mean to it) and moves between a few states; a step may be impossible, may cost points, and may
count towards a `Distinct`. `graph.py` multiplies them into the graph that patterns are searched in.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from rostering.solver.primitives import Gap, Run, Succession
from rostering.solver.problem import Shift

Layers = Sequence[Sequence[int]]
"""Shift positions per layer, in order of start."""

Days = tuple[int, ...]
Step = tuple[Hashable, float, int] | None
"""Next state, points charged, groups newly counted; None when the step breaks a required limit."""


class Automaton(Protocol):
    """What one primitive remembers. States and symbols are small hashable values."""

    initial: Hashable
    relevant: frozenset[int] | None
    """Shifts that mean anything to it; None for all."""

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        """What these shifts, worked in one layer, mean to this primitive."""
        ...

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        """Work the option meant by `symbol` in this layer, then close the layer."""
        ...

    def final(self, state: Hashable) -> float:
        """Points charged at the end; infinite when a required limit is broken."""
        ...


def layer_of(groups: Sequence[frozenset[int]], layers: Layers) -> list[tuple[int, int]]:
    """First and last layer of each group; (0, -1) for a group without candidates."""
    where = {shift: number for number, layer in enumerate(layers) for shift in layer}
    spans = []
    for group in groups:
        inside = [where[shift] for shift in group if shift in where]
        spans.append((min(inside), max(inside)) if inside else (0, -1))
    return spans


class RestAutomaton:
    """`Gap`: remembers when the last shift worked lets the next one start."""

    initial: Hashable = None
    relevant: frozenset[int] | None = None

    def __init__(self, gap: Gap, layers: Layers, shifts: Sequence[Shift]) -> None:
        self.gap, self.shifts = gap, shifts
        self.cost = math.inf if gap.cost is None else gap.cost
        self.travel: Mapping[frozenset[str], int] = gap.travel or {}
        self.farthest = max(self.travel.values(), default=0)
        self.later: list[list[int]] = [[] for _ in layers]
        starts: set[int] = set()
        for number in range(len(layers) - 1, -1, -1):
            self.later[number] = sorted(starts)
            starts |= {shifts[index].start for index in layers[number]}

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        if not option:
            return None
        first, last = self.shifts[option[0]], self.shifts[option[-1]]
        ready = last.end + self.gap.after.get(option[-1], 0)
        return (first.start, ready, *((first.site, last.site, last.end) if self.travel else ()))

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        if symbol is None:
            return self._settle(state, layer), 0.0, 0
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
        return self._settle(after, layer), cost, 0

    def _settle(self, state: Hashable, layer: int) -> Hashable:
        """Forget a shift that can no longer be too close to anything; merge those that mean the same."""
        if state is None:
            return None
        state = cast(tuple[Any, ...], state)
        later = self.later[layer]
        if not later or max(state[0], (state[2] + self.farthest) if self.travel else 0) <= later[0]:
            return None
        if self.travel:
            return state
        allowed = next((start for start in later if start >= state[0]), later[-1] + 1)
        return (allowed,)

    def final(self, state: Hashable) -> float:
        return 0.0


class SuccessionAutomaton:
    """`Succession`: remembers on which of the last days a shift of the first kind was worked."""

    initial: Hashable = ()

    def __init__(self, rule: Succession, layers: Layers, shifts: Sequence[Shift]) -> None:
        self.rule, self.shifts = rule, shifts
        self.relevant: frozenset[int] | None = rule.first | rule.then
        self.cost = math.inf if rule.cost is None else rule.cost
        self.ahead: list[frozenset[int]] = [frozenset()] * len(layers)
        days: frozenset[int] = frozenset()
        for number in range(len(layers) - 1, -1, -1):
            self.ahead[number] = days
            days |= {shifts[index].day for index in layers[number] if index in rule.then}

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        first = tuple(self.shifts[index].day for index in option if index in self.rule.first)
        then = tuple(self.shifts[index].day for index in option if index in self.rule.then)
        return first, then

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        state, symbol = cast(Days, state), cast(tuple[Days, Days], symbol)
        first, then = symbol
        reach = self.rule.within_days
        pairs = sum(1 for day in state for other in then if 1 <= other - day <= reach)
        cost = pairs * self.cost if pairs else 0.0
        if math.isinf(cost):
            return None
        ahead = self.ahead[layer]
        kept = tuple(day for day in (*state, *first) if any(day + lag in ahead for lag in range(1, reach + 1)))
        return kept, cost, 0

    def final(self, state: Hashable) -> float:
        return 0.0


@dataclass(frozen=True, slots=True)
class _RunState:
    """`length` of the current run (worked, or idle after `seen` work), and which open slots are already active."""

    length: int
    at_start: bool
    seen: bool
    active: frozenset[int]
    closed: int


class RunAutomaton:
    """`Run`: remembers the length of the current run, clipped where more makes no difference."""

    def __init__(self, run: Run, layers: Layers) -> None:
        self.run = run
        self.cost = math.inf if run.cost is None else run.cost
        spans = layer_of(run.slots, layers)
        self.slots_of: dict[int, list[int]] = {}
        for slot, group in enumerate(run.slots):
            for shift in group:
                self.slots_of.setdefault(shift, []).append(slot)
        self.relevant: frozenset[int] | None = frozenset(self.slots_of)
        self.closing: list[int] = []
        latest = -1
        for _, last in spans:
            latest = max(latest, last)
            self.closing.append(latest)
        self.count = len(run.slots)
        self.clip = max(run.maximum or 0, run.minimum or 0) + (1 if run.idle else 0)
        if run.idle and run.maximum is not None and run.cost is not None:
            self.clip = self.count + 1
        start = _RunState(0, True, False, frozenset(), 0)
        opened = self._close(start, -1)
        self.impossible = opened is None
        self.initial: Hashable = opened[0] if opened else start
        self.initial_cost = opened[1] if opened else math.inf

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        return frozenset(slot for shift in option for slot in self.slots_of.get(shift, ()))

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        state, symbol = cast(_RunState, state), cast(frozenset[int], symbol)
        if symbol - state.active:
            state = _RunState(state.length, state.at_start, state.seen, state.active | symbol, state.closed)
        closed = self._close(state, layer)
        return None if closed is None else (closed[0], closed[1], 0)

    def _close(self, state: _RunState, layer: int) -> tuple[_RunState, float] | None:
        """Settle every slot that no shift of a later layer can still make active."""
        cost = 0.0
        length, at_start, seen, active, slot = state.length, state.at_start, state.seen, state.active, state.closed
        while slot < self.count and self.closing[slot] <= layer:
            works = slot in active or self.run.fixed[slot]
            move = self._idle if self.run.idle else self._work
            made = (slot - length, length)
            length, at_start, seen, units = move(length, at_start, seen, works)
            if units and (works != self.run.idle or made not in self.run.tolerated):
                cost += units * self.cost
                if math.isinf(cost):
                    return None
            slot += 1
        return _RunState(length, at_start, seen, frozenset(s for s in active if s >= slot), slot), cost

    def _work(self, length: int, at_start: bool, seen: bool, works: bool) -> tuple[int, bool, bool, int]:
        maximum, minimum = self.run.maximum, self.run.minimum
        if works:
            over = 1 if maximum is not None and length + 1 > maximum else 0
            return min(length + 1, self.clip), at_start, False, over
        short = 0
        if length and minimum is not None and not (at_start and self.run.open_start):
            short = max(0, minimum - length)
        return 0, False, False, short

    def _idle(self, length: int, at_start: bool, seen: bool, works: bool) -> tuple[int, bool, bool, int]:
        if not works:
            return (min(length + 1, self.clip) if seen else 0), False, seen, 0
        return 0, False, True, self.run.units(length, False, False) if seen and length else 0

    def final(self, state: Hashable) -> float:
        state = cast(_RunState, state)
        if self.run.idle or not state.length or self.run.minimum is None:
            return 0.0
        made = (self.count - state.length, state.length)
        unseen = (state.at_start and self.run.open_start) or self.run.open_end or made in self.run.tolerated
        short = 0 if unseen else max(0, self.run.minimum - state.length)
        return short * self.cost if short else 0.0


class FlagAutomaton:
    """Groups that span a few layers (a weekend): remembers which open ones are active; counts each once."""

    initial: Hashable = frozenset()

    def __init__(self, groups: Sequence[frozenset[int]], layers: Layers) -> None:
        self.last = [last for _, last in layer_of(groups, layers)]
        self.groups_of: dict[int, list[int]] = {}
        for number, group in enumerate(groups):
            for shift in group:
                self.groups_of.setdefault(shift, []).append(number)
        self.relevant: frozenset[int] | None = frozenset(self.groups_of)

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        return frozenset(group for shift in option for group in self.groups_of.get(shift, ()))

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        state, symbol = cast(frozenset[int], state), cast(frozenset[int], symbol)
        fresh = len(symbol - state)
        return frozenset(group for group in state | symbol if self.last[group] > layer), 0.0, fresh

    def final(self, state: Hashable) -> float:
        return 0.0


class TogetherAutomaton:
    """One set of `Together`: remembers its active groups until the set closes, then charges a set partly active."""

    def __init__(
        self, groups: Sequence[frozenset[int]], fixed: Sequence[bool], cost: float | None, layers: Layers
    ) -> None:
        self.cost = math.inf if cost is None else cost
        self.everything = frozenset(range(len(groups)))
        self.flags = FlagAutomaton(groups, layers)
        self.relevant = self.flags.relevant
        self.last = max(self.flags.last, default=-1)
        given = frozenset(number for number, state in enumerate(fixed) if state)
        self.initial: Hashable = given if self.last >= 0 else None
        self.constant = 0.0 if self.last >= 0 else self._charge(given)

    def _charge(self, active: frozenset[int]) -> float:
        return self.cost if active and active != self.everything else 0.0

    def symbol(self, option: tuple[int, ...]) -> Hashable:
        return self.flags.symbol(option)

    def step(self, state: Hashable, layer: int, symbol: Hashable) -> Step:
        if state is None:
            return None if symbol else (None, 0.0, 0)
        state, symbol = cast(frozenset[int], state), cast(frozenset[int], symbol)
        active = state | symbol
        if layer < self.last:
            return active, 0.0, 0
        cost = self._charge(active)
        return None if math.isinf(cost) else (None, cost, 0)

    def final(self, state: Hashable) -> float:
        return 0.0
