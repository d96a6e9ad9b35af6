"""A person's patterns as paths through a layered graph: nodes remember rests and runs, sums travel along as resources.

One layer a day. An arc works an *option* (no shift, one, or several that fit together) of a *class*: options of a class
mean the same to every limit and differ in price only, so a search looks at the cheapest of each class.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rostering.solver.carried import Carried, Measured, settle
from rostering.solver.classes import Classes, Options
from rostering.solver.compile import Compiled, Person
from rostering.solver.held import Held, InfeasibleError
from rostering.solver.minimal import Minimal, minimize
from rostering.solver.product import Factors, multiply
from rostering.solver.resources import Resource
from rostering.solver.tables import Tables
from rostering.solver.unfold import Unfolded, unfold, windows

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

KEPT_ARCS = 500_000
"""About 60 MB."""

__all__ = ["Drawings", "InfeasibleError", "PatternGraph", "build_graph"]


@dataclass
class PatternGraph:
    """What the searches walk. Arcs of a node are contiguous, options of a class are contiguous.

    `arc_gain[a]` are the units each resource grows by. `option_shifts` lists positions in `problem.shifts`. `bit_of`
    names per option class the long groups it touches; bit g counts towards resource `bit_resource[g]`. Unless it
    `holds` every limit some paths are not legal patterns; unless it is `complete` some legal patterns are no paths.

    People of whom the same is asked share the arrays of nodes and arcs: read them only.
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


class Drawings:
    """What building one person's graph leaves for the next: tables, and the products made last with their small forms.

    Products are let go, oldest first, when they and what was unfolded have more than `KEPT_ARCS` arcs together.
    """

    def __init__(self) -> None:
        self.tables = Tables()
        self._products: dict[Hashable, Measured | None] = {}
        self._arcs = 0

    def product(self, factors: Factors, most: Ints) -> Measured | None:
        """The product of these factors, measured; None when no path keeps every limit."""
        shared = (factors.following, factors.cost, factors.counted, factors.count_gain)
        key = tuple(array.tobytes() for array in (*factors, most) if not any(array is other for other in shared))
        if key in self._products:
            found = self._products[key] = self._products.pop(key)
            return found
        product = multiply(factors, most)
        made = self._products[key] = None if product is None else Measured(product)
        self._arcs += 0 if made is None else len(made.product.arc_head)
        while self._arcs > KEPT_ARCS and len(self._products) > 1:
            oldest = self._products.pop(next(iter(self._products)))
            self._arcs -= 0 if oldest is None else oldest.arcs
        return made

    @staticmethod
    def minimal(measured: Measured, carried: Carried, bits: Ints) -> Minimal:
        """The product with the sums that are carried, made small."""
        key = (tuple(carried.columns), tuple(carried.grains), tuple(carried.arc_prices), bits.tobytes())
        if key not in measured.small:
            cost = measured.product.arc_cost
            for place, price in carried.arc_prices:
                cost = cost + price * measured.gain[:, place]
            gain = measured.gain[:, carried.columns] * np.array(carried.grains, dtype=np.int32)
            measured.small[key] = minimize(measured.product, gain, cost, bits)
        return measured.small[key]

    def unfolded(self, measured: Measured, carried: Carried, bits: Ints, weight: float | None) -> Unfolded | None:
        """The small product with its short sums in the nodes; None when no path keeps every limit.

        `weight` is what a cent is worth, None where a budget changes that.
        """
        small = self.minimal(measured, carried, bits)
        groups: dict[int, tuple[int, ...]] = dict.fromkeys(range(len(carried.resources)), ())
        for bit, group in enumerate(carried.shown()):
            groups[carried.numbers.index(carried.groups[group])] += (bit,)
        known = _class_bits(small, bits)
        found = windows(small.product, carried.resources, groups, known, weight)
        if not found:
            return Unfolded(small, frozenset(), frozenset())
        key = (id(small), tuple((window.number, window.bits, window.paid, window.cost.tobytes()) for window in found))
        if key not in measured.unfolded:
            made = measured.unfolded[key] = unfold(small, found, known)
            self._arcs += 0 if made is None else len(made.small.product.arc_head)
        return measured.unfolded[key]


