"""Every path of a pattern graph, read the way the searches read it: what it works, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rostering.solver.graph import PatternGraph


def paths(graph: PatternGraph, weight: float) -> Iterator[tuple[frozenset[int], float]]:
    """Shifts and cost of every path on which no sum goes beyond its cap; one for each option of a class."""
    start = graph.constant_points + weight * graph.constant_cents
    yield from _onward(graph, weight, 0, 0, [0] * len(graph.resources), 0, frozenset(), start)


def _onward(  # noqa: PLR0917 - where a walk stands
    graph: PatternGraph, weight: float, layer: int, node: int, sums: list[int], mask: int, shifts: frozenset[int],
    cost: float,
) -> Iterator[tuple[frozenset[int], float]]:  # fmt: skip
    if layer == graph.layer_count:
        end = float(graph.final_cost[node - graph.node_start[layer]])
        for resource, value in zip(graph.resources, sums, strict=True):
            end += float(resource.points[value] + weight * resource.cents[value])
        yield shifts, cost + end
        return
    for arc in range(graph.arc_start[node], graph.arc_start[node + 1]):
        klass = int(graph.arc_class[arc])
        grown = [value + int(gain) for value, gain in zip(sums, graph.arc_gain[arc], strict=True)]
        bits = int(graph.class_bits[klass])
        for bit, resource in enumerate(graph.bit_resource):
            grown[resource] += (bits & ~mask) >> bit & 1
        if any(value > resource.cap for value, resource in zip(grown, graph.resources, strict=True)):
            continue
        for option in range(graph.class_start[klass], graph.class_start[klass + 1]):
            chain = graph.option_shifts[graph.option_start[option] : graph.option_start[option + 1]]
            price = float(graph.arc_cost[arc] + graph.option_points[option] + weight * graph.option_cents[option])
            yield from _onward(
                graph, weight, layer + 1, int(graph.arc_head[arc]), grown, mask | bits,
                shifts | frozenset(chain.tolist()), cost + price,
            )  # fmt: skip


def figures(graph: PatternGraph) -> tuple[int, int, int, int]:
    """Nodes, arcs, classes, sums: how large it is."""
    return int(graph.node_start[-1]), len(graph.arc_head), len(graph.class_start) - 1, len(graph.resources)


def is_sound(graph: PatternGraph) -> bool:
    """Whether starts ascend, arcs lead one layer on, every node leads on and every class has an arc and an option."""
    layer_of = np.repeat(np.arange(graph.layer_count + 1), np.diff(graph.node_start))
    tails = np.repeat(np.arange(len(layer_of)), np.diff(graph.arc_start))
    inner = int(graph.node_start[-2])
    classes = len(graph.class_start) - 1
    return bool(
        (np.diff(graph.arc_start)[:inner] > 0).all()
        and (layer_of[graph.arc_head] == layer_of[tails] + 1).all()
        and (np.diff(graph.class_start) > 0).all()
        and set(graph.arc_class.tolist()) == set(range(classes))
        and len(graph.class_bits) == classes
    )
