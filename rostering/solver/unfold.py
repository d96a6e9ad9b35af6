"""Sums over short windows (a week's minutes or shifts) held in the nodes of a graph instead of travelling along.

A sum that ends inside the period can only be priced by a multiplier, which sees the average week. Where a window is
short and few totals can be reached in it, each node is split by the total so far (and the long groups used so far,
where such count), and what the total costs is charged on the arc that closes the window. The smallest form of the new
graph has few more nodes than the old: states from which nothing can be gained or broken any more become one again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from rostering.solver.minimal import Minimal, minimize
from rostering.solver.product import Gains, Product, longer, trim
from rostering.solver.resources import Resource

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SHORT_WINDOW = 9
"""Layers: a week, and what time zones add to it."""
FEW_TOTALS = 4
"""A longer window that ends inside the period is worth its nodes when it can have so many totals only."""
MOST_ARCS = 30_000
"""Arcs of a graph beyond which no further sum is held in it."""
MOST_GROUP_ARCS = 10_000
"""The same for sums that long groups count towards: what they cost is softer, and half a graph's nodes must tell."""
MADE_ARCS = 10 * MOST_ARCS
"""Arcs on the way there, before the graph is made small."""
MOST_GROUPS = 8
"""Long groups of one window that a node tells apart."""
MOST_SLOTS = 4_000_000
"""Nodes of a layer times what a window can come to."""


@dataclass(frozen=True)
class Unfolded:
    """A graph with some of its sums in the nodes; `held` are their positions among the resources given, `paid` of those
    whose money alone is still carried.
    """

    small: Minimal
    held: frozenset[int]
    paid: frozenset[int]


@dataclass(frozen=True)
class Window:
    """A sum that grows in layers `first` to `last` only; `cost[v]` is charged when it ends at v.

    The first use of each of the long groups `bits` counts towards it, besides the gains of arcs. `paid` ones are still
    carried for the money they cost besides.
    """

    number: int
    first: int
    last: int
    cost: Floats
    bits: tuple[int, ...]
    paid: bool

    @property
    def size(self) -> int:
        """Totals so far, told apart by the groups used."""
        return len(self.cost) << len(self.bits)


