"""A person's options in classes: those of a day that mean the same to every automaton, sum and bit."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from rostering.solver.daily import Chain, DayOptions
from rostering.solver.held import Held, InfeasibleError
from rostering.solver.product import Factors
from rostering.solver.resources import is_linear
from rostering.solver.tables import Table, Tables

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Options:
    """Every option of every day, end to end, with what it costs and how each sum grows by it.

    Options that alone break a limit on a sum are left out; sums whose every unit costs the same become prices.
    `kept` are the other sums. `constant_points` and `constant_cents` are charged always.
    """

    def __init__(self, held: Held) -> None:
        self.held = held
        found = DayOptions(held)
        self.complete = found.complete
        self.chains: list[Chain] = [chain for day in found.days for chain in day.chains]
        self.points: Floats = np.array([price for day in found.days for price in day.points], dtype=np.float64)
        self.cents: Floats = np.array([price for day in found.days for price in day.cents], dtype=np.float64)
        self.layer: Ints = np.repeat(np.arange(len(found.days)), [len(day.chains) for day in found.days])
        self.constant_points, self.constant_cents = held.constant_points, held.constant_cents
        self.kept: list[int] = []
        self.gain: Ints = np.zeros((len(self.chains), len(held.sums)), dtype=np.int64)
        if held.sums:
            self.gain = self._gains()
            self._fold()
        self.gain = self.gain[:, self.kept]
        layers = len(found.days)
        self.start: Ints = np.searchsorted(self.layer, np.arange(layers + 1))
        if (np.diff(self.start) == 0).any():
            raise InfeasibleError(held.person.staff.id)

    def _gains(self) -> Ints:
        """How much each sum grows by each option."""
        held, chains = self.held, self.chains
        row = {shift: number for number, shift in enumerate(held.layering.at)}
        several = [chain for chain in chains if len(chain) > 1]
        table = np.zeros((len(row) + 1 + len(several), len(held.sums)), dtype=np.int64)
        for number, values in enumerate(held.gains):
            table[[row[shift] for shift in values], number] = list(values.values())
        groups_at: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for place, (number, group) in enumerate(held.group_gains):
            for shift in group:
                groups_at[shift].append((number, place))
        for at, chain in enumerate(several, start=len(row) + 1):
            table[at] = table[[row[shift] for shift in chain]].sum(axis=0)
            for number, _ in {entry for shift in chain for entry in groups_at[shift]}:
                table[at, number] += 1
        for shift, entries in groups_at.items():
            for number, _ in entries:
                table[row[shift], number] += 1
        none, next_several = len(row), iter(range(len(row) + 1, len(table)))
        rows = [(row[chain[0]] if len(chain) == 1 else next(next_several)) if chain else none for chain in chains]
        gain: Ints = table[rows]
        return gain

    def _fold(self) -> None:
        held, layers = self.held, len(self.held.layering.layers)
        most = np.zeros((layers, len(held.sums)), dtype=np.int64)
        np.maximum.at(most, self.layer, self.gain)
        reach = most.sum(axis=0)
        cap = np.zeros(len(held.sums), dtype=np.int64)
        for number, pending in enumerate(held.sums):
            groups = held.groups_across(number)
            pending.reach = int(reach[number]) + groups
            points, cents = pending.table()
            cap[number] = len(points) - 1
            if not len(points):
                raise InfeasibleError(held.person.staff.id)
            if cap[number] < pending.reach or groups or not (is_linear(points) and is_linear(cents)):
                self.kept.append(number)
                continue
            self.constant_points += float(points[0])
            self.constant_cents += float(cents[0])
            if len(points) > 1:
                self.points += float(points[1] - points[0]) * self.gain[:, number]
                self.cents += float(cents[1] - cents[0]) * self.gain[:, number]
        fits = np.all(self.gain <= cap, axis=1)
        if not fits.all():
            self.chains = [chain for chain, keep in zip(self.chains, fits.tolist(), strict=True) if keep]
            self.points, self.cents = self.points[fits], self.cents[fits]
            self.layer, self.gain = self.layer[fits], self.gain[fits]


class Classes:
    """The options sorted into classes; `of` gives the class of each (-1: no state allows it)."""

    def __init__(self, held: Held, options: Options, tables: Tables) -> None:
        self.held, self.options, self.tables = held, options, tables
        self.of: Ints = np.full(len(options.chains), -1, dtype=np.int64)
        self._bits = self._bits_of() if held.bits else [0] * len(options.chains)
        self._rows = list(map(tuple, options.gain.tolist()))
        self._states = [tables.start(automaton) for automaton in held.automata]
        self._kinds = [tables.kind(automaton) for automaton in held.automata]
        self._start, self._active_start = [0], [0]
        self._column_start: list[int] = []
        self._columns: list[int] = []
        self._active: list[int] = []
        self._tables: list[Table] = []
        self._samples: list[int] = []
        for layer in range(len(options.start) - 1):
            self._layer(layer)
        self.bits: Ints = np.array([self._bits[option] for option in self._samples], dtype=np.int64)
        self.layer: Ints = options.layer[self._samples]
        self.gain = np.ascontiguousarray(options.gain[self._samples], dtype=np.int32)

    def _bits_of(self) -> list[int]:
        touching: dict[int, int] = defaultdict(int)
        for bit, (group, _, _) in enumerate(self.held.bits):
            for shift in group:
                touching[shift] |= 1 << bit
        result = []
        for chain in self.options.chains:
            bits = 0
            for shift in chain:
                bits |= touching[shift]
            result.append(bits)
        return result

    def _layer(self, layer: int) -> None:
        low, high = int(self.options.start[layer]), int(self.options.start[layer + 1])
        chains = self.options.chains[low:high]
        moves: list[list[int]] = []
        for number, automaton in enumerate(self.held.automata):
            if not automaton.first <= layer <= automaton.last:
                continue
            symbols = automaton.read(chains)
            alphabet = tuple(dict.fromkeys(symbols))
            table = self.tables.table(automaton, self._kinds[number], layer, self._states[number], alphabet)
            self._states[number] = table.reached
            if not table.idle:
                columns = table.columns
                moves.append([columns[symbol] for symbol in symbols])
                self._active.append(number)
                self._tables.append(table)
        self._column_start.append(len(self._columns))
        known: dict[tuple[object, ...], int] = {}
        count = len(moves)
        keys = zip(*moves, self._rows[low:high], self._bits[low:high], strict=True)
        of = []
        for option, key in enumerate(keys, start=low):
            klass = known.get(key)
            if klass is None:
                if -1 in key[:count]:
                    klass = -1
                else:
                    klass = len(self._samples)
                    self._samples.append(option)
                    self._columns.extend(key[:count])
                known[key] = klass
            of.append(klass)
        self.of[low:high] = of
        self._start.append(len(self._samples))
        self._active_start.append(len(self._active))

    def factors(self) -> Factors:
        """What the product is made of."""
        held, tables = self.held, self.tables
        final = [tables.final(automaton, states) for automaton, states in zip(held.automata, self._states, strict=True)]
        place = {number: position for position, number in enumerate(self.options.kept)}
        count_gain = np.zeros((len(tables.counts) if held.counters else 1, len(place)), dtype=np.int32)
        for code, counted in enumerate(tables.counts if held.counters else ()):
            for counter in counted:
                if counter < len(held.counters):
                    count_gain[code, place[held.counters[counter]]] += 1
        return Factors(
            class_start=_ints(self._start),
            column_start=_ints(self._column_start),
            columns=_ints(self._columns),
            active_start=_ints(self._active_start),
            active=_ints(self._active),
            table_at=_ints([table.at for table in self._tables]),
            width=_ints([table.width for table in self._tables]),
            following=tables.following,
            cost=tables.cost,
            counted=tables.count,
            gain=self.gain,
            count_gain=count_gain,
            counters=_ints([place[number] for number in held.counters]),
            final_start=np.cumsum([0, *map(len, final)], dtype=np.int64),
            final=np.array([cost for costs in final for cost in costs], dtype=np.float64),
        )


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)
