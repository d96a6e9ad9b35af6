"""The best pattern of one person at given shift prices, exactly: Lagrangian bounds, then labels with dominance.

Up to four sums are carried exactly by the backward pass; the others are first relaxed with multipliers, kept from call
to call. Often the relaxed pattern already keeps every limit, and is then the best one. Otherwise labels are walked
below a limit that rises from the relaxed bound until a pattern is found: the first found that way is the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

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
MULTIPLIER_STEPS, QUICK_STEPS = 4, 2
"""Steps on the multipliers in one call; a single one moves them for the next call."""
BACKWARD_WORK = 10_000_000
"""Arcs times sums that one backward pass may look at (four to a nanosecond)."""


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
        self.next_slope: Floats | None = None
        self.fixed = np.ones(len(graph.resources), dtype=bool)
        for number in range(len(graph.resources)):
            held_by_bits = number in set(graph.bit_resource.tolist())
            self.fixed[number] = held_by_bits or bool(self.arrays.held[number])
        classes = len(graph.class_start) - 1
        self.class_cost, self.class_best = np.zeros(classes), np.zeros(classes, dtype=np.int64)
        self.arc_price = np.zeros(len(graph.arc_head))
        self.path = np.zeros(graph.layer_count, dtype=np.int64)

    def set_money(self, money: float) -> None:
        """Price of a cent besides its weight: the budget's dual."""
        if abs(money - self.money) > 1e-12:
            self.money = money
            self.own = self.graph.option_points + (self.weight + money) * self.graph.option_cents
            if any(resource.cents.any() for resource in self.graph.resources):
                self.arrays = _pack(self.graph, self.weight + money, {})

    def price(
        self, price: Floats, limit: float, scratch: Scratch, stop: Callable[[], bool], quick: bool = False
    ) -> Priced:
        """Patterns costing less than `limit` when each shift costs `price` besides the person's own costs.

        `quick` settles for a good pattern where the best one takes long; `lower` holds all the same.
        """
        arrays, graph = self.arrays, self.graph
        if self.next_slope is not None:
            self.slope, self.next_slope = self.next_slope, None
        kernels.price_classes(arrays, self.own, price, self.class_cost, self.class_best)
        togo = scratch.togo(int(graph.node_start[-1]), int(arrays.span.prod()))
        lower, path_cost, floor, start = self._relax(togo, limit, QUICK_STEPS if quick else MULTIPLIER_STEPS)
        if lower >= limit or stop():
            return Priced(lower, [], True)
        if path_cost <= lower + 1e-7 * (1.0 + abs(lower)):
            return Priced(lower, [(path_cost, self._shifts(self.path))], True)
        return self._labels(togo, lower, limit, floor, start, scratch, stop, quick)

    def exercise(self, price: Floats, scratch: Scratch) -> None:
        """Call every compiled loop once."""
        self.price(price, math.inf, scratch, lambda: False)
        togo = scratch.togo(int(self.graph.node_start[-1]), int(self.arrays.span.prod()))
        floor, start = self._floors(self.slope)
        self._labels(togo, 0.0, math.inf, floor, start, scratch, lambda: False, quick=True)

    # -- relaxation ------------------------------------------------------------------------------------------------

    def _relax(self, togo: Floats, limit: float, steps: int) -> tuple[float, float, Floats, float]:
        """Improve the multipliers a little; leaves `togo` and `arc_price` at the best ones found."""
        best_lower, best_slope, upper = -math.inf, self.slope.copy(), limit
        last_slope = None
        for step in range(steps):
            floor, start = self._floors(self.slope)
            lower, sums, cost = self._bound(togo, floor, start)
            last_slope = self.slope
            if lower > best_lower:
                best_lower, best_slope = lower, self.slope.copy()
            upper = min(upper, cost)
            if best_lower >= limit or cost <= lower + 1e-9 * (1 + abs(lower)):
                return lower if cost <= lower + 1e-9 * (1 + abs(lower)) else best_lower, cost, floor, start
            if self.fixed.all():
                break
            direction = self._direction(sums)
            norm = float(direction @ direction)
            if norm < 1e-12:
                break
            gap = min(upper - lower, 1.0 + 0.03 * abs(lower))
            if step == steps - 1:
                self.next_slope = self.slope + (0.4 * gap / norm) * direction if steps == 1 else None
                break
            self.slope = self.slope + (0.7 * gap / norm) * direction
        self.slope = best_slope
        floor, start = self._floors(best_slope)
        if last_slope is not best_slope:
            best_lower, _, cost = self._bound(togo, floor, start)
        return best_lower, cost, floor, start

    def _floors(self, slope: Floats) -> tuple[Floats, float]:
        """Per resource and value: the least its end can still cost at the multiplier, above the least of all."""
        arrays = self.arrays
        width = arrays.table.shape[1] if len(slope) else 0
        floor = np.zeros((len(slope), width + 1))
        start = 0.0
        for number, cap in enumerate(arrays.cap):
            if arrays.held[number]:
                continue
            ends = arrays.table[number, : cap + 1] - slope[number] * np.arange(cap + 1)
            least = np.minimum.accumulate(ends[::-1])[::-1]
            floor[number, : cap + 1] = least - least[0]
            floor[number, cap + 1] = least[0]
            start += float(least[0])
        return floor, start

    def _bound(self, togo: Floats, floor: Floats, start: float) -> tuple[float, npt.NDArray[np.int32], float]:
        arrays = self.arrays
        kernels.backward(arrays, self.class_cost, self.slope, self.arc_price, togo)
        sums = np.zeros(len(arrays.cap), dtype=np.int32)
        lower = start + float(togo[0, 0])
        if math.isinf(lower):
            return lower, sums, math.inf
        kernels.relaxed_path(arrays, self.arc_price, togo, sums, self.path)
        cost = float(togo[0, 0])
        for number, cap in enumerate(arrays.cap):
            if arrays.held[number]:
                continue
            if sums[number] > cap:
                return lower, sums, math.inf
            cost += arrays.table[number, sums[number]] - self.slope[number] * sums[number]
        return lower, sums, cost

    def _direction(self, sums: npt.NDArray[np.int32]) -> Floats:
        """Subgradient: what the relaxed pattern uses against what each resource would like at its multiplier."""
        arrays = self.arrays
        direction = np.zeros(len(sums))
        for number, cap in enumerate(arrays.cap):
            if self.fixed[number]:
                continue
            values = np.arange(cap + 1)
            ends = arrays.table[number, : cap + 1] - self.slope[number] * values
            ties = np.flatnonzero(ends <= ends.min() + 1e-9)
            liked = ties[np.argmin(np.abs(ties - sums[number]))]
            direction[number] = float(sums[number] - liked)
        return direction

    # -- labels ----------------------------------------------------------------------------------------------------

    def _labels(  # noqa: PLR0917 - one call, all of a pricing
        self,
        togo: Floats,
        lower: float,
        limit: float,
        floor: Floats,
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
                arrays, self.arc_price, self.slope, floor, togo, start, below, QUICK_PER_NODE if quick else PER_NODE,
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
    able = [n for n, r in enumerate(graph.resources) if n not in counted and r.last_layer >= late]
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
        arc_cost=graph.arc_cost,
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
