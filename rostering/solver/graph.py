"""A person's patterns as paths through a layered graph: nodes remember rests and runs, sums travel along as resources.

One layer a day. An arc works an *option* (no shift, one, or several that fit together) of a *class*: options of a class
mean the same to every limit and differ in price only, so a search looks at the cheapest of each class.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rostering.solver.automata import (
    Automaton,
    FlagAutomaton,
    RestAutomaton,
    RunAutomaton,
    SuccessionAutomaton,
    TogetherAutomaton,
    layer_of,
)
from rostering.solver.compile import Compiled, Person
from rostering.solver.primitives import (
    Distinct,
    Gap,
    Primitive,
    Run,
    Succession,
    Together,
    Total,
    evaluate,
)
from rostering.solver.problem import Shift
from rostering.solver.product import multiply
from rostering.solver.resources import Resource, Sum, common_unit, is_linear

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Option = tuple[tuple[int, ...], float, float]
"""Shifts of one day, and what they cost by themselves: points and cents."""
ClassKey = tuple[tuple[Hashable, ...], tuple[int, ...], int]
"""Symbols for the automata, gains for the sums, bits."""

SHORT_SPAN = 4
"""Groups spanning at most so many layers (weekends) are remembered in the nodes, longer ones (sites) as bits."""
MAX_OPTIONS = 600
"""Options of one day; beyond it shifts are taken one a day, and the search is no longer exact."""
MAX_BITS = 60


@dataclass
class PatternGraph:
    """What the searches walk. Arcs of a node are contiguous, options of a class are contiguous.

    `arc_gain[a]` are the units each resource grows by. `option_shifts` lists positions in `problem.shifts`. `bit_of`
    names per option class the long groups it touches; bit g counts towards resource `bit_resource[g]`. Unless it
    `holds` every limit some paths are not legal patterns; unless it is `complete` some legal patterns are no paths.
    """

    layers: list[list[int]]
    node_start: Ints
    arc_start: Ints
    arc_head: Ints
    arc_class: Ints
    arc_cost: Floats
    arc_gain: npt.NDArray[np.int32]
    class_start: Ints
    option_points: Floats
    option_cents: Floats
    option_start: Ints
    option_shifts: Ints
    class_bits: Ints
    bit_resource: Ints
    bit_last: Ints
    final_cost: Floats
    resources: list[Resource]
    constant_points: float
    constant_cents: float
    holds: bool
    complete: bool

    @property
    def layer_count(self) -> int:
        """Layers with a choice; the last set of nodes stands after them."""
        return len(self.layers)


class InfeasibleError(Exception):
    """No pattern keeps every required limit of this person."""


def build_graph(compiled: Compiled, person: Person) -> PatternGraph:
    """The person's graph. Raises InfeasibleError when their required limits and pins contradict each other."""
    return _Builder(compiled, person).build()


