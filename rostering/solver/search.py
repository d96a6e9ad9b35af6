"""A person's cheap patterns against given prices, with numpy alone: what `fast` uses before anything is compiled.

A backward pass over nodes and the main sum gives each state's exact cost to go, other sums left aside; a beam then
walks forward with every sum. All required limits the graph holds are kept by construction; optimality is not promised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rostering.solver.graph import PatternGraph

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MAIN_WORK = 800_000
"""Most arcs times units of the main sum that the backward pass may look at."""


@dataclass(frozen=True)
class Path:
    """A pattern found: its shifts and its cost at the prices asked (constants left out)."""

    shifts: frozenset[int]
    cost: float


def main_resource(graph: PatternGraph, work: int = MAIN_WORK) -> int:
    """The sum worth carrying in the backward pass: the one that reaches farthest, -1 when none fits."""
    arcs = len(graph.arc_head)
    counted = set(graph.bit_resource.tolist())
    best, best_span = -1, 0
    for number, resource in enumerate(graph.resources):
        last = resource.last_layer >= graph.layer_count - 1 - graph.layer_count // 7
        if number in counted or not last:
            continue
        two_sided = resource.points[0] > 0
        span = resource.cap * (1000 if two_sided else 1)
        if arcs * (resource.cap + 1) <= work and span > best_span:
            best, best_span = number, span
    return best


def option_prices(graph: PatternGraph, price: Floats, weight: float) -> Floats:
    """Each option's cost: its own points, weighed cents, and the prices of its shifts (infinite: not to be worked)."""
    own = price[graph.option_shifts]
    closed = np.isinf(own)
    sums = np.concatenate(([0.0], np.cumsum(np.where(closed, 0.0, own))))
    result: Floats = graph.option_points + weight * graph.option_cents + np.diff(sums[graph.option_start])
    if closed.any():
        number = np.concatenate(([0], np.cumsum(closed)))
        result[np.diff(number[graph.option_start]) > 0] = math.inf
    return result