def build_graph(compiled: Compiled, person: Person, drawings: Drawings | None = None) -> PatternGraph:
    """The person's graph. Raises InfeasibleError when their required limits and pins contradict each other.

    With `drawings` everything that was worked out for others of the problem serves again.
    """
    drawings = drawings or Drawings()
    held = Held(compiled, person)
    options = Options(held)
    classes = Classes(held, options, drawings.tables)
    most = np.array([len(held.sums[number].table()[0]) - 1 for number in options.kept], dtype=np.int64)
    measured = drawings.product(classes.factors(), most)
    if measured is None:
        raise InfeasibleError(person.staff.id)
    carried = settle(held, options.kept, measured, classes.gain, classes.layer)
    bits = _bits(carried, classes)
    problem = compiled.problem
    weight = problem.cost_weight if problem.budget_cents is None else None
    unfolded = drawings.unfolded(measured, carried, bits, weight)
    if unfolded is None:
        raise InfeasibleError(person.staff.id)
    carried = carried.without(unfolded.held, unfolded.paid)
    return _graph(held, options, classes, measured, carried, unfolded.small, _bits(carried, classes))


def _class_bits(small: Minimal, bits: Ints) -> Ints:
    """The long groups that each class of the small product touches."""
    result = np.zeros(small.classes, dtype=np.int64)
    used = small.class_of >= 0
    result[small.class_of[used]] = bits[used]
    return result


def _bits(carried: Carried, classes: Classes) -> Ints:
    """The long groups each class touches; those of sums that need not be carried are left out."""
    bits = np.zeros_like(classes.bits)
    for bit, group in enumerate(carried.shown()):
        bits |= ((classes.bits >> group) & 1) << bit
    return bits


def _graph(  # noqa: PLR0917 - the stages of one building
    held: Held,
    options: Options,
    classes: Classes,
    measured: Measured,
    carried: Carried,
    small: Minimal,
    bits: Ints,
) -> PatternGraph:
    points, cents = options.points, options.cents
    for place, price, money in carried.option_prices:
        units = options.gain[:, place] // measured.unit[place]
        points, cents = points + price * units, cents + money * units
    known = np.flatnonzero(classes.of >= 0)
    points = points[known] + small.extra[classes.of[known]]
    klass = small.class_of[classes.of[known]]
    order = np.argsort(klass, kind="stable")
    order = order[klass[order] >= 0]
    chosen = [options.chains[option] for option in known[order].tolist()]
    resource_of = {number: position for position, number in enumerate(carried.numbers)}
    shown = [(resource_of[number], last) for _, number, last in held.bits if number in resource_of]
    product = small.product
    return PatternGraph(
        layers=held.layering.layers,
        node_start=product.node_start,
        arc_start=product.arc_start,
        arc_head=product.arc_head,
        arc_class=product.arc_class,
        arc_cost=product.arc_cost,
        arc_gain=product.arc_gain,
        class_start=_starts(np.bincount(klass[order], minlength=small.classes)),
        option_points=points[order],
        option_cents=cents[known][order],
        option_start=_starts([len(chain) for chain in chosen]),
        option_shifts=np.array([shift for chain in chosen for shift in chain], dtype=np.int64),
        class_bits=_class_bits(small, bits),
        bit_resource=np.array([resource for resource, _ in shown], dtype=np.int64),
        bit_last=np.array([last for _, last in shown], dtype=np.int64),
        final_cost=product.final_cost,
        resources=carried.resources,
        constant_points=options.constant_points + carried.points,
        constant_cents=options.constant_cents + carried.cents,
        holds=held.holds,
        complete=options.complete,
    )


def _starts(sizes: npt.ArrayLike) -> Ints:
    return np.concatenate(([0], np.cumsum(np.asarray(sizes, dtype=np.int64)))).astype(np.int64)