class _Builder:
    def __init__(self, compiled: Compiled, person: Person) -> None:
        self.compiled, self.person = compiled, person
        self.shifts: tuple[Shift, ...] = compiled.shifts
        self.hard_gaps: list[Gap] = []
        self.option_gain: list[list[list[int]]] = []
        self.layers = _layers(person.candidates, self.shifts)
        self.layer_at = {shift: number for number, layer in enumerate(self.layers) for shift in layer}
        self.automata: list[Automaton] = []
        self.counted_by: list[int | None] = []
        self.daily: dict[int, list[Primitive]] = defaultdict(list)
        self.chain_limits: list[Primitive] = []
        self.sums: list[Sum] = []
        self.sum_of: dict[Hashable, int] = {}
        self.gains: list[dict[int, int]] = []
        self.group_gains: list[tuple[int, frozenset[int]]] = []
        self.bits: list[tuple[frozenset[int], int, int]] = []
        self.constant_points = person.constant_points
        self.constant_cents = person.constant_cents
        self.holds = self.complete = True

    def build(self) -> PatternGraph:
        for limit in self.person.limits:
            self._place(limit)
        gaps = [limit for limit in self.chain_limits if isinstance(limit, Gap)]
        self.hard_gaps = [gap for gap in gaps if gap.cost is None or gap.cost >= self.compiled.breach]
        options = [self._options(number) for number in range(len(self.layers))]
        resources, kept = self._resources(options)
        classes = self._classes(options, kept)
        return self._graph(options, classes, resources, kept)

    def _graph(
        self,
        options: list[list[Option]],
        classes: list[dict[ClassKey, list[int]]],
        resources: list[Resource],
        kept: list[int],
    ) -> PatternGraph:
        product = multiply(self.automata, self.counted_by, [list(layer) for layer in classes], kept)
        if product is None:
            raise InfeasibleError(self.person.staff.id)
        chosen = [
            layer[position]
            for layer, groups in zip(options, classes, strict=True)
            for group in groups.values()
            for position in group
        ]
        sizes = [len(group) for groups in classes for group in groups.values()]
        place = {number: position for position, number in enumerate(kept)}
        return PatternGraph(
            layers=self.layers,
            node_start=product.node_start,
            arc_start=product.arc_start,
            arc_head=product.arc_head,
            arc_class=product.arc_class,
            arc_cost=product.arc_cost,
            arc_gain=product.arc_gain,
            class_start=_starts(sizes),
            option_points=np.array([points for _, points, _ in chosen], dtype=np.float64),
            option_cents=np.array([cents for _, _, cents in chosen], dtype=np.float64),
            option_start=_starts([len(chain) for chain, _, _ in chosen]),
            option_shifts=np.array([shift for chain, _, _ in chosen for shift in chain], dtype=np.int64),
            class_bits=np.array([key[2] for groups in classes for key in groups], dtype=np.int64),
            bit_resource=np.array([place[number] for _, number, _ in self.bits], dtype=np.int64),
            bit_last=np.array([last for _, _, last in self.bits], dtype=np.int64),
            final_cost=product.final_cost,
            resources=resources,
            constant_points=self.constant_points,
            constant_cents=self.constant_cents,
            holds=self.holds,
            complete=self.complete,
        )

    # -- where each primitive goes -------------------------------------------------------------------------------

    def _place(self, limit: Primitive) -> None:
        if isinstance(limit, Gap):
            self._remember(RestAutomaton(limit, self.layers, self.shifts))
            self.chain_limits.append(limit)
        elif isinstance(limit, Succession):
            if any(shift in self.layer_at for shift in limit.first):
                self._remember(SuccessionAutomaton(limit, self.layers, self.shifts))
                self.chain_limits.append(limit)
        elif isinstance(limit, Run):
            automaton = RunAutomaton(limit, self.layers)
            if math.isinf(automaton.initial_cost):
                raise InfeasibleError(self.person.staff.id)
            self.constant_points += automaton.initial_cost
            self._remember(automaton)
        elif isinstance(limit, Together):
            for groups, fixed in zip(limit.sets, limit.fixed, strict=True):
                together = TogetherAutomaton(groups, fixed, limit.cost, self.layers)
                self.constant_points += together.constant
                self._remember(together)
        elif isinstance(limit, Total):
            self._total(limit)
        elif isinstance(limit, Distinct):
            self._distinct(limit)
        if math.isinf(self.constant_points):
            raise InfeasibleError(self.person.staff.id)

    def _remember(self, automaton: Automaton, counted_by: int | None = None) -> None:
        self.automata.append(automaton)
        self.counted_by.append(counted_by)

    def _total(self, limit: Total) -> None:
        values = {shift: value for shift, value in limit.values.items() if value and shift in self.layer_at}
        used = {self.layer_at[shift] for shift in values}
        if len(used) <= 1:
            self._daily(used, limit)
            return
        number = self._sum(("total", frozenset(values.items())), common_unit(values), max(used))
        self.sums[number].tiers.append((limit.over, limit.under, limit.offset, limit.cents))
        self.gains[number] = {shift: value // self.sums[number].unit for shift, value in values.items()}

    def _distinct(self, limit: Distinct) -> None:
        groups = []
        offset = sum(limit.fixed)
        for group, fixed in zip(limit.groups, limit.fixed, strict=True):
            inside = frozenset(shift for shift in group if shift in self.layer_at)
            if inside and not fixed:
                groups.append(inside)
        used = {self.layer_at[shift] for group in groups for shift in group}
        if len(used) <= 1:
            self._daily(used, limit)
            return
        number = self._sum(("distinct", tuple(groups)), 1, max(used))
        fresh = not self.sums[number].tiers
        self.sums[number].tiers.append((limit.over, limit.under, offset, False))
        if fresh:
            self._count_groups(groups, number)

    def _count_groups(self, groups: list[frozenset[int]], number: int) -> None:
        spans = layer_of(groups, self.layers)
        short = []
        for group, (first, last) in zip(groups, spans, strict=True):
            if first == last:
                self.group_gains.append((number, group))
            elif last - first < SHORT_SPAN:
                short.append(group)
            elif len(self.bits) < MAX_BITS:
                self.bits.append((group, number, last))
            else:
                self.holds = False
        if short:
            self._remember(FlagAutomaton(short, self.layers), number)

    def _sum(self, key: Hashable, unit: int, last_layer: int) -> int:
        if key not in self.sum_of:
            self.sum_of[key] = len(self.sums)
            self.sums.append(Sum(unit, 0, last_layer))
            self.gains.append({})
        return self.sum_of[key]

    def _daily(self, used: set[int], limit: Primitive) -> None:
        """A limit on one layer alone becomes a price or a veto of its options."""
        if used:
            self.daily[used.pop()].append(limit)
            return
        found = limit.evaluate(frozenset(), self.shifts)
        if found.broken:
            raise InfeasibleError(self.person.staff.id)
        self.constant_points += found.points
        self.constant_cents += found.cents

    # -- options ---------------------------------------------------------------------------------------------------

    def _options(self, layer: int) -> list[Option]:
        """Each option of a day with its own points and cents; the daily limits folded in."""
        result = []
        person = self.person
        for chain in self._chains(layer):
            points = sum(person.points[shift] for shift in chain)
            cents = sum(person.cents.get(shift, 0.0) for shift in chain)
            chosen = frozenset(chain)
            found = evaluate(self.daily[layer], chosen, self.shifts)
            if len(chain) > 1:
                found += evaluate(self.chain_limits, chosen, self.shifts)
            if not found.broken:
                result.append((chain, points + found.points, cents + found.cents))
        if not result:
            raise InfeasibleError(person.staff.id)
        return result

    def _chains(self, layer: int) -> Iterable[tuple[int, ...]]:
        """No shift, one, or several that neither overlap nor come too close; always with the day's pins."""
        shifts = self.layers[layer]
        pins = [shift for shift in shifts if shift in self.person.pins]
        if not pins:
            yield from self._free_chains(layer, shifts)
            return
        for chain in self._free_chains(layer, [shift for shift in shifts if shift not in self.person.pins]):
            merged = tuple(shift for shift in shifts if shift in chain or shift in pins)
            if all(self._fits(a, b) for a, b in pairwise(merged) if not (a in pins and b in pins)):
                yield merged

    def _free_chains(self, layer: int, shifts: list[int]) -> Iterable[tuple[int, ...]]:
        yield ()
        grown: list[tuple[int, ...]] = [(shift,) for shift in shifts]
        yield from grown
        if self._one_a_day(layer):
            return
        total = len(grown)
        while grown:
            grown = [
                (*chain, shifts[place])
                for chain in grown
                for place in range(shifts.index(chain[-1]) + 1, len(shifts))
                if self._fits(chain[-1], shifts[place])
            ]
            total += len(grown)
            if total > MAX_OPTIONS:
                self.complete = False
                return
            yield from grown

    def _one_a_day(self, layer: int) -> bool:
        shifts = set(self.layers[layer])
        return any(
            isinstance(limit, Total)
            and all(limit.values.get(shift, 0) >= 1 for shift in shifts)
            and any(tier.threshold - limit.offset < 2 and tier.cost is None for tier in limit.over)
            and all(value == 1 for value in limit.values.values())
            for limit in self.daily[layer]
        )

    def _fits(self, first: int, then: int) -> bool:
        start, end = self.shifts[then].start, self.shifts[first].end
        return all(start >= end + gap.need(first, then, self.shifts) for gap in self.hard_gaps)

    # -- sums ------------------------------------------------------------------------------------------------------

    def _gain(self, chain: tuple[int, ...]) -> list[int]:
        gain = [0] * len(self.sums)
        for shift in chain:
            for number, value in self.value_of[shift]:
                gain[number] += value
        for number, _ in {entry for shift in chain for entry in self.groups_at[shift]}:
            gain[number] += 1
        return gain

    def _index_gains(self) -> None:
        self.value_of: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.groups_at: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, values in enumerate(self.gains):
            for shift, value in values.items():
                self.value_of[shift].append((number, value))
        for place, (number, group) in enumerate(self.group_gains):
            for shift in group:
                self.groups_at[shift].append((number, place))

    def _resources(self, options: list[list[Option]]) -> tuple[list[Resource], list[int]]:
        """The sums that must be carried; linear ones become prices, those that never bind are dropped."""
        if not self.sums:
            return [], []
        self._index_gains()
        self.option_gain = [[self._gain(chain) for chain, _, _ in layer] for layer in options]
        counts = [0] * len(self.sums)
        for number in [number for _, number, _ in self.bits]:
            counts[number] += 1
        for automaton, counted in zip(self.automata, self.counted_by, strict=True):
            if counted is not None and isinstance(automaton, FlagAutomaton):
                counts[counted] += len(automaton.last)
        resources, kept = [], []
        for number, pending in enumerate(self.sums):
            most = sum(max((gain[number] for gain in layer), default=0) for layer in self.option_gain)
            pending.reach = most + counts[number]
            points, cents = pending.table()
            if not len(points):
                raise InfeasibleError(self.person.staff.id)
            limited = len(points) <= pending.reach
            if not limited and is_linear(points) and is_linear(cents) and not counts[number]:
                self._fold(number, points, cents, options)
                continue
            kept.append(number)
            resources.append(Resource(points, cents, pending.last_layer, pending.unit, limited))
        return resources, kept

    def _fold(
        self,
        number: int,
        points: Floats,
        cents: Floats,
        options: list[list[Option]],
    ) -> None:
        """A sum whose every unit costs the same is a price of each option."""
        self.constant_points += float(points[0])
        self.constant_cents += float(cents[0])
        slope = float(points[1] - points[0]) if len(points) > 1 else 0.0
        money = float(cents[1] - cents[0]) if len(cents) > 1 else 0.0
        if not slope and not money:
            return
        for layer, gains in zip(options, self.option_gain, strict=True):
            for position, ((chain, price, cost), gain) in enumerate(zip(layer, gains, strict=True)):
                layer[position] = (chain, price + slope * gain[number], cost + money * gain[number])

    # -- classes ---------------------------------------------------------------------------------------------------

    def _classes(self, options: list[list[Option]], kept: list[int]) -> list[dict[ClassKey, list[int]]]:
        """Per layer: options that mean the same to every automaton, sum and bit, by class key."""
        result: list[dict[ClassKey, list[int]]] = []
        touching: dict[int, int] = defaultdict(int)
        for bit, (group, _, _) in enumerate(self.bits):
            for shift in group:
                touching[shift] |= 1 << bit
        neutral = [automaton.symbol(()) for automaton in self.automata]
        matters: dict[int, list[int]] = defaultdict(list)
        for number, automaton in enumerate(self.automata):
            for shift in self.layer_at if automaton.relevant is None else automaton.relevant:
                matters[shift].append(number)
        for number, layer in enumerate(options):
            classes: dict[ClassKey, list[int]] = {}
            for position, (chain, _, _) in enumerate(layer):
                symbols = list(neutral)
                for touched in {other for shift in chain for other in matters[shift]}:
                    symbols[touched] = self.automata[touched].symbol(chain)
                gain = tuple(self.option_gain[number][position][k] for k in kept) if kept else ()
                bits = 0
                for shift in chain:
                    bits |= touching[shift]
                classes.setdefault((tuple(symbols), gain, bits), []).append(position)
            result.append(classes)
        return result


def _layers(candidates: Sequence[int], shifts: Sequence[Shift]) -> list[list[int]]:
    """Candidates by day, in order of start even where time zones make a later shift belong to an earlier date."""
    layers: list[list[int]] = []
    current: int | None = None
    for index in sorted(candidates, key=lambda i: (shifts[i].start, shifts[i].end, shifts[i].id)):
        if current is None or shifts[index].day > current:
            current = shifts[index].day
            layers.append([])
        layers[-1].append(index)
    return layers


def _starts(sizes: Sequence[int]) -> Ints:
    return np.concatenate(([0], np.cumsum(np.array(sizes, dtype=np.int64)))).astype(np.int64)
