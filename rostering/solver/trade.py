"""People trade work: exchange days or whole blocks, take places on, give them up, move and rewrite their own days.

Compiled loops (`trade_kernels.py`) weigh about a million trades a second, without any graph. Worse ones are taken now
and then while the temperature falls; the best roster is kept. For most of a run required minima and unbroken runs are
prices rather than walls, low at first and rising: ways between legal rosters lead through others.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence

import numpy as np
import numpy.typing as npt

from rostering.solver import sections as at
from rostering.solver import trade_kernels as kernels
from rostering.solver.books import Terms, write_terms
from rostering.solver.compile import Compiled
from rostering.solver.ledger import measure

Ints = npt.NDArray[np.int64]
Chosen = Sequence[frozenset[int]]

HEAT = 1.0
"""Temperature at the start, in those that `_learn` finds right for a problem."""
WARMTH, HASTE = 0.35, 0.25
"""Warmed up in haste, rosters cost so much more at several times the temperature that would do so in time."""
COOLEST, RUNG = 300.0, 3.0
"""Temperatures tried: from this fraction of what trades usually change, each so many times the one before."""
CHUNK = 5000
"""Steps between two questions whether to go on."""
PROBES, SAMPLE = 20_000, 400
EAGER, LOOSE, MENDING = 0.1, 0.7, 0.8
"""Shares of a run: until the first only good trades are taken, until the second rules may be broken in between, until
the third what is broken is mended.
"""
STRICT_HEAT = 0.3
"""Heat after the loose share, as a part of the whole."""
PAIN = (2.0, 30.0)
"""What a unit broken in between costs, at first and at last, in temperatures of the start."""
NO_PAIN, AGONY = math.inf, 1000.0
LEAST_FILLING, FILLING_PER_CHOICE, MENDING_PER_CHOICE = 10_000, 4, 100
"""Steps of a first roster: so many, and so many for each shift somebody may work; more where minima are missed."""


class Trader:
    """A roster people trade in. `people` are those who may change, everybody when left out.

    `terms` are what `write_terms` made of the same problem, for callers that trade in it often.
    """

    def __init__(
        self,
        compiled: Compiled,
        chosen: Chosen,
        seed: int,
        people: Collection[int] | None = None,
        terms: Terms | None = None,
    ) -> None:
        self.compiled = compiled
        self.terms, self.rates, (numbers, sums), self.people = terms or write_terms(compiled)
        self.numbers = np.zeros(numbers, dtype=np.int64)
        self.sums = np.zeros(sums, dtype=np.float64)
        self.state = np.array([(0x9E3779B97F4A7C15 * (2 * seed + 1)) % (1 << 64)], dtype=np.uint64)
        self.steps = 0
        self.hot = 0.0
        self._free(range(len(compiled.people)) if people is None else sorted(people))
        self._seat(chosen)
        self.first_cost = self.cost

    # -- the roster ------------------------------------------------------------------------------------------------

    @property
    def cost(self) -> float:
        """What the best roster costs, constants of people left out."""
        return float(self.sums[at.BEST_COST] + self.sums[at.BEST_BREACHES])

    @property
    def gained(self) -> float:
        """By how much the best roster is better than the one at the beginning."""
        return self.first_cost - self.cost

    @property
    def breaches(self) -> float:
        """The part of the cost that is required rules not kept."""
        return float(self.sums[at.BEST_BREACHES])

    @property
    def best(self) -> list[frozenset[int]]:
        """Everybody's shifts in the best roster."""
        return [self._shifts(person, at.BEST_SIZE, at.BEST_WORK) for person in range(self.terms[at.PEOPLE])]

    def _shifts(self, person: int, sizes: int, works: int) -> frozenset[int]:
        terms = self.terms
        start = terms[works] + terms[terms[at.PERSON_CANDIDATE] + person]
        candidates = self.numbers[start : start + self.numbers[terms[sizes] + person]]
        return frozenset(terms[terms[at.CANDIDATE_SHIFT] + candidates].tolist())

    def _changing(self, section: int, size: int) -> Ints:
        start = int(self.terms[section])
        return self.numbers[start : start + size]

    def _fixed(self, section: int, size: int) -> Ints:
        start = int(self.terms[section])
        return self.terms[start : start + size]

    def _free(self, people: Sequence[int]) -> None:
        """Note who may change, and who of them may work each shift."""
        terms = self.terms
        candidates, shifts = int(terms[at.CANDIDATES]), int(terms[at.SHIFTS])
        self._changing(at.FREE, len(people))[:] = people
        self.numbers[at.FREE_NUMBER] = len(people)
        shift = self._fixed(at.CANDIDATE_SHIFT, candidates)
        mine = np.flatnonzero(np.isin(self._fixed(at.CANDIDATE_PERSON, candidates), people))
        mine = mine[np.argsort(shift[mine], kind="stable")]
        self._changing(at.ABLE, len(mine))[:] = mine
        self._changing(at.ABLE_START, shifts + 1)[1:] = np.cumsum(np.bincount(shift[mine], minlength=shifts))

    def _seat(self, chosen: Chosen) -> None:
        """Begin from this roster; whoever breaks a rule in it that they may not begins from their pins."""
        terms, compiled = self.terms, self.compiled
        limits, people, shifts = (int(terms[size]) for size in (at.LIMITS, at.PEOPLE, at.SHIFTS))
        start = int(terms[at.LIMIT_START])
        self.sums[int(terms[at.SUM]) : int(terms[at.SUM]) + limits] = self.rates[start : start + limits]
        groups = int(terms[at.GROUPS])
        self._changing(at.ACTIVE, groups)[:] = self._fixed(at.GROUP_FIXED, groups)
        opened = np.flatnonzero(self._fixed(at.SHIFT_NEED, shifts) > 0)
        self._changing(at.OPEN, len(opened))[:] = opened
        self._changing(at.OPEN_AT, shifts)[opened] = np.arange(len(opened))
        self.numbers[at.OPEN_NUMBER] = len(opened)
        seats: list[int] = []
        for person in self.people:
            where = self._fixed(at.WHERE, people * shifts)[person.index * shifts : (person.index + 1) * shifts]
            work = chosen[person.index] | person.pins
            if work != person.pins and (
                compiled.pattern(person, frozenset(work)).broken or (where[list(work)] < 0).any()
            ):
                work = person.pins
            seats.extend(sorted(where[list(work)].tolist()))
        kernels.seat(terms, self.rates, self.numbers, self.sums, np.array(seats, dtype=np.int64))
        self._changing(at.CHANGES, people)[:] = np.arange(people)
        self.numbers[at.CHANGE_NUMBER] = people
        kernels.remember(terms, self.numbers, self.sums)

    # -- trading ---------------------------------------------------------------------------------------------------

    def anneal(self, heat: float, dear: float = 1.0, pain: float = NO_PAIN, steps: int = CHUNK) -> None:
        """So many steps at one temperature; breaches at `dear` times their price, `pain` a unit broken in between."""
        kernels.anneal(self.terms, self.rates, self.numbers, self.sums, self.state, steps, heat, dear, pain)
        self.steps += steps

    def run(self, used: Callable[[int], float], heat: float = HEAT) -> int:
        """Trade until `used`, asked with the steps made, says that 1 (of the time, of the steps) is used up.

        `heat` is the temperature at the start; it falls to nothing with the share. Returns the steps made.
        """
        began = self.steps
        while (share := used(self.steps - began)) < 1.0:
            if share < EAGER:
                self.anneal(0.0)
                continue
            if not self.hot:
                self._learn(used, began)
            hot = heat * self.hot
            if share < LOOSE:
                part = (share - EAGER) / (LOOSE - EAGER)
                pain = PAIN[0] * (PAIN[1] / PAIN[0]) ** part * hot
                self.anneal(hot * (1 - 0.9 * part) ** 2, min(1.0, pain / self.compiled.breach), pain)
            elif share < MENDING and self.sums[at.NOW_BROKEN] > kernels.NOISE:
                self.anneal(STRICT_HEAT * hot, 1.0, AGONY * self.compiled.breach)
            else:
                self._mend()
                self.anneal(STRICT_HEAT * hot * ((1 - share) / (1 - LOOSE)) ** 2)
        return self.steps - began

    def exercise(self) -> None:
        """Call every loop once, so that it is compiled or loaded."""
        self._learn(lambda _: 1.0, 0)
        self.anneal(0.0, steps=1)
        kernels.clear(self.terms, self.rates, self.numbers, self.sums, 0)
        measure(self.terms, self.rates, self.numbers, self.sums)

    def _learn(self, used: Callable[[int], float], began: int) -> None:
        """Find the temperature to begin at: warm up until rosters cost so much more, then go back to the best."""
        seen = np.zeros(SAMPLE)
        found = kernels.probe(self.terms, self.rates, self.numbers, self.sums, self.state, PROBES, seen)
        typical = float(np.median(seen[:found])) if found else 1.0
        self.hot = typical / COOLEST
        rung = max(CHUNK, int(self.terms[at.CANDIDATES]) // 2)
        while self.hot < typical and used(self.steps - began) < 1.0:
            self.anneal(self.hot, steps=rung)
            best = float(self.sums[at.BEST_COST])
            if self.sums[at.NOW_COST] > best + WARMTH * abs(best):
                break
            self.hot *= RUNG
        self.hot *= HASTE
        kernels.recall(self.terms, self.rates, self.numbers, self.sums)

    def _mend(self) -> None:
        """Whoever still has something broken in between starts anew from their pins."""
        if self.sums[at.NOW_BROKEN] < kernels.NOISE:
            return
        compiled, terms = self.compiled, self.terms
        for person in self.people:
            work = self._shifts(person.index, at.SIZE, at.WORK)
            if work != person.pins and compiled.pattern(person, work).broken:
                kernels.clear(terms, self.rates, self.numbers, self.sums, person.index)
        measure(terms, self.rates, self.numbers, self.sums)


def filled(compiled: Compiled, seed: int, should_stop: Callable[[], bool]) -> list[frozenset[int]]:
    """A first roster from nothing but pins: places are taken while that pays, then, where minima are missed, traded."""
    trader = Trader(compiled, [person.pins for person in compiled.people], seed)
    choices = int(trader.terms[at.CANDIDATES])
    steps = LEAST_FILLING + FILLING_PER_CHOICE * choices
    while trader.steps < steps and not should_stop():
        trader.anneal(0.0)
    if trader.breaches > 0:
        more = MENDING_PER_CHOICE * choices + LEAST_FILLING
        trader.run(lambda made: 1.0 if should_stop() or not trader.breaches else made / more)
    return trader.best


def improve(
    compiled: Compiled,
    chosen: Chosen,
    *,
    seed: int,
    heat: float = HEAT,
    seconds: float | None = None,
    steps: int | None = None,
    people: Collection[int] | None = None,
    terms: Terms | None = None,
) -> list[frozenset[int]]:
    """The roster after so many seconds, or steps, of trading among `people`: never worse, everybody else untouched."""
    trader = Trader(compiled, chosen, seed, people, terms)
    began = time.monotonic()

    def used(made: int) -> float:
        by_steps = made / steps if steps else 0.0
        by_time = (time.monotonic() - began) / seconds if seconds else 0.0
        return max(by_steps, by_time) if seconds or steps else 1.0

    trader.run(used, heat)
    return trader.best
