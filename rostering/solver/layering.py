"""A person's candidate shifts in layers: days, in order of start."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from rostering.solver.problem import Shift


class Layering:
    """`layers` hold positions in `problem.shifts`; `at` gives the layer of each, `days` a day of each layer."""

    def __init__(self, candidates: Sequence[int], shifts: tuple[Shift, ...]) -> None:
        self.shifts = shifts
        self.layers = _layers(candidates, shifts)
        self.at = {shift: number for number, layer in enumerate(self.layers) for shift in layer}
        self.days = [shifts[layer[0]].day for layer in self.layers]
        self._spans: dict[frozenset[int], tuple[int, int]] = {}
        self._slots: dict[tuple[frozenset[int], ...], tuple[dict[int, frozenset[int]], list[int]]] = {}
        self._members: dict[tuple[frozenset[int], ...], dict[int, frozenset[int]]] = {}

    def span(self, group: frozenset[int]) -> tuple[int, int]:
        """First and last layer of a group; (0, -1) for a group without candidates."""
        found = self._spans.get(group)
        if found is None:
            at = self.at
            inside = {at[shift] for shift in group if shift in at}
            found = self._spans[group] = (min(inside), max(inside)) if inside else (0, -1)
        return found

    def members(self, groups: tuple[frozenset[int], ...]) -> dict[int, frozenset[int]]:
        """Numbers of the groups each candidate belongs to; several limits ask about the same groups."""
        if groups in self._members:
            return self._members[groups]
        at = self.at
        result = self._members[groups] = {}
        for number, group in enumerate(groups):
            alone = frozenset((number,))
            for shift in group:
                if shift in at:
                    known = result.get(shift)
                    result[shift] = alone if known is None else known | alone
        return result

    def slots(self, groups: tuple[frozenset[int], ...]) -> tuple[dict[int, frozenset[int]], list[int]]:
        """Groups that are dealt with in order, each when no later layer can still touch it or one before it.

        Numbers of the groups each candidate is in, counted from the first group open before the candidate's layer; and
        how many groups are over before the first layer, and after each.
        """
        if groups not in self._slots:
            closing = list(accumulate([self.span(group)[1] for group in groups], max))
            ends = [bisect_left(closing, layer) for layer in range(len(self.layers) + 1)]
            meaning: dict[int, frozenset[int]] = {}
            for number, group in enumerate(groups):
                known: dict[int, frozenset[int]] = {}
                for shift in group:
                    layer = self.at.get(shift)
                    if layer is not None:
                        alone = known.get(layer) or known.setdefault(layer, frozenset((number - ends[layer],)))
                        before = meaning.get(shift)
                        meaning[shift] = alone if before is None else before | alone
            self._slots[groups] = meaning, ends
        return self._slots[groups]


def _layers(candidates: Sequence[int], shifts: tuple[Shift, ...]) -> list[list[int]]:
    """Candidates by day, in order of start even where time zones make a later shift belong to an earlier date."""
    layers: list[list[int]] = []
    current: int | None = None
    for index in sorted(candidates, key=lambda i: (shifts[i].start, shifts[i].end, shifts[i].id)):
        if current is None or shifts[index].day > current:
            current = shifts[index].day
            layers.append([])
        layers[-1].append(index)
    return layers
