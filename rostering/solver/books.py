"""Everybody's limits as flat arrays, so that compiled loops (`trade_kernels.py`) can weigh changes of a roster.

Four arrays hold all there is: whole numbers that stay (`terms`), figures that stay (`rates`), whole numbers and figures
that change with the roster (`numbers`, `sums`). Each consists of sections, by entity: a *candidate* is a person on a
shift they may work, numbered person by person in order of start; a *limit* is a primitive of one person (each set of a
`Together` is one); a *group* is a slot of a run, a group of a `Distinct` or a member of a set. Loops take four arrays
rather than forty, because each array handed to a compiled function costs seven registers.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rostering.solver import sections as at
from rostering.solver.compile import Compiled, Person, elastic
from rostering.solver.primitives import Cost, Distinct, Gap, Run, Succession, Tier, Together, Total

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Terms(NamedTuple):
    """What stays the same whoever works what; `sizes` are the lengths of the arrays that change.

    `people` are as they were encoded: elastic where their pins alone break something.
    """

    terms: Ints
    rates: Floats
    sizes: tuple[int, int]
    people: tuple[Person, ...]


def settled(compiled: Compiled, person: Person) -> Person:
    """The person, made elastic when their pins alone break what they may not."""
    if compiled.pattern(person, person.pins).broken:
        return elastic(person, compiled.breach)
    return person


def write_terms(compiled: Compiled) -> Terms:
    """Encode everybody; takes about a millisecond a person."""
    writer = _Writer(compiled)
    people = tuple(settled(compiled, person) for person in compiled.people)
    for person in people:
        writer.person(person)
    return writer.close(people)


class _Writer:
    """Sections as they grow: `ints` and `floats` by section number."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        shifts = compiled.shifts
        self.ints: dict[int, list[int]] = {section: [] for section in at.TERMS}
        self.floats: dict[int, list[float]] = {section: [] for section in at.RATES}
        self.order = sorted(range(len(shifts)), key=lambda s: (shifts[s].start, shifts[s].end, shifts[s].id))
        self.rank = {shift: place for place, shift in enumerate(self.order)}
        self.travels: dict[frozenset[tuple[frozenset[str], int]], int] = {}
        self._shifts()

    def _shifts(self) -> None:
        shifts, ints = [self.compiled.shifts[s] for s in range(len(self.order))], self.ints
        self.sites = {site: number for number, site in enumerate(sorted({shift.site for shift in shifts}))}
        kinds: dict[tuple[str, str], int] = {}
        self.first_day = min((shift.day for shift in shifts), default=0)
        self.days = max((shift.day for shift in shifts), default=0) - self.first_day + 1
        for shift in shifts:
            ints[at.SHIFT_START].append(shift.start)
            ints[at.SHIFT_END].append(shift.end)
            ints[at.SHIFT_DAY].append(shift.day - self.first_day)
            ints[at.SHIFT_SITE].append(self.sites[shift.site])
            ints[at.SHIFT_NEED].append(shift.headcount)
            ints[at.SHIFT_KIND].append(kinds.setdefault((shift.site, shift.type), len(kinds)))
            self.floats[at.UNDER].append(shift.under_cost)
            self.floats[at.OVER].append(math.inf if shift.over_cost is None else shift.over_cost)
        table = [-1] * (len(kinds) * self.days)
        for position in range(len(shifts)):
            table[ints[at.SHIFT_KIND][position] * self.days + ints[at.SHIFT_DAY][position]] = position
        ints[at.KIND_ON] = table
        latest = self.disorder = 0
        for position in self.order:
            day = ints[at.SHIFT_DAY][position]
            latest = max(latest, day)
            self.disorder = max(self.disorder, latest - day)

    # -- people ----------------------------------------------------------------------------------------------------

    def person(self, person: Person) -> None:
        """Append one person's candidates and limits."""
        ints = self.ints
        weight = self.compiled.problem.cost_weight
        candidates = sorted(_possible(person), key=self.rank.__getitem__)
        self.local = {shift: place for place, shift in enumerate(candidates)}
        self.base = len(ints[at.CANDIDATE_SHIFT])
        ints[at.PERSON_CANDIDATE].append(self.base)
        self.totals: list[list[tuple[int, float]]] = [[] for _ in candidates]
        self.groups: list[list[int]] = [[] for _ in candidates]
        for shift in candidates:
            ints[at.CANDIDATE_SHIFT].append(shift)
            ints[at.CANDIDATE_PERSON].append(person.index)
            ints[at.CANDIDATE_PINNED].append(shift in person.pins)
            cents = person.cents.get(shift, 0.0)
            self.floats[at.CANDIDATE_COST].append(person.points[shift] + weight * cents)
            self.floats[at.CANDIDATE_CENTS].append(cents)
        ints[at.PERSON_GAP].append(len(ints[at.GAP_CHARGE]))
        for limit in person.limits:
            if isinstance(limit, Total):
                self._total(limit)
            elif isinstance(limit, Distinct):
                self._distinct(limit)
            elif isinstance(limit, Run):
                self._run(limit)
            elif isinstance(limit, Together):
                self._together(limit)
            elif isinstance(limit, Gap):
                self._gap(limit)
            elif not isinstance(limit, Succession):
                raise TypeError(f"people do not trade under {type(limit).__name__}")
        self._successions([limit for limit in person.limits if isinstance(limit, Succession)])
        for totals, groups in zip(self.totals, self.groups, strict=True):
            ints[at.CANDIDATE_TOTAL].append(len(ints[at.TOTAL_LIMIT]))
            ints[at.CANDIDATE_GROUP].append(len(ints[at.GROUP_OF]))
            for number, value in totals:
                ints[at.TOTAL_LIMIT].append(number)
                self.floats[at.TOTAL_VALUE].append(value)
            ints[at.GROUP_OF].extend(groups)
        self._by_day(candidates)

    def _by_day(self, candidates: Sequence[int]) -> None:
        by_day: list[list[int]] = [[] for _ in range(self.days)]
        for place, shift in enumerate(candidates):
            by_day[self.ints[at.SHIFT_DAY][shift]].append(self.base + place)
        for entries in by_day:
            self.ints[at.DAY_START].append(len(self.ints[at.DAY_CANDIDATE]))
            self.ints[at.DAY_CANDIDATE].extend(entries)

    # -- limits ----------------------------------------------------------------------------------------------------

    def _charge(self, cost: Cost, price: float, money: bool = False) -> tuple[int, float]:
        """How units are charged, and at what; `price` is what a broken unit costs where limits are elastic."""
        if cost is None:
            return at.REQUIRED, 1.0
        if money:
            return at.MONEY, cost
        return (at.BREACH if cost >= price * (1 - 1e-9) else at.PRICE), cost

    def _limit(
        self, kind: int, start: float, over: Iterable[Tier] = (), under: Iterable[Tier] = (), *,
        unit: int = 1, money: bool = False, seen: bool = True,
    ) -> int:  # fmt: skip
        """A limit with a sum and tiers; returns its number. `seen`: `fits` alone sees to required maxima."""
        ints, floats = self.ints, self.floats
        number = len(ints[at.LIMIT_KIND])
        ints[at.LIMIT_KIND].append(kind)
        ints[at.LIMIT_TIER].append(len(ints[at.TIER_CHARGE]))
        price = self.compiled.breach / unit
        cap = math.inf
        for side, tiers in ((1.0, over), (-1.0, under)):
            for tier in tiers:
                code, cost = self._charge(tier.cost, price, money)
                if code == at.REQUIRED and side > 0:
                    cap = min(cap, tier.threshold)
                    if seen:
                        continue
                ints[at.TIER_CHARGE].append(code)
                floats[at.TIER_SIDE].append(side)
                floats[at.TIER_AT].append(tier.threshold)
                floats[at.TIER_COST].append(cost)
        floats[at.LIMIT_CAP].append(cap)
        floats[at.LIMIT_START].append(start)
        ints[at.LIMIT_GROUP].append(len(ints[at.GROUP_LIMIT]))
        for section in (at.LIMIT_CHARGE, at.LIMIT_SIZE, at.LIMIT_IDLE, at.LIMIT_OPEN):
            ints[section].append(0)
        ints[at.LIMIT_SAID].append(1)
        ints[at.LIMIT_MOST].append(at.UNLIMITED)
        ints[at.LIMIT_LEAST].append(0)
        ints[at.LIMIT_TOLERATED].append(len(ints[at.TOLERATED_START]))
        floats[at.LIMIT_COST].append(0.0)
        return number

    def _priced(self, number: int, cost: Cost) -> None:
        self.ints[at.LIMIT_CHARGE][number], self.floats[at.LIMIT_COST][number] = self._charge(
            cost, self.compiled.breach
        )

    def _group(self, number: int, members: Iterable[int], fixed: bool) -> bool:
        """A group of a limit; whether it is active whatever is worked."""
        group = len(self.ints[at.GROUP_LIMIT])
        self.ints[at.GROUP_LIMIT].append(number)
        self.ints[at.GROUP_FIXED].append(fixed)
        for shift in members:
            place = self.local.get(shift)
            if place is not None:
                self.groups[place].append(group)
        return fixed

    def _total(self, limit: Total) -> None:
        values = [(self.local[shift], value) for shift, value in limit.values.items() if value and shift in self.local]
        most = limit.offset + sum(value for _, value in values if value > 0)
        if not limit.under and all(most <= tier.threshold for tier in limit.over):
            return  # says nothing, whatever is worked
        unit = math.gcd(*limit.values.values()) or 1
        number = self._limit(at.TOTAL, limit.offset, limit.over, limit.under, unit=unit, money=limit.cents)
        for place, value in values:
            self.totals[place].append((number, float(value)))

    def _distinct(self, limit: Distinct) -> None:
        number = self._limit(at.DISTINCT, 0.0, limit.over, limit.under, seen=_apart(limit.groups))
        active = sum(self._group(number, g, f) for g, f in zip(limit.groups, limit.fixed, strict=True))
        self.floats[at.LIMIT_START][number] = active

    def _together(self, limit: Together) -> None:
        for members, fixed in zip(limit.sets, limit.fixed, strict=True):
            number = self._limit(at.TOGETHER, 0.0)
            self._priced(number, limit.cost)
            self.ints[at.LIMIT_SIZE][number] = len(members)
            active = sum(self._group(number, g, f) for g, f in zip(members, fixed, strict=True))
            self.floats[at.LIMIT_START][number] = active

    def _run(self, limit: Run) -> None:
        number = self._limit(at.RUN, 0.0)
        self._priced(number, limit.cost)
        ints = self.ints
        ints[at.LIMIT_SIZE][number] = len(limit.slots)
        ints[at.LIMIT_MOST][number] = at.UNLIMITED if limit.maximum is None else limit.maximum
        ints[at.LIMIT_LEAST][number] = limit.minimum or 0
        ints[at.LIMIT_IDLE][number] = limit.idle
        ints[at.LIMIT_SAID][number] = (
            limit.idle or limit.minimum is not None or limit.cost is not None or not _apart(limit.slots)
        )
        ints[at.LIMIT_OPEN][number] = limit.open_start + 2 * limit.open_end
        for start, length in sorted(limit.tolerated):
            ints[at.TOLERATED_START].append(start)
            ints[at.TOLERATED_LENGTH].append(length)
        for slot, fixed in zip(limit.slots, limit.fixed, strict=True):
            self._group(number, slot, fixed)

    def _gap(self, limit: Gap) -> None:
        ints = self.ints
        code, cost = self._charge(limit.cost, self.compiled.breach)
        ints[at.GAP_CHARGE].append(code)
        self.floats[at.GAP_COST].append(cost)
        ints[at.GAP_AFTER].append(len(ints[at.AFTER]))
        ints[at.AFTER].extend(limit.after.get(shift, 0) for shift in self.local)
        ints[at.GAP_TRAVEL].append(self._travel(limit))
        ints[at.GAP_SAID].append(code != at.REQUIRED or bool(limit.travel))

    def _travel(self, limit: Gap) -> int:
        """Where the table of travel minutes by two sites begins; -1 without."""
        if not limit.travel:
            return -1
        key = frozenset(limit.travel.items())
        if key not in self.travels:
            self.travels[key] = len(self.ints[at.TRAVEL])
            table = np.zeros((len(self.sites), len(self.sites)), dtype=np.int64)
            for pair, minutes in limit.travel.items():
                if pair <= self.sites.keys():
                    numbers = [self.sites[site] for site in pair]
                    table[numbers[0], numbers[-1]] = table[numbers[-1], numbers[0]] = minutes
            self.ints[at.TRAVEL].extend(table.ravel().tolist())
        return self.travels[key]

    def _successions(self, limits: Sequence[Succession]) -> None:
        """All successions of a person as bits: of shifts they begin with, end with, and of days they reach."""
        ints = self.ints
        words = math.ceil(len(limits) / at.WORD)
        reach = max((limit.within_days for limit in limits), default=0)
        ints[at.PERSON_WORDS].append(words)
        ints[at.PERSON_REACH].append(reach)
        ints[at.PERSON_MASK].append(len(ints[at.FIRST]))
        ints[at.PERSON_WITHIN].append(len(ints[at.WITHIN]))
        ints[at.PERSON_SUCCESSION].append(len(ints[at.SUCCESSION_CHARGE]))
        first, then = [[0] * words for _ in self.local], [[0] * words for _ in self.local]
        within = [[0] * words for _ in range(reach)]
        said = False
        for number, limit in enumerate(limits):
            word, bit = number // at.WORD, 1 << number % at.WORD
            for shifts, masks in ((limit.first, first), (limit.then, then)):
                for shift in shifts:
                    if shift in self.local:
                        masks[self.local[shift]][word] |= bit
            for days in range(limit.within_days):
                within[days][word] |= bit
            code, cost = self._charge(limit.cost, self.compiled.breach)
            ints[at.SUCCESSION_CHARGE].append(code)
            said = said or code != at.REQUIRED
            self.floats[at.SUCCESSION_COST].append(cost)
        ints[at.PERSON_SAID].append(said)
        for masks, section in ((first, at.FIRST), (then, at.THEN), (within, at.WITHIN)):
            ints[section].extend(mask for row in masks for mask in row)

    # -- the whole -------------------------------------------------------------------------------------------------

    def close(self, people: tuple[Person, ...]) -> Terms:
        """Join the sections; the first places of `terms` say where each begins."""
        compiled, ints = self.compiled, self.ints
        for section, last in at.ENDS:
            ints[section].append(len(self.floats[last] if last in self.floats else ints[last]))
        shifts, candidates = len(compiled.shifts), len(ints[at.CANDIDATE_SHIFT])
        where = np.full(len(people) * shifts, -1, dtype=np.int64)
        places = np.array(ints[at.CANDIDATE_PERSON], dtype=np.int64) * shifts
        where[places + np.array(ints[at.CANDIDATE_SHIFT], dtype=np.int64)] = np.arange(candidates)
        sizes = defaultdict(int, {
            at.PEOPLE: len(people), at.SHIFTS: shifts, at.DAYS: self.days, at.DISORDER: self.disorder,
            at.CANDIDATES: candidates, at.LIMITS: len(ints[at.LIMIT_KIND]), at.GROUPS: len(ints[at.GROUP_LIMIT]),
            at.SITES: len(self.sites),
        })  # fmt: skip
        header = np.zeros(at.HEADER, dtype=np.int64)
        for place, size in sizes.items():
            header[place] = size
        arrays = {section: np.array(values, dtype=np.int64) for section, values in ints.items()} | {at.WHERE: where}
        whole = _join(header, at.HEADER, arrays)
        problem = compiled.problem
        spent = sum(person.constant_cents for person in people)
        budget = math.inf if problem.budget_cents is None else problem.budget_cents - spent
        scalars = np.array([problem.cost_weight, budget, compiled.breach])
        figures = {section: np.array(values, dtype=np.float64) for section, values in self.floats.items()}
        rates = _join(header, len(scalars), figures)
        lengths = []
        for scalar, plan in ((at.NUMBER_SCALARS, at.NUMBERS), (at.SUM_SCALARS, at.SUMS)):
            length = scalar
            for section, entity in plan.items():
                header[section] = length
                length += int(header[entity]) + 1
            lengths.append(length)
        return Terms(
            np.concatenate([header, *whole]), np.concatenate([scalars, *rates]), (lengths[0], lengths[1]), people
        )


def _apart(groups: Sequence[frozenset[int]]) -> bool:
    """Whether no shift is in two groups, so that one more shift means one more group at the most."""
    return sum(map(len, groups)) == len(frozenset().union(*groups))


def _possible(person: Person) -> set[int]:
    """The person's candidates less those that a required limit rules out by themselves."""
    possible = set(person.candidates)
    for limit in person.limits:
        if isinstance(limit, Total) and all(value >= 0 for value in limit.values.values()):
            caps = [tier.threshold for tier in limit.over if tier.cost is None]
            if caps:
                possible -= {s for s, value in limit.values.items() if value and limit.offset + value > min(caps)}
    return possible | person.pins


def _join(header: Ints, start: int, arrays: Mapping[int, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """The sections in order; their places are noted in the header."""
    for section, values in arrays.items():
        header[section] = start
        start += len(values)
    return list(arrays.values())
