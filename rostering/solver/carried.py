"""Which sums must be carried along a pattern, and at which grain: what the graph itself shows of each is used.

Between the least and the most a sum comes to over all paths, one that costs the same per unit is a price, one that
never meets its limit is nothing; equal sums are one; a limit that another limit implies is dropped.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from rostering.solver.held import Held, InfeasibleError
from rostering.solver.minimal import Minimal
from rostering.solver.product import Gains, Product, extent
from rostering.solver.resources import Resource, is_linear
from rostering.solver.unfold import Unfolded

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

WORTH_BOUNDING = 48
"""Sums of more units than these are held against the others, to see whether fewer will do."""


class Measured:
    """A product and what its paths can make of each sum: least, most, unit of the gains, last layer of growth.

    `small` are its minimal forms so far, `unfolded` those with short sums in the nodes.
    """

    def __init__(self, product: Product) -> None:
        self.product = product
        self.small: dict[Hashable, Minimal] = {}
        self.unfolded: dict[Hashable, Unfolded | None] = {}
        self.least, self.most, self.unit, self.last = extent(
            product.node_start, product.arc_start, product.arc_head, product.arc_gain
        )
        self.gain: Gains = (product.arc_gain // self.unit).astype(np.int32)
        columns = [self.gain[:, number].tobytes() for number in range(len(self.unit))]
        self.same_as = [columns.index(column) for column in columns]

    @property
    def arcs(self) -> int:
        """Of the product and of all that was unfolded."""
        unfolded = sum(len(made.small.product.arc_head) for made in self.unfolded.values() if made is not None)
        return len(self.product.arc_head) + unfolded


@dataclass
class _Column:
    """One sum while it is being settled; figures in units of its gains."""

    number: int
    place: int
    points: Floats
    cents: Floats
    least: int
    most: int
    unit: int
    bits: int
    counted: bool

    @property
    def top(self) -> int:
        return len(self.points) - 1

    @property
    def limited(self) -> bool:
        return self.most > self.top

    def cut(self, most: int) -> None:
        """No path that keeps the other limits goes beyond."""
        self.most = min(self.most, most)
        self.points, self.cents = self.points[: self.most + 1], self.cents[: self.most + 1]

    def flat(self) -> bool:
        points, cents = self.points[self.least :], self.cents[self.least :]
        return bool(np.all(points == points[0]) and np.all(cents == cents[0]))


@dataclass
class Carried:
    """The sums that stay, as resources; `columns` are their places among the product's gains, which `grains` multiply.

    `option_prices` are (place, points, cents) a unit of a sum that options charge instead, `arc_prices` (place,
    points) those that arcs charge; `points` and `cents` are charged always.
    """

    resources: list[Resource] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    grains: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    option_prices: list[tuple[int, float, float]] = field(default_factory=list)
    arc_prices: list[tuple[int, float]] = field(default_factory=list)
    points: float = 0.0
    cents: float = 0.0
    groups: list[int] = field(default_factory=list)
    """The sum that each long group counts towards."""

    def without(self, held: frozenset[int], paid: frozenset[int]) -> Carried:
        """The same less the resources at these places, which are held elsewhere; of some the money stays."""
        left = [place for place in range(len(self.numbers)) if place not in held]
        return replace(
            self,
            resources=[self._money(place) if place in paid else self.resources[place] for place in left],
            columns=[self.columns[place] for place in left],
            grains=[self.grains[place] for place in left],
            numbers=[self.numbers[place] for place in left],
        )

    def _money(self, place: int) -> Resource:
        whole = self.resources[place]
        return replace(whole, points=np.zeros_like(whole.points), limited=False)

    def shown(self) -> list[int]:
        """The long groups of sums that are carried: a bit each, in this order."""
        return [group for group, number in enumerate(self.groups) if number in self.numbers]


def settle(held: Held, kept: Sequence[int], measured: Measured, class_gain: Gains, layer_of: Ints) -> Carried:
    """What becomes of each sum. `class_gain` are the gains of each class, `layer_of` its layer."""
    columns = _columns(held, kept, measured)
    carried = Carried(groups=[number for _, number, _ in held.bits])
    grown = class_gain // measured.unit
    for column in columns:
        if column.top > WORTH_BOUNDING or (column.limited and column.flat()):
            others = [other for other in columns if other is not column and other.limited and not other.bits]
            if not column.counted and not column.bits:
                column.cut(max(column.least, _implied(column, others, grown, layer_of)))
    for column in columns:
        if not _fold(column, carried):
            carried.columns.append(column.place)
            carried.grains.append(int(measured.unit[column.place]) // column.unit)
            carried.numbers.append(column.number)
            last = max([int(measured.last[column.place]), *(last for _, n, last in held.bits if n == column.number)])
            unit = held.sums[column.number].unit * column.unit
            carried.resources.append(Resource(column.points, column.cents, last, unit, column.limited))
    return carried


def _columns(held: Held, kept: Sequence[int], measured: Measured) -> list[_Column]:
    """One for each different sum, between its extremes."""
    columns: dict[int, _Column] = {}
    for place, number in enumerate(kept):
        bits = sum(1 for _, other, _ in held.bits if other == number)
        unit = 1 if bits else int(measured.unit[place])
        points, cents = held.sums[number].table()
        least, most = int(measured.least[place]) // unit, (int(measured.most[place]) + bits) // unit
        points, cents = points[::unit][: most + 1], cents[::unit][: most + 1]
        if least >= len(points):
            raise InfeasibleError(held.person.staff.id)
        first = measured.same_as[place]
        if first in columns and not bits and not columns[first].bits:
            twin = columns[first]
            size = min(len(points), len(twin.points))
            twin.points, twin.cents = twin.points[:size] + points[:size], twin.cents[:size] + cents[:size]
            twin.counted = twin.counted or number in held.counters
        else:
            counted = number in held.counters
            columns[place] = _Column(number, place, points, cents, least, most, unit, bits, counted)
    return list(columns.values())


def _fold(column: _Column, carried: Carried) -> bool:
    """Whether the sum needs not be carried: every unit costs the same wherever it can end."""
    if column.limited:
        return False
    points, cents = column.points[column.least :], column.cents[column.least :]
    if not (is_linear(points) and is_linear(cents)):
        return False
    price = float(points[1] - points[0]) if len(points) > 1 else 0.0
    money = float(cents[1] - cents[0]) if len(cents) > 1 else 0.0
    if (column.bits and (price or money)) or (column.counted and money):
        return False
    carried.points += float(points[0]) - price * column.least
    carried.cents += float(cents[0]) - money * column.least
    if column.counted and price:
        carried.arc_prices.append((column.place, price))
    elif price or money:
        carried.option_prices.append((column.place, price, money))
    return True


def _implied(column: _Column, others: Sequence[_Column], gain: Gains, layer_of: Ints) -> int:
    """The most the sum can come to while the other limits are kept: those over the same work, or over parts of it."""
    own = gain[:, column.place].astype(np.int64)
    touched = np.flatnonzero(own)
    best, together, open_classes = column.most, 0, own.copy()
    for other in others:
        theirs = gain[touched, other.place].astype(np.int64)
        shared = theirs > 0
        if not shared.any():
            continue
        most = int((own[touched][shared] * other.top // theirs[shared]).max())
        if shared.all():
            best = min(best, most)
        if (open_classes[touched[shared]] > 0).all():
            together += most
            open_classes[touched[shared]] = 0
    if together:
        rest = np.zeros(int(layer_of.max(initial=-1)) + 1, dtype=np.int64)
        np.maximum.at(rest, layer_of, open_classes)
        best = min(best, together + int(rest.sum()))
    return best
