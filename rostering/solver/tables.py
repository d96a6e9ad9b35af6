"""Automata worked out layer by layer as tables, and remembered: what one person's rest asks, most others' asks too."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rostering.solver.automata import Automaton, Step

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """One automaton in one layer: by state and column the next state, points, and what is counted.

    `at` is where it starts in the flat arrays of its `Tables`, row by row, `width` columns each. Symbols that move
    every state alike share a column; -1 is the column of symbols no state allows. `reached` is the number of the set
    of states it leads to.
    """

    at: int
    width: int
    columns: dict[Hashable, int]
    reached: int
    idle: bool
    """One state before and after, and nothing charged, counted or forbidden: the layer means nothing to it."""


class Tables:
    """Every table worked out so far, end to end in flat arrays.

    `following` is -1 where a step breaks a limit, `count` indexes `counts`: tuples of what is counted.
    """

    def __init__(self) -> None:
        self.following: Ints = np.zeros(1 << 12, dtype=np.int64)
        self.cost: Floats = np.zeros(1 << 12)
        self.count: Ints = np.zeros(1 << 12, dtype=np.int64)
        self.counts: list[tuple[int, ...]] = [()]
        self._count_of: dict[tuple[int, ...], int] = {(): 0}
        self._used = 0
        self._sets: dict[tuple[Hashable, ...], int] = {}
        self._states: list[tuple[Hashable, ...]] = []
        self._kinds: dict[Hashable, int] = {}
        self._tables: dict[Hashable, Table] = {}

    def kind(self, automaton: Automaton) -> int:
        """A number for what the automaton is, apart from its layers."""
        return self._kinds.setdefault(automaton.kind, len(self._kinds))

    def start(self, automaton: Automaton) -> int:
        """The number of the set of its initial state alone."""
        return self._number((automaton.initial,))

    def final(self, automaton: Automaton, states: int) -> list[float]:
        """Points charged at the end, by state."""
        return [automaton.final(state) for state in self._states[states]]

    def table(self, automaton: Automaton, kind: int, layer: int, states: int, alphabet: tuple[Hashable, ...]) -> Table:
        """The moves from a set of states by the symbols of a layer."""
        key = (kind, states, automaton.local[layer], alphabet)
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = self._work_out(automaton, layer, states, alphabet)
        return found

    def _number(self, states: tuple[Hashable, ...]) -> int:
        number = self._sets.setdefault(states, len(self._states))
        if number == len(self._states):
            self._states.append(states)
        return number

    def _work_out(self, automaton: Automaton, layer: int, states: int, alphabet: tuple[Hashable, ...]) -> Table:
        known = self._states[states]
        columns: dict[Hashable, int] = {}
        distinct: dict[tuple[Step, ...], int] = {}
        for symbol in alphabet:
            steps = tuple(automaton.step(state, layer, symbol) for state in known)
            possible = any(step is not None for step in steps)
            columns[symbol] = distinct.setdefault(steps, len(distinct)) if possible else -1
        at, width = self._used, len(distinct)
        self._reserve(len(known) * width)
        reached: dict[Hashable, int] = {}
        plain = -1 not in columns.values()
        for row in range(len(known)):
            for column, steps in enumerate(distinct):
                step, place = steps[row], at + row * width + column
                if step is None:
                    self.following[place], plain = -1, False
                    continue
                self.following[place] = reached.setdefault(step[0], len(reached))
                self.cost[place] = step[1]
                self.count[place] = self._counted(step[2])
                plain = plain and not step[1] and not step[2]
        idle = plain and len(known) == len(reached) == 1
        return Table(at, width, columns, self._number(tuple(reached)), idle)

    def _counted(self, counted: tuple[int, ...]) -> int:
        number = self._count_of.setdefault(counted, len(self.counts))
        if number == len(self.counts):
            self.counts.append(counted)
        return number

    def _reserve(self, cells: int) -> None:
        self._used += cells
        while self._used > len(self.following):
            self.following = np.concatenate((self.following, np.zeros_like(self.following)))
            self.cost = np.concatenate((self.cost, np.zeros_like(self.cost)))
            self.count = np.concatenate((self.count, np.zeros_like(self.count)))
