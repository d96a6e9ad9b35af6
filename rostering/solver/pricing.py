"""The best pattern of one person at given shift prices, exactly: Lagrangian bounds, then labels with dominance.

Up to four sums are carried exactly by the backward pass; the others are first relaxed with multipliers, kept from call
to call. Often the relaxed pattern already keeps every limit, and is then the best one. Otherwise labels are walked
below a limit that rises from the relaxed bound until a pattern is found: the first found that way is the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rostering.solver import kernels
from rostering.solver.graph import PatternGraph
from rostering.solver.resources import MATRIX_CAP, dominance

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LABELS = 60_000
ENDS = 64
PER_NODE = 300
QUICK_PER_NODE = 6
MULTIPLIER_STEPS, QUICK_STEPS = 16, 6
"""Steps on the multipliers in one call; a single one moves them for the next call."""
BACKWARD_WORK = 10_000_000
"""Arcs times sums that one backward pass may look at (four to a nanosecond)."""


EMPTY, UNDECIDED, UNKNOWN = -1, -2, -3
"""Codes of a layer: no shift is worked; nothing is decided; shifts that are no option together."""


class Scratch:
    """Buffers of one thread, grown to the largest person it prices."""

    def __init__(self) -> None:
        self.capacity = LABELS
        self.cost = np.zeros(LABELS)
        self.bound_of = np.zeros(LABELS)
        self.node_of = np.zeros(LABELS, dtype=np.int64)
        self.mask_of = np.zeros(LABELS, dtype=np.int64)
        self.parent = np.zeros(LABELS, dtype=np.int64)
        self.class_of = np.zeros(LABELS, dtype=np.int64)
        self.following = np.zeros(LABELS, dtype=np.int64)
        self.ends = np.zeros(ENDS, dtype=np.int64)
        self._sums: dict[int, npt.NDArray[np.int32]] = {}
        self._cells = np.zeros(0)
        self._heads = np.zeros(0, dtype=np.int64)

    def sums(self, resources: int) -> npt.NDArray[np.int32]:
        """Sums of every label."""
        if resources not in self._sums:
            self._sums[resources] = np.zeros((self.capacity, max(1, resources)), dtype=np.int32)
        return self._sums[resources]

    def togo(self, nodes: int, span: int) -> Floats:
        """The table of costs to go."""
        if len(self._cells) < nodes * span:
            self._cells = np.zeros(nodes * span)
        return self._cells[: nodes * span].reshape(nodes, span)

    def heads(self, nodes: int) -> Ints:
        """First label of every node."""
        if len(self._heads) < nodes:
            self._heads = np.zeros(nodes, dtype=np.int64)
        return self._heads


@dataclass(frozen=True)
class Priced:
    """`lower`: no pattern of this person costs less. `found`: (cost, shifts), cheapest first, all below the limit."""

    lower: float
    found: list[tuple[float, frozenset[int]]]
    exact: bool


class Pricer:
    """Prices one person; keeps multipliers between calls, so it belongs to one thread at a time."""

    def __init__(self, graph: PatternGraph, weight: float, matrices: dict[bytes, Floats]) -> None:
        self.graph, self.weight, self.money = graph, weight, 0.0
        self.arrays = _pack(graph, weight, matrices)
        self.own = graph.option_points + weight * graph.option_cents
        self.slope = np.zeros(len(graph.resources))
        self.gap = 0.0
        by_bits = set(graph.bit_resource.tolist())
        held = self.arrays.held
        self.free = np.array(
            [r.cap > 0 and not held[n] and n not in by_bits for n, r in enumerate(graph.resources)], dtype=np.bool_
        )
        self.floor = np.zeros((len(graph.resources), self.arrays.table.shape[1] + 1))
        classes = len(graph.class_start) - 1
        self.class_cost, self.class_best = np.zeros(classes), np.zeros(classes, dtype=np.int64)
        self.arc_price = np.zeros(len(graph.arc_head))
        self.path = np.zeros(graph.layer_count, dtype=np.int64)
        self.trial_path = self.path.copy()
        nodes = int(graph.node_start[-1])
        self.low, self.high = np.zeros((nodes, kernels.CARRIED), np.int64), np.zeros((nodes, kernels.CARRIED), np.int64)
        self.changed = True
        self._index_options()

    # -- days decided beforehand -------------------------------------------------------------------------------------

    def codes(self, shifts: Iterable[int]) -> Ints:
        """A pattern as one figure for each layer, the same for the same choice of that day."""
        codes = np.full(self.graph.layer_count, EMPTY, dtype=np.int64)
        days: dict[int, tuple[int, ...]] = {}
        for shift in sorted(shifts):
            layer = self.layer_of[shift]
            days[layer] = (*days.get(layer, ()), shift)
        for layer, chain in days.items():
            codes[layer] = self.code_of.get(chain, UNKNOWN)
        return codes

    def decide(self, layer: int, code: int) -> list[int]:
        """Only patterns with this choice in this layer from now on; returns its shifts."""
        self.wanted[layer] = code
        self.changed = True
        here = self.option_layer == layer
        self.banned |= here & (self.option_code != code)
        option = int(np.flatnonzero(here & (self.option_code == code))[0])
        graph = self.graph
        shifts: list[int] = graph.option_shifts[graph.option_start[option] : graph.option_start[option + 1]].tolist()
        return shifts

    def knows(self, codes: Ints) -> bool:
        """Whether every day of a pattern is an option of the graph."""
        return not bool(np.any(codes == UNKNOWN))

    def allows(self, codes: Ints) -> bool:
        """Whether a pattern agrees with all that is decided."""
        return bool(np.all((self.wanted == UNDECIDED) | (self.wanted == codes)))

    def release(self) -> None:
        """Forget what was decided."""
        self.changed = True
        self.banned[:] = False
        self.wanted[:] = UNDECIDED

    def _index_options(self) -> None:
        graph = self.graph
        nodes = np.repeat(np.arange(graph.layer_count), np.diff(graph.node_start[: graph.layer_count + 1]))
        arcs = np.diff(graph.arc_start[: len(nodes) + 1])
        class_layer = np.zeros(len(graph.class_start) - 1, dtype=np.int64)
        class_layer[graph.arc_class[: int(arcs.sum())]] = np.repeat(nodes, arcs)
        self.option_layer = np.repeat(class_layer, np.diff(graph.class_start))
        shifts, starts = graph.option_shifts.tolist(), graph.option_start.tolist()
        chains = [tuple(sorted(shifts[first:last])) for first, last in pairwise(starts)]
        self.code_of = {chain: number for number, chain in enumerate(dict.fromkeys(chains)) if chain}
        self.option_code = np.array([self.code_of.get(chain, EMPTY) for chain in chains], dtype=np.int64)
        self.layer_of = {shift: number for number, layer in enumerate(graph.layers) for shift in layer}
        self.banned = np.zeros(len(self.option_layer), dtype=np.bool_)
        self.wanted = np.full(graph.layer_count, UNDECIDED, dtype=np.int64)

    def set_money(self, money: float) -> None:
        """Price of a cent besides its weight: the budget's dual."""
        if abs(money - self.money) > 1e-12:
            self.money = money
            self.own = self.graph.option_points + (self.weight + money) * self.graph.option_cents
            if any(resource.cents.any() for resource in self.graph.resources):
                self.arrays = _pack(self.graph, self.weight + money, {})

    def price(  # noqa: PLR0917 - one call, all of a pricing
        self,
        price: Floats,
        limit: float,
        scratch: Scratch,
        stop: Callable[[], bool],
        quick: bool = False,
        upper: float = math.inf,
    ) -> Priced:
        """Patterns costing less than `limit` when each shift costs `price` besides the person's own costs.

        `quick` settles for a good pattern where the best one takes long; `lower` holds all the same.
        """
        arrays, graph = self.arrays, self.graph
        own = np.where(self.banned, math.inf, self.own)
        if self.changed:
            usable = np.logical_or.reduceat(np.isfinite(own), graph.class_start[:-1])
            kernels.reach(arrays, usable, self.low, self.high)
            self.changed = False
        kernels.price_classes(arrays, own, price, self.class_cost, self.class_best)
        togo = scratch.togo(int(graph.node_start[-1]), int(arrays.span.prod()))
        lower, path_cost, start = kernels.relax(
            arrays, self.class_cost, self.free, self.low, self.high, self.slope, limit, upper,
            QUICK_STEPS if quick else MULTIPLIER_STEPS,
            self.arc_price, togo, self.floor, self.path, self.trial_path,
        )  # fmt: skip
        if lower >= limit or stop():
            return Priced(lower, [], True)
        if path_cost <= lower + 1e-7 * (1.0 + abs(lower)):
            return Priced(lower, [(path_cost, self._shifts(self.path))], True)
        return self._labels(togo, lower, limit, start, scratch, stop, quick)

    def exercise(self, price: Floats, scratch: Scratch) -> None:
        """Call every compiled loop once."""
        self.price(price, math.inf, scratch, lambda: False)
        togo = scratch.togo(int(self.graph.node_start[-1]), int(self.arrays.span.prod()))
        start = kernels.close_sums(self.arrays, self.slope, self.floor)
        self._labels(togo, 0.0, math.inf, start, scratch, lambda: False, quick=True)

    # -- labels ----------------------------------------------------------------------------------------------------

    def _labels(  # noqa: PLR0917 - one call, all of a pricing
        self,
        togo: Floats,
        lower: float,
        limit: float,
        start: float,
        scratch: Scratch,
        stop: Callable[[], bool],
        quick: bool,
    ) -> Priced:
        arrays, graph = self.arrays, self.graph
        layers = np.zeros(graph.layer_count + 2, dtype=np.int64)
        sums = scratch.sums(len(graph.resources))
        heads = scratch.heads(int(graph.node_start[-1]))
        margin = max(1.2 * self.gap, 1e-4 * (1.0 + abs(lower)))
        exact = True
        while True:
            below = limit if quick else min(limit, lower + margin)
            status, found, _ = kernels.forward(
                arrays, self.arc_price, self.slope, self.floor, togo, start, below,
                QUICK_PER_NODE if quick else PER_NODE,
                sums, scratch.cost, scratch.bound_of, scratch.node_of, scratch.mask_of, scratch.parent,
                scratch.class_of, scratch.following, heads, scratch.ends, layers,
            )  # fmt: skip
            exact = exact and status == kernels.EXHAUSTED
            if found or below >= limit or not exact or stop():
                break
            lower = below
            margin *= 3.0
        if not found:
            return Priced(limit if exact and below >= limit else lower, [], exact)
        labels = sorted(scratch.ends[:found].tolist(), key=lambda label: (scratch.cost[label], label))
        patterns = []
        for label in labels:
            path = np.zeros(graph.layer_count, dtype=np.int64)
            kernels.trace(scratch.parent, scratch.class_of, label, path)
            patterns.append((float(scratch.cost[label]), self._shifts(path)))
        best = patterns[0][0]
        self.gap = 0.5 * self.gap + 0.5 * max(0.0, best - lower) if exact else self.gap
        return Priced(best if exact else lower, patterns, exact)

    def _shifts(self, path: Ints) -> frozenset[int]:
        graph = self.graph
        chosen = self.class_best[path]
        spans = [slice(int(graph.option_start[o]), int(graph.option_start[o + 1])) for o in chosen]
        return frozenset(shift for span in spans for shift in graph.option_shifts[span].tolist())


