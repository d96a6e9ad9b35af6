"""The product of a person's automata, layer by layer, compiled: the nodes and arcs of their pattern graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Gains = npt.NDArray[np.int32]


class Factors(NamedTuple):
    """What is multiplied. In layer n the automata `active[active_start[n]:active_start[n + 1]]` move, by the tables
    that start at `table_at` (`width` columns each) of `following`, `cost` and `counted`; the others stand still.

    Classes of a layer are `class_start[n]` to `class_start[n + 1]`; `columns` holds each one's column in every active
    table, one class after the other, from `column_start[n]`. `gain` are the classes' gains, `count_gain` those of
    what is counted (`counters` says in which sums). `final[final_start[a] + s]` is charged when automaton a ends in
    state s.
    """

    class_start: Ints
    column_start: Ints
    columns: Ints
    active_start: Ints
    active: Ints
    table_at: Ints
    width: Ints
    following: Ints
    cost: Floats
    counted: Ints
    gain: Gains
    count_gain: Gains
    counters: Ints
    final_start: Ints
    final: Floats


@dataclass
class Product:
    """Nodes by layer and the arcs between them, dead ends removed; see `PatternGraph`."""

    node_start: Ints
    arc_start: Ints
    arc_head: Ints
    arc_class: Ints
    arc_cost: Floats
    arc_gain: Gains
    final_cost: Floats


def multiply(factors: Factors, most: Ints) -> Product | None:
    """Every reachable combination of states from which the end can be reached; None when there is none.

    Arcs on which sum r grows by more than `most[r]` are left out.
    """
    product = Product(*trim(*_reach(factors, most)))
    return product if len(product.node_start) and product.node_start[1] else None


@njit(cache=True, nogil=True)
def longer(array: Ints) -> Ints:
    """Room for twice as many. Copied one by one here as elsewhere: slices take numba seconds to compile."""
    result = np.empty(2 * len(array), dtype=np.int64)
    for place in range(len(array)):
        result[place] = array[place]
    return result


@njit(cache=True, nogil=True)
def _rehash(slots: int, states: npt.NDArray[np.int32], first: int, nodes: int) -> Ints:
    """A larger table of the nodes of a layer, by hash of their states."""
    table = np.full(slots, -1, dtype=np.int64)
    for node in range(first, nodes):
        code = np.int64(0)
        for number in range(states.shape[1]):
            code = (code * 1000003) ^ states[node, number]
        place = (code ^ (code >> 17)) & (slots - 1)
        while table[place] >= 0:
            place = (place + 1) & (slots - 1)
        table[place] = node
    return table


@njit(cache=True, nogil=True)
def _reach(  # noqa: PLR0912, PLR0915 - an inner loop, flat for the compiler
    factors: Factors, most: Ints
) -> tuple[Ints, Ints, Ints, Ints, Floats, Gains, Floats]:
    """Nodes and arcs reachable from the start: (node_start, tail, head, class, cost, gain, final cost)."""
    layers, automata, resources = len(factors.class_start) - 1, len(factors.final_start) - 1, len(most)
    states = np.zeros((256, max(1, automata)), dtype=np.int32)
    tail, head = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    klass, counted = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    cost = np.empty(1024)
    node_start = np.zeros(layers + 2, dtype=np.int64)
    node_start[1] = nodes = 1
    arcs = 0
    row = np.zeros(max(1, automata), dtype=np.int32)
    for layer in range(layers):
        table = np.full(256, -1, dtype=np.int64)
        low, high = factors.active_start[layer], factors.active_start[layer + 1]
        first = nodes
        for node in range(node_start[layer], first):
            for k in range(factors.class_start[layer], factors.class_start[layer + 1]):
                price, count, ok = 0.0, np.int64(0), True
                for number in range(automata):
                    row[number] = states[node, number]
                at = factors.column_start[layer] + (k - factors.class_start[layer]) * (high - low) - low
                for a in range(low, high):
                    number = factors.active[a]
                    place = factors.table_at[a] + states[node, number] * factors.width[a] + factors.columns[at + a]
                    state = factors.following[place]
                    if state < 0:
                        ok = False
                        break
                    row[number] = state
                    price += factors.cost[place]
                    if factors.counted[place]:
                        count = factors.counted[place]
                if ok and count:
                    for r in range(resources):
                        ok = ok and factors.gain[k, r] + factors.count_gain[count, r] <= most[r]
                if not ok:
                    continue
                code = np.int64(0)
                for number in range(automata):
                    code = (code * 1000003) ^ row[number]
                place = (code ^ (code >> 17)) & (len(table) - 1)
                found = table[place]
                while found >= 0:
                    same = True
                    for number in range(automata):
                        if states[found, number] != row[number]:
                            same = False
                            break
                    if same:
                        break
                    place = (place + 1) & (len(table) - 1)
                    found = table[place]
                if found < 0:
                    found = nodes
                    if nodes == len(states):
                        wider = np.zeros((2 * nodes, states.shape[1]), dtype=np.int32)
                        for other in range(nodes):
                            for number in range(automata):
                                wider[other, number] = states[other, number]
                        states = wider
                    for number in range(automata):
                        states[nodes, number] = row[number]
                    table[place] = nodes
                    nodes += 1
                    if 2 * (nodes - first) > len(table):
                        table = _rehash(2 * len(table), states, first, nodes)
                if arcs == len(tail):
                    tail, head, klass, counted = longer(tail), longer(head), longer(klass), longer(counted)
                    dearer = np.empty(2 * arcs)
                    for arc in range(arcs):
                        dearer[arc] = cost[arc]
                    cost = dearer
                tail[arcs], head[arcs], klass[arcs], cost[arcs], counted[arcs] = node, found, k, price, count
                arcs += 1
        node_start[layer + 2] = nodes
    gain = np.zeros((arcs, resources), dtype=np.int32)
    for arc in range(arcs):
        for r in range(resources):
            gain[arc, r] = factors.gain[klass[arc], r] + factors.count_gain[counted[arc], r]
    final = np.zeros(nodes - node_start[layers])
    for node in range(len(final)):
        for number in range(automata):
            final[node] += factors.final[factors.final_start[number] + states[node_start[layers] + node, number]]
    return node_start, tail[:arcs], head[:arcs], klass[:arcs], cost[:arcs], gain, final


@njit(cache=True, nogil=True)
def trim(  # noqa: PLR0917 - the columns of an arc
    node_start: Ints, tail: Ints, head: Ints, klass: Ints, cost: Floats, gain: Gains, final: Floats
) -> tuple[Ints, Ints, Ints, Ints, Floats, Gains, Floats]:
    """Drop nodes that reach no end, number the rest through, and lay the arcs out by tail."""
    nodes, arcs, layers = node_start[-1], len(tail), len(node_start) - 2
    number = np.full(nodes, -1, dtype=np.int64)
    for node in range(len(final)):
        if np.isfinite(final[node]):
            number[node_start[layers] + node] = 0
    for arc in range(arcs - 1, -1, -1):
        if number[head[arc]] >= 0:
            number[tail[arc]] = 0
    alive, starts = 0, np.zeros(layers + 2, dtype=np.int64)
    for layer in range(layers + 1):
        for node in range(node_start[layer], node_start[layer + 1]):
            if number[node] >= 0:
                number[node] = alive
                alive += 1
        starts[layer + 1] = alive
    kept = np.empty(arcs, dtype=np.int64)
    count, arc_start = 0, np.zeros(alive + 1, dtype=np.int64)
    for arc in range(arcs):
        if number[tail[arc]] >= 0 and number[head[arc]] >= 0:
            kept[count] = arc
            count += 1
            arc_start[number[tail[arc]] + 1] = count
    for node in range(alive):
        arc_start[node + 1] = max(arc_start[node + 1], arc_start[node])
    kept = kept[:count]
    heads = np.empty(count, dtype=np.int64)
    for place in range(count):
        heads[place] = number[head[kept[place]]]
    ends = np.isfinite(final)
    return starts, arc_start, heads, klass[kept], cost[kept], gain[kept], final[ends]


@njit(cache=True, nogil=True)
def extent(node_start: Ints, arc_start: Ints, arc_head: Ints, arc_gain: Gains) -> tuple[Ints, Ints, Ints, Ints]:
    """Per sum over all paths: the least and the most it comes to, the unit of its gains, the last layer it grows in."""
    nodes, resources = len(arc_start) - 1, arc_gain.shape[1]
    least, most = np.zeros((nodes, resources), dtype=np.int64), np.zeros((nodes, resources), dtype=np.int64)
    unit, last = np.zeros(resources, dtype=np.int64), np.full(resources, -1, dtype=np.int64)
    for layer in range(len(node_start) - 3, -1, -1):
        for node in range(node_start[layer], node_start[layer + 1]):
            for r in range(resources):
                low, high = np.int64(1) << 60, np.int64(0)
                for arc in range(arc_start[node], arc_start[node + 1]):
                    gain = np.int64(arc_gain[arc, r])
                    low = min(low, gain + least[arc_head[arc], r])
                    high = max(high, gain + most[arc_head[arc], r])
                    if gain and gain != unit[r]:
                        last[r] = max(last[r], layer)
                        other = unit[r]
                        while other:
                            gain, other = other, gain % other
                        unit[r] = gain
                    elif gain:
                        last[r] = max(last[r], layer)
                least[node, r], most[node, r] = low, high
    return least[0], most[0], np.maximum(unit, 1), last
