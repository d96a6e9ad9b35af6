"""The smallest graph that means the same: nodes with the same future become one, classes used alike become one.

Backward partition refinement, as for automata. What a node's future costs at the least is pushed towards the start
first, so that futures that differ by a constant are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from rostering.solver.product import Gains, Product

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Minimal:
    """A product made small. `class_of` gives each class its new number (-1: on no arc), `extra` what its options cost
    besides, where it joined a class that differs by a constant; `classes` counts the new ones.
    """

    product: Product
    class_of: Ints
    extra: Floats
    classes: int


def minimize(product: Product, gain: Gains, cost: Floats, bits: Ints) -> Minimal:
    """The product with these gains and costs of its arcs, made small; classes of different bits stay apart."""
    node_start, arc_start, head, klass, price, gains = _merge_nodes(
        product.node_start, product.arc_start, product.arc_head, product.arc_class, cost, gain, product.final_cost
    )
    class_of, extra, classes, kept = _merge_classes(node_start, arc_start, head, klass, price, gains, bits)
    tails = np.repeat(np.arange(len(arc_start) - 1), np.diff(arc_start))[kept]
    starts = np.concatenate(([0], np.cumsum(np.bincount(tails, minlength=len(arc_start) - 1)))).astype(np.int64)
    final = np.zeros(int(node_start[-1] - node_start[-2]))
    if len(node_start) == 2:
        final = product.final_cost
    small = Product(node_start, starts, head[kept], class_of[klass[kept]], price[kept], gains[kept], final)
    return Minimal(small, class_of, extra, int(classes))


@njit(cache=True, nogil=True)
def _same(  # noqa: PLR0917 - the columns of an arc
    one: int, other: int, arc_start: Ints, head: Ints, klass: Ints, cost: Floats, gain: Gains
) -> bool:
    """Whether two nodes, heads and costs settled already, have the same arcs."""
    if arc_start[one + 1] - arc_start[one] != arc_start[other + 1] - arc_start[other]:
        return False
    shift = arc_start[other] - arc_start[one]
    for arc in range(arc_start[one], arc_start[one + 1]):
        if head[arc] != head[arc + shift] or klass[arc] != klass[arc + shift]:
            return False
        if abs(cost[arc] - cost[arc + shift]) > 1e-9:
            return False
        for r in range(gain.shape[1]):
            if gain[arc, r] != gain[arc + shift, r]:
                return False
    return True


@njit(cache=True, nogil=True)
def _merge_nodes(  # noqa: PLR0912, PLR0917 - an inner loop, flat for the compiler
    node_start: Ints, arc_start: Ints, arc_head: Ints, arc_class: Ints, arc_cost: Floats, arc_gain: Gains, final: Floats
) -> tuple[Ints, Ints, Ints, Ints, Floats, Gains]:
    """One node for each future: (node_start, arc_start, head, class, cost, gain)."""
    layers, nodes = len(node_start) - 2, node_start[-1]
    leader, offset = np.empty(nodes, dtype=np.int64), np.zeros(nodes)
    head, cost = arc_head.copy(), arc_cost.copy()
    for node in range(node_start[layers], nodes):
        leader[node] = node_start[layers]
        offset[node] = final[node - node_start[layers]] if layers else 0.0
    for layer in range(layers - 1, -1, -1):
        size = 16
        while size < 2 * (node_start[layer + 1] - node_start[layer]):
            size *= 2
        table = np.full(size, -1, dtype=np.int64)
        for node in range(node_start[layer], node_start[layer + 1]):
            least = np.inf
            for arc in range(arc_start[node], arc_start[node + 1]):
                cost[arc] += offset[arc_head[arc]]
                head[arc] = leader[arc_head[arc]]
                least = min(least, cost[arc])
            offset[node] = least if layer else 0.0
            code = np.int64(0)
            for arc in range(arc_start[node], arc_start[node + 1]):
                cost[arc] -= offset[node]
                code = (code * 1000003) ^ (head[arc] * 31 + arc_class[arc])
                for r in range(arc_gain.shape[1]):
                    code = (code * 31) ^ arc_gain[arc, r]
            place = (code ^ (code >> 17)) & (size - 1)
            while table[place] >= 0 and not _same(table[place], node, arc_start, head, arc_class, cost, arc_gain):
                place = (place + 1) & (size - 1)
            if table[place] < 0:
                table[place] = node
            leader[node] = table[place]
    number, starts = np.full(nodes, -1, dtype=np.int64), np.zeros(layers + 2, dtype=np.int64)
    arcs, count = np.empty(len(head), dtype=np.int64), 0
    arc_starts, used = np.zeros(nodes + 1, dtype=np.int64), 0
    for layer in range(layers + 1):
        for node in range(node_start[layer], node_start[layer + 1]):
            if leader[node] == node:
                number[node] = used
                for arc in range(arc_start[node], arc_start[node + 1]):
                    arcs[count] = arc
                    count += 1
                used += 1
                arc_starts[used] = count
        starts[layer + 1] = used
    arcs = arcs[:count]
    heads = np.empty(count, dtype=np.int64)
    for arc in range(count):
        heads[arc] = number[head[arcs[arc]]]
    return starts, arc_starts[: used + 1], heads, arc_class[arcs], cost[arcs], arc_gain[arcs]


@njit(cache=True, nogil=True)
def _merge_classes(  # noqa: PLR0912, PLR0917 - an inner loop, flat for the compiler
    node_start: Ints, arc_start: Ints, head: Ints, klass: Ints, cost: Floats, gain: Gains, bits: Ints
) -> tuple[Ints, Floats, int, Ints]:
    """Classes that join the same nodes at the same gains, costs but for a constant: (new number, constant, how many,
    arcs to keep).
    """
    classes, arcs = len(bits), len(head)
    start = np.zeros(classes + 1, dtype=np.int64)
    for arc in range(arcs):
        start[klass[arc] + 1] += 1
    for k in range(classes):
        start[k + 1] += start[k]
    fill, by_class, tail = start[:-1].copy(), np.empty(arcs, dtype=np.int64), np.empty(arcs, dtype=np.int64)
    code = bits * 7919
    for node in range(len(arc_start) - 1):
        for arc in range(arc_start[node], arc_start[node + 1]):
            k = klass[arc]
            by_class[fill[k]] = arc
            fill[k] += 1
            tail[arc] = node
            code[k] = ((code[k] * 1000003) ^ node) * 31 + head[arc]
            for r in range(gain.shape[1]):
                code[k] = (code[k] * 31) ^ gain[arc, r]
    size = 16
    while size < 2 * classes:
        size *= 2
    table = np.full(size, -1, dtype=np.int64)
    class_of, extra, used = np.full(classes, -1, dtype=np.int64), np.zeros(classes), 0
    leads = np.zeros(classes, dtype=np.bool_)
    for k in range(classes):
        if start[k] == start[k + 1]:
            continue
        place = (code[k] ^ (code[k] >> 17)) & (size - 1)
        while table[place] >= 0:
            other = table[place]
            same = start[k + 1] - start[k] == start[other + 1] - start[other] and bits[k] == bits[other]
            constant = cost[by_class[start[k]]] - cost[by_class[start[other]]]
            for step in range(start[k + 1] - start[k] if same else 0):
                a, b = by_class[start[k] + step], by_class[start[other] + step]
                if tail[a] != tail[b] or head[a] != head[b] or abs(cost[a] - cost[b] - constant) > 1e-9:
                    same = False
                for r in range(gain.shape[1]):
                    if gain[a, r] != gain[b, r]:
                        same = False
                if not same:
                    break
            if same:
                class_of[k], extra[k] = class_of[other], constant
                break
            place = (place + 1) & (size - 1)
        if table[place] < 0:
            table[place] = k
            class_of[k], leads[k] = used, True
            used += 1
    kept, count = np.empty(arcs, dtype=np.int64), 0
    for arc in range(arcs):
        if leads[klass[arc]]:
            kept[count] = arc
            count += 1
    return class_of, extra, used, kept[:count]