def carried_sums(graph: PatternGraph) -> list[int]:
    """Which sums the backward pass carries, finest last: those over the whole roster, small ones first, while it is
    cheap. Two-sided sums come first of all, since multipliers hold them badly.
    """
    counted = set(graph.bit_resource.tolist())
    late = graph.layer_count - 1 - graph.layer_count // 7
    able = [n for n, r in enumerate(graph.resources) if n not in counted and r.last_layer >= late and r.cap]
    able.sort(key=lambda n: (graph.resources[n].points[0] <= 0, graph.resources[n].cap, n))
    chosen: list[int] = []
    work = len(graph.arc_head)
    for number in able:
        span = graph.resources[number].cap + 1
        if len(chosen) < kernels.CARRIED and work * span <= BACKWARD_WORK:
            chosen.append(number)
            work *= span
    return sorted(chosen, key=lambda n: (graph.resources[n].cap, n))


def _pack(graph: PatternGraph, weight: float, matrices: dict[bytes, Floats]) -> kernels.Arrays:
    """The graph as flat arrays; dominance matrices are shared between people through `matrices`."""
    resources = graph.resources
    tables = [resource.points + weight * resource.cents for resource in resources]
    width = max((len(table) for table in tables), default=1)
    table = np.full((len(resources), width), math.inf)
    mode, places, parts, size = [], [], [], 0
    for number, (resource, values) in enumerate(zip(resources, tables, strict=True)):
        table[number, : len(values)] = values
        rising = not resource.limited or bool(np.all(np.diff(values) >= 0))
        if len(values) <= MATRIX_CAP:
            key = values.tobytes() + bytes([resource.limited])
            if key not in matrices:
                matrices[key] = dominance(values, resource.limited).ravel()
            parts.append(matrices[key])
            places.append(size)
            size += len(parts[-1])
            mode.append(0)
        else:
            places.append(0)
            mode.append(1 if rising and bool(np.all(np.diff(values) >= 0)) else 2)
    carried = carried_sums(graph)
    held = np.array([number in carried for number in range(len(resources))], dtype=np.bool_)
    spans = [resources[number].cap + 1 for number in carried]
    return kernels.Arrays(
        node_start=graph.node_start,
        arc_start=graph.arc_start,
        arc_head=graph.arc_head,
        arc_class=graph.arc_class,
        arc_cost=np.where((graph.arc_gain[:, [r.cap == 0 for r in resources]] > 0).any(axis=1), np.inf, graph.arc_cost),
        arc_gain=graph.arc_gain,
        class_start=graph.class_start,
        option_start=graph.option_start,
        option_shifts=graph.option_shifts,
        class_bits=graph.class_bits,
        bit_resource=graph.bit_resource,
        bit_last=graph.bit_last,
        final_cost=graph.final_cost,
        table=table,
        cap=np.array([resource.cap for resource in resources], dtype=np.int64),
        last=np.array([resource.last_layer for resource in resources], dtype=np.int64),
        mode=np.array(mode, dtype=np.int64),
        worse=np.concatenate(parts) if parts else np.zeros(0),
        worse_at=np.array(places, dtype=np.int64),
        carried=np.array([-1] * (kernels.CARRIED - len(carried)) + carried, dtype=np.int64),
        span=np.array([1] * (kernels.CARRIED - len(carried)) + spans, dtype=np.int64),
        held=held,
    )