class BeamSearch:
    """Searches one person's graph; built once, asked often."""

    def __init__(self, graph: PatternGraph) -> None:
        self.graph = graph
        self.main = main_resource(graph)
        self.main_cap = graph.resources[self.main].cap if self.main >= 0 else 0
        self.caps = np.array([resource.cap for resource in graph.resources], dtype=np.int64)
        self.last = [resource.last_layer for resource in graph.resources]
        if self.main >= 0:
            self.last[self.main] = graph.layer_count
        rng = np.random.default_rng(12345)
        self.salt = rng.integers(1, 1 << 40, size=len(graph.resources) + 2, dtype=np.int64)
        gain = graph.arc_gain[:, self.main] if self.main >= 0 else np.zeros(len(graph.arc_head), dtype=np.int32)
        self.main_gain = gain.astype(np.int64)
        self.padding = int(self.main_gain.max(initial=0))

    def tables(self, weight: float) -> list[Floats]:
        """Cost of each final sum, money weighed."""
        return [resource.points + weight * resource.cents for resource in self.graph.resources]

    def cheapest(self, price: Floats, weight: float, width: int = 48) -> Path:
        """The cheapest pattern the beam finds when each shift costs `price` besides the person's own costs."""
        graph = self.graph
        options = option_prices(graph, price, weight)
        class_cost = np.minimum.reduceat(options, graph.class_start[:-1]) if len(options) else options
        tables = self.tables(weight)
        togo = self._backward(class_cost, tables)
        classes, total = self._forward(class_cost, tables, togo, width)
        shifts: list[int] = []
        for klass in classes:
            low, high = int(graph.class_start[klass]), int(graph.class_start[klass + 1])
            option = low + int(np.argmin(options[low:high]))
            shifts.extend(graph.option_shifts[graph.option_start[option] : graph.option_start[option + 1]].tolist())
        return Path(frozenset(shifts), total)

    def _arcs(self, layer: int) -> slice:
        graph = self.graph
        first, last = graph.node_start[layer], graph.node_start[layer + 1]
        return slice(int(graph.arc_start[first]), int(graph.arc_start[last]))

    def _backward(self, class_cost: Floats, tables: list[Floats]) -> list[Floats]:
        graph = self.graph
        span = self.main_cap + 1
        final = np.repeat(graph.final_cost[:, None], span, axis=1)
        if self.main >= 0:
            final = final + tables[self.main][None, :]
        togo: list[Floats] = [final]
        columns = np.arange(span)
        for layer in range(graph.layer_count - 1, -1, -1):
            arcs = self._arcs(layer)
            padded = np.pad(togo[-1], ((0, 0), (0, self.padding)), constant_values=math.inf)
            heads = graph.arc_head[arcs] - graph.node_start[layer + 1]
            cost = graph.arc_cost[arcs] + class_cost[graph.arc_class[arcs]]
            values = padded[heads[:, None], columns[None, :] + self.main_gain[arcs][:, None]] + cost[:, None]
            nodes = graph.node_start[layer]
            starts = graph.arc_start[nodes : graph.node_start[layer + 1]] - arcs.start
            togo.append(np.minimum.reduceat(values, starts, axis=0))
        togo.reverse()
        return togo

    def _forward(
        self, class_cost: Floats, tables: list[Floats], togo: list[Floats], width: int
    ) -> tuple[list[int], float]:
        graph, count = self.graph, len(self.graph.resources)
        node = np.zeros(1, dtype=np.int64)
        cost, mask = np.zeros(1), np.zeros(1, dtype=np.int64)
        sums = np.zeros((1, count), dtype=np.int64)
        trail: list[tuple[Ints, Ints]] = []
        for layer in range(graph.layer_count):
            degree = graph.arc_start[node + 1] - graph.arc_start[node]
            parent = np.repeat(np.arange(len(node)), degree)
            offset = np.arange(len(parent)) - np.repeat(np.cumsum(degree) - degree, degree)
            arc = graph.arc_start[node[parent]] + offset
            klass = graph.arc_class[arc]
            new_cost = cost[parent] + graph.arc_cost[arc] + class_cost[klass]
            new_sums = sums[parent] + graph.arc_gain[arc]
            new_mask = self._bits(mask[parent], graph.class_bits[klass], new_sums, layer)
            fits = (new_sums <= self.caps).all(axis=1)
            parent, arc, klass = parent[fits], arc[fits], klass[fits]
            new_cost, new_sums, new_mask = new_cost[fits], new_sums[fits], new_mask[fits]
            for number, last in enumerate(self.last):
                if last == layer:
                    new_cost = new_cost + tables[number][new_sums[:, number]]
                    new_sums[:, number] = 0
            head = graph.arc_head[arc]
            main = new_sums[:, self.main] if self.main >= 0 else np.zeros(len(head), dtype=np.int64)
            rank = new_cost + togo[layer + 1][head - graph.node_start[layer + 1], main]
            kept = self._select(rank, new_cost, head, new_sums, new_mask, width)
            trail.append((parent[kept], klass[kept]))
            node, cost, sums, mask = head[kept], new_cost[kept], new_sums[kept], new_mask[kept]
        main = sums[:, self.main] if self.main >= 0 else np.zeros(len(node), dtype=np.int64)
        total = cost + togo[-1][node - graph.node_start[graph.layer_count], main]
        return self._trace(trail, total)

    def _bits(self, mask: Ints, touched: Ints, sums: Ints, layer: int) -> Ints:
        """Set the bits of long groups now active, counting each once, and forget those that are over."""
        graph = self.graph
        for bit in range(len(graph.bit_resource)):
            flag = np.int64(1) << np.int64(bit)
            fresh = ((touched & flag) != 0) & ((mask & flag) == 0)
            sums[fresh, graph.bit_resource[bit]] += 1
        merged = mask | touched
        for bit, last in enumerate(graph.bit_last):
            if last == layer:
                merged &= ~(np.int64(1) << np.int64(bit))
        return merged

    def _select(  # noqa: PLR0917 - the columns of a label
        self, rank: Floats, cost: Floats, head: Ints, sums: Ints, mask: Ints, width: int
    ) -> Ints:
        """The best label of each state, then the `width` most promising ones."""
        key = head * self.salt[-1] + mask * self.salt[-2] + sums @ self.salt[:-2]
        order = np.lexsort((cost, key))
        first = np.ones(len(order), dtype=bool)
        first[1:] = key[order][1:] != key[order][:-1]
        unique = order[first]
        unique = unique[np.isfinite(rank[unique])]
        if len(unique) > width:
            unique = unique[np.argsort(rank[unique], kind="stable")[:width]]
        return unique

    def _trace(self, trail: list[tuple[Ints, Ints]], total: Floats) -> tuple[list[int], float]:
        if not len(total):
            return [], math.inf
        label = int(np.argmin(total))
        best = float(total[label])
        classes: list[int] = []
        for parent, klass in reversed(trail):
            classes.append(int(klass[label]))
            label = int(parent[label])
        classes.reverse()
        return classes, best
