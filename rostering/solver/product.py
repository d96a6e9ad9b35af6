"""The product of a person's automata, layer by layer, with numpy: the nodes and arcs of their pattern graph."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rostering.solver.automata import Automaton

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
ClassKey = tuple[tuple[Hashable, ...], tuple[int, ...], int]


@dataclass
class Product:
    """Nodes by layer and the arcs between them, dead ends removed; see `PatternGraph`."""

    node_start: Ints
    arc_start: Ints
    arc_head: Ints
    arc_class: Ints
    arc_cost: Floats
    arc_gain: npt.NDArray[np.int32]
    final_cost: Floats


@dataclass
class _Table:
    """One automaton in one layer: next state (or -1), points and groups counted, by state and symbol."""

    following: Ints
    cost: Floats
    count: Ints
    symbol_of: Ints
    states: int
    idle: bool
    """One state before and after, and nothing charged or counted: the layer means nothing to this automaton."""


@dataclass
class _Layer:
    """Arcs of one layer between local node numbers."""

    tail: Ints
    head: Ints
    klass: Ints
    cost: Floats
    gain: npt.NDArray[np.int32]


def multiply(
    automata: Sequence[Automaton],
    counted_by: Sequence[int | None],
    classes: Sequence[Sequence[ClassKey]],
    kept: Sequence[int],
) -> Product | None:
    """Every reachable combination of states from which the end can be reached; None when there is none."""
    tables, finals = [], []
    for number, automaton in enumerate(automata):
        rows, final = _tabulate(automaton, [[key[0][number] for key in layer] for layer in classes])
        tables.append(rows)
        finals.append(final)
    place = {number: position for position, number in enumerate(kept)}
    counts = [None if number is None else place.get(number) for number in counted_by]
    states: Ints = np.zeros((1, len(automata)), dtype=np.int64)
    sizes, layers = [1], []
    first_class = 0
    for number, keys in enumerate(classes):
        rows = [table[number] for table in tables]
        states, arcs = _advance(states, rows, counts, keys, len(kept), first_class)
        first_class += len(keys)
        layers.append(arcs)
        sizes.append(len(states))
    final = np.zeros(len(states))
    for number, costs in enumerate(finals):
        final += costs[states[:, number]]
    return _trim(sizes, layers, final, len(kept))


def _tabulate(automaton: Automaton, symbols: Sequence[Sequence[Hashable]]) -> tuple[list[_Table], Floats]:
    """Reachable states of one automaton per layer, numbered, with their moves."""
    known: list[Hashable] = [automaton.initial]
    rows = []
    for layer, given in enumerate(symbols):
        alphabet = {symbol: position for position, symbol in enumerate(dict.fromkeys(given))}
        following = np.full((len(known), len(alphabet)), -1, dtype=np.int64)
        cost = np.zeros((len(known), len(alphabet)))
        count = np.zeros((len(known), len(alphabet)), dtype=np.int64)
        reached: dict[Hashable, int] = {}
        for position, state in enumerate(known):
            for symbol, column in alphabet.items():
                move = automaton.step(state, layer, symbol)
                if move is not None:
                    following[position, column] = reached.setdefault(move[0], len(reached))
                    cost[position, column] = move[1]
                    count[position, column] = move[2]
        idle = len(known) == len(reached) == 1 and not ((following < 0).any() or cost.any() or count.any())
        columns = np.array([alphabet[symbol] for symbol in given], dtype=np.int64)
        rows.append(_Table(following, cost, count, columns, len(reached), idle))
        known = list(reached)
    return rows, np.array([automaton.final(state) for state in known], dtype=np.float64)


def _advance(  # noqa: PLR0917 - one call, all of a layer
    states: Ints,
    rows: Sequence[_Table],
    counts: Sequence[int | None],
    keys: Sequence[ClassKey],
    resources: int,
    first_class: int,
) -> tuple[Ints, _Layer]:
    """All moves out of the nodes of one layer."""
    shape = (len(states), len(keys))
    valid = np.ones(shape, dtype=bool)
    cost = np.zeros(shape)
    packed = np.zeros(shape, dtype=np.int64)
    following: list[Ints | None] = []
    span = 1
    for number, row in enumerate(rows):
        if row.idle:
            following.append(None)
            continue
        span *= max(1, row.states)
        if span > 1 << 50:
            span = len(np.unique(packed)) * max(1, row.states)
            packed = np.unique(packed, return_inverse=True)[1].reshape(shape)
        at = np.ix_(states[:, number], row.symbol_of)
        move = row.following[at]
        following.append(move)
        valid &= move >= 0
        cost += row.cost[at]
        packed = packed * max(1, row.states) + np.maximum(move, 0)
    tail, klass = np.nonzero(valid)
    _, first, head = np.unique(packed[tail, klass], return_index=True, return_inverse=True)
    reached = np.zeros((len(first), len(rows)), dtype=np.int64)
    for number, moves in enumerate(following):
        if moves is not None:
            reached[:, number] = moves[tail[first], klass[first]]
    gain = np.array([key[1] for key in keys], dtype=np.int32).reshape(len(keys), resources)[klass]
    for number, resource in enumerate(counts):
        row = rows[number]
        if resource is not None and not row.idle:
            gain[:, resource] += row.count[states[tail, number], row.symbol_of[klass]].astype(np.int32)
    return reached, _Layer(tail, head.ravel(), klass + first_class, cost[tail, klass], gain)


def _trim(sizes: Sequence[int], layers: list[_Layer], final: Floats, resources: int) -> Product | None:
    """Drop nodes that reach no end, number the rest through, and lay the arcs out by tail."""
    alive = [np.zeros(size, dtype=bool) for size in sizes]
    alive[-1] = np.isfinite(final)
    for number in range(len(layers) - 1, -1, -1):
        layer = layers[number]
        alive[number][layer.tail[alive[number + 1][layer.head]]] = True
    if not alive[0].any():
        return None
    kept_sizes = [int(state.sum()) for state in alive]
    node_start = np.concatenate(([0], np.cumsum(kept_sizes))).astype(np.int64)
    renumber = [np.cumsum(state) - 1 + node_start[number] for number, state in enumerate(alive)]
    tails, heads, classes, costs, gains = [], [], [], [], []
    for number, layer in enumerate(layers):
        keep = alive[number][layer.tail] & alive[number + 1][layer.head]
        tails.append(renumber[number][layer.tail[keep]])
        heads.append(renumber[number + 1][layer.head[keep]])
        classes.append(layer.klass[keep])
        costs.append(layer.cost[keep])
        gains.append(layer.gain[keep])
    joined = np.concatenate(tails) if tails else np.zeros(0, dtype=np.int64)
    nodes = int(node_start[-1])
    arc_start = np.concatenate(([0], np.cumsum(np.bincount(joined, minlength=nodes)))).astype(np.int64)
    return Product(
        node_start,
        arc_start,
        np.concatenate(heads) if heads else np.zeros(0, dtype=np.int64),
        np.concatenate(classes) if classes else np.zeros(0, dtype=np.int64),
        np.concatenate(costs) if costs else np.zeros(0),
        np.concatenate(gains) if gains else np.zeros((0, resources), dtype=np.int32),
        final[alive[-1]] if math.isfinite(float(final.min())) else final,
    )
