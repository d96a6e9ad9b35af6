"""Work patterns: what one person works over the whole period, and those the search remembers of everybody."""

from __future__ import annotations

from dataclasses import dataclass

REMEMBERED = 300
"""Patterns remembered of one person; the longest unused are forgotten."""


@dataclass(frozen=True, slots=True)
class Column:
    """A person's pattern: its shifts in order, its cost to them alone (constants included), and its wages."""

    person: int
    shifts: tuple[int, ...]
    cost: float
    cents: float


class Pool:
    """The patterns met last, by person; `met` counts all of them."""

    def __init__(self, people: int) -> None:
        self._of: list[dict[tuple[int, ...], Column]] = [{} for _ in range(people)]
        self.met = 0

    def add(self, column: Column) -> Column:
        """Remember a pattern; returns it."""
        known = self._of[column.person]
        self.met += known.pop(column.shifts, None) is None
        known[column.shifts] = column
        if len(known) > REMEMBERED:
            del known[next(iter(known))]
        return column

    def latest(self, person: int, most: int = REMEMBERED) -> list[Column]:
        """A person's patterns, the last met first."""
        known = list(self._of[person].values())
        return known[: -most - 1 : -1]
