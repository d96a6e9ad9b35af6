"""What a person can do on one day: no shift, one, or several that fit together, each with its own price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from rostering.solver.held import Held
from rostering.solver.primitives import Distinct, Finding, Gap, Primitive, Total, evaluate
from rostering.solver.problem import Shift

Chain = tuple[int, ...]
"""Shifts of one day, in order of start; positions in `problem.shifts`."""

MAX_OPTIONS = 600
"""Options of one day; beyond it shifts are taken one a day, and the search is no longer exact."""


@dataclass
class Day:
    """Options of one layer, and what each costs by itself."""

    chains: list[Chain]
    points: list[float]
    cents: list[float]


class DayOptions:
    """Options of every layer; `complete` unless some combinations of a day were left out."""

    def __init__(self, held: Held) -> None:
        self.held, self.shifts, self.complete = held, held.shifts, True
        gaps = [limit for limit in held.chain_limits if isinstance(limit, Gap)]
        self.hard_gaps = [gap for gap in gaps if gap.cost is None or gap.cost >= held.compiled.breach]
        self.days = [self._day(number) for number in range(len(held.layering.layers))]

    def _day(self, layer: int) -> Day:
        """Each option of a day with its own points and cents; the daily limits folded in."""
        points, cents = self.held.person.points, self.held.person.cents
        day = Day([], [], [])
        limits = self.held.daily[layer]
        prices = [_Price(limit, self.shifts) for limit in limits if not _free_of_one(limit)]
        for chain in self._chains(layer):
            if len(chain) > 1:
                chosen = frozenset(chain)
                found = evaluate((*limits, *self.held.chain_limits), chosen, self.shifts)
                price = sum([points[shift] for shift in chain]) + found.points
                money = sum([cents.get(shift, 0.0) for shift in chain]) + found.cents
                if found.broken:
                    continue
            else:
                price, money = (points[chain[0]], cents.get(chain[0], 0.0)) if chain else (0.0, 0.0)
                if prices:
                    charged = [limit.of(chain) for limit in prices]
                    if any(found.broken for found in charged):
                        continue
                    price += sum([found.points for found in charged])
                    money += sum([found.cents for found in charged])
            day.chains.append(chain)
            day.points.append(price)
            day.cents.append(money)
        return day

    def _chains(self, layer: int) -> Iterable[Chain]:
        """No shift, one, or several that neither overlap nor come too close; always with the day's pins."""
        shifts, pinned = self.held.layering.layers[layer], self.held.person.pins
        pins = [shift for shift in shifts if shift in pinned]
        if not pins:
            yield from self._free_chains(layer, shifts)
            return
        for chain in self._free_chains(layer, [shift for shift in shifts if shift not in pinned]):
            merged = tuple(shift for shift in shifts if shift in chain or shift in pins)
            if all(self._fits(a, b) for a, b in pairwise(merged) if not (a in pins and b in pins)):
                yield merged

    def _free_chains(self, layer: int, shifts: list[int]) -> Iterable[Chain]:
        yield ()
        grown: list[Chain] = [(shift,) for shift in shifts]
        yield from grown
        if self._one_a_day(layer):
            return
        place = {shift: number for number, shift in enumerate(shifts)}
        after = {first: [then for then in shifts[place[first] + 1 :] if self._fits(first, then)] for first in shifts}
        total = len(grown)
        while grown:
            grown = [(*chain, then) for chain in grown for then in after[chain[-1]]]
            total += len(grown)
            if total > MAX_OPTIONS:
                self.complete = False
                return
            yield from grown

    def _one_a_day(self, layer: int) -> bool:
        shifts = set(self.held.layering.layers[layer])
        return any(
            isinstance(limit, Total)
            and all(limit.values.get(shift, 0) >= 1 for shift in shifts)
            and any(tier.threshold - limit.offset < 2 and tier.cost is None for tier in limit.over)
            and all(value == 1 for value in limit.values.values())
            for limit in self.held.daily[layer]
        )

    def _fits(self, first: int, then: int) -> bool:
        start, end = self.shifts[then].start, self.shifts[first].end
        return all(start >= end + gap.need(first, then, self.shifts) for gap in self.hard_gaps)


class _Price:
    """What a limit on one day says of no shift or of one: the same wherever it counts the same."""

    def __init__(self, limit: Primitive, shifts: tuple[Shift, ...]) -> None:
        self.limit, self.shifts = limit, shifts
        self.known: dict[int, Finding] = {}

    def of(self, chain: Chain) -> Finding:
        """Its finding on a chain of at most one shift."""
        units = 0
        if chain and isinstance(self.limit, Total):
            units = self.limit.values.get(chain[0], 0)
        elif chain and isinstance(self.limit, Distinct):
            units = sum([chain[0] in g for g, f in zip(self.limit.groups, self.limit.fixed, strict=True) if not f])
        found = self.known.get(units)
        if found is None:
            found = self.known[units] = self.limit.evaluate(frozenset(chain), self.shifts)
        return found


def _free_of_one(limit: Primitive) -> bool:
    """Whether no shift, or any one alone, is certain to cost and break nothing."""
    if not isinstance(limit, Total) or limit.under:
        return False
    most = max(0, max(limit.values.values(), default=0)) + limit.offset
    return all(tier.threshold >= most for tier in limit.over)