def windows(
    product: Product,
    resources: Sequence[Resource],
    able: Mapping[int, tuple[int, ...]],
    bits: Ints,
    weight: float | None,
) -> list[Window]:
    """Those of the resources in `able` that are short (nine layers, and half of all, at the most), or have few totals
    and end well before the period, where no backward pass can carry them.

    `able` gives the long groups counted by each, as places in `bits`, which are those of the product's classes.
    `weight` is what a cent is worth; None where that may change: then no money is paid in the nodes.
    """
    layers = len(product.node_start) - 2
    nodes = np.repeat(np.arange(layers + 1), np.diff(product.node_start))
    layer = np.repeat(nodes, np.diff(product.arc_start))
    found = []
    for number, groups in able.items():
        touched = np.int64(sum(1 << group for group in groups))
        grows = layer[(product.arc_gain[:, number] > 0) | ((bits & touched) != 0)[product.arc_class]]
        if not len(grows) or len(groups) > MOST_GROUPS:
            continue
        first, last, resource = int(grows.min()), int(grows.max()), resources[number]
        length = last - first + 1
        short = length <= SHORT_WINDOW and 2 * length <= layers
        if short or (resource.cap < FEW_TOTALS and not groups and last < layers - 1 - layers // 7):
            paid = weight is None and bool(resource.cents.any())
            cost = resource.points if weight is None else resource.points + weight * resource.cents
            if resource.limited or not paid or np.ptp(cost):
                found.append(Window(number, first, last, cost, groups, paid))
    return found


def unfold(small: Minimal, found: Sequence[Window], bits: Ints) -> Unfolded | None:
    """The graph with these sums held in its nodes, as many as keep it small; None when no path keeps every limit.

    `bits` are those of the classes `small` knows. The gains of the sums that are held are left out.
    """
    left, paid = list(range(small.product.arc_gain.shape[1])), set[int]()
    for track in sorted(_tracks(found), key=lambda track: max((len(window.bits), window.size) for window in track)):
        product = split(small.product, track, [left.index(window.number) for window in track], bits)
        if product is None:
            continue
        if not len(product.arc_head):
            return None
        gone = {window.number for window in track if not window.paid}
        keep = [place for place, number in enumerate(left) if number not in gone]
        open_bits = bits & ~np.int64(sum(1 << bit for window in track for bit in window.bits))
        gain = np.ascontiguousarray(product.arc_gain[:, keep])
        smaller = minimize(product, gain, product.arc_cost, open_bits)
        most = MOST_GROUP_ARCS if any(window.bits for window in track) else MOST_ARCS
        if len(smaller.product.arc_head) > most:
            continue
        paid.update(window.number for window in track if window.paid)
        used = smaller.class_of >= 0
        bits = np.zeros(smaller.classes, dtype=np.int64)
        bits[smaller.class_of[used]] = open_bits[used]
        small, left = _after(small, smaller), [left[place] for place in keep]
    return Unfolded(small, frozenset(window.number for window in found) - frozenset(left), frozenset(paid))


def _after(small: Minimal, smaller: Minimal) -> Minimal:
    """Two steps of making small as one."""
    known = small.class_of >= 0
    class_of, extra = small.class_of.copy(), small.extra.copy()
    extra[known] += smaller.extra[small.class_of[known]]
    class_of[known] = smaller.class_of[small.class_of[known]]
    return Minimal(smaller.product, class_of, extra, smaller.classes)


def _tracks(found: Sequence[Window]) -> list[list[Window]]:
    """Windows that follow each other together: in any layer one of a track is open at the most."""
    tracks: list[list[Window]] = []
    for window in found:
        for track in tracks:
            if all(window.first > other.last or window.last < other.first for other in track):
                track.append(window)
                break
        else:
            tracks.append([window])
    return tracks


def split(product: Product, track: Sequence[Window], places: Sequence[int], bits: Ints) -> Product | None:
    """Every node once for each total its open window can have there; None when these are too many.

    `places` are the windows' columns among the gains, `bits` the long groups of the classes.
    """
    layers, size = len(product.node_start) - 2, max(window.size for window in track)
    if int(np.diff(product.node_start).max()) * size > MOST_SLOTS:
        return None
    column, closes = np.full(layers, -1, dtype=np.int64), np.zeros(layers, dtype=np.bool_)
    groups, class_groups = np.zeros(layers, dtype=np.int64), np.zeros(len(bits), dtype=np.int64)
    table = np.full((layers, max(len(window.cost) for window in track)), np.inf)
    for window, place in zip(track, places, strict=True):
        column[window.first : window.last + 1] = place
        groups[window.first : window.last + 1] = len(window.bits)
        closes[window.last] = True
        table[window.first : window.last + 1, : len(window.cost)] = window.cost
        for group, bit in enumerate(window.bits):
            class_groups |= ((bits >> bit) & 1) << group
    node_start, tail, head, arc, cost, final = _split(
        product.node_start, product.arc_start, product.arc_head, product.arc_class, product.arc_cost, product.arc_gain,
        product.final_cost, column, closes, table, groups, class_groups, size, MADE_ARCS,
    )  # fmt: skip
    if not len(node_start):
        return None
    return Product(*trim(node_start, tail, head, product.arc_class[arc], cost, product.arc_gain[arc], final))


@njit(cache=True, nogil=True)
def _split(  # noqa: PLR0917 - an inner loop, flat for the compiler
    node_start: Ints,
    arc_start: Ints,
    arc_head: Ints,
    arc_class: Ints,
    arc_cost: Floats,
    arc_gain: Gains,
    final: Floats,
    column: Ints,
    closes: npt.NDArray[np.bool_],
    table: Floats,
    groups: Ints,
    class_groups: Ints,
    size: int,
    most: int,
) -> tuple[Ints, Ints, Ints, Ints, Floats, Floats]:
    """(node_start, tail, head, arc it stems from, cost, final cost); empty beyond `most` arcs.

    A state is a sum of gains, then a bit for each of the layer's `groups`, used or not.
    """
    layers, width = len(node_start) - 2, table.shape[1]
    starts = np.zeros(layers + 2, dtype=np.int64)
    room = min(most, max(1024, 4 * len(arc_head)))
    tail, head, stem = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    cost = np.empty(room)
    node_of, state_of = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    starts[1], nodes, arcs = 1, 1, 0
    for layer in range(layers):
        count = node_start[layer + 2] - node_start[layer + 1]
        place = np.full(count * size, -1, dtype=np.int64)
        next_node, next_state = np.empty(count * size, dtype=np.int64), np.empty(count * size, dtype=np.int64)
        fresh, shift = 0, groups[layer]
        for new in range(len(node_of)):
            old = node_of[new]
            for arc in range(arc_start[old], arc_start[old + 1]):
                state, price = state_of[new], arc_cost[arc]
                if column[layer] >= 0:
                    state = (state | class_groups[arc_class[arc]]) if shift else state
                    state += np.int64(arc_gain[arc, column[layer]]) << shift
                    total = state >> shift
                    for group in range(shift):
                        total += (state >> group) & 1
                    if total >= width or table[layer, total] == np.inf:
                        continue
                    if closes[layer]:
                        price += table[layer, total]
                        state = 0
                slot = (arc_head[arc] - node_start[layer + 1]) * size + state
                if place[slot] < 0:
                    place[slot] = nodes + fresh
                    next_node[fresh], next_state[fresh] = arc_head[arc], state
                    fresh += 1
                if arcs == len(tail):
                    if arcs >= most:
                        none = np.empty(0, dtype=np.int64)
                        return none, none, none, none, cost[:0], cost[:0]
                    tail, head, stem = longer(tail), longer(head), longer(stem)
                    dearer = np.empty(2 * arcs)
                    for number in range(arcs):
                        dearer[number] = cost[number]
                    cost = dearer
                tail[arcs], head[arcs], stem[arcs], cost[arcs] = starts[layer] + new, place[slot], arc, price
                arcs += 1
        node_of, state_of = next_node[:fresh], next_state[:fresh]
        nodes += fresh
        starts[layer + 2] = nodes
    ends = np.empty(len(node_of))
    for new in range(len(node_of)):
        ends[new] = final[node_of[new] - node_start[layers]]
    return starts, tail[:arcs], head[:arcs], stem[:arcs], cost[:arcs], ends
