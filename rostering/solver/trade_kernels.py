"""Compiled: random trades while the temperature falls; those unwelcome are taken back, the best roster is kept."""

# ruff: noqa: PLR0911, PLR0912, PLR0917 - compiled loops take arrays, and are flat for the compiler

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rostering.solver import sections as at
from rostering.solver.ledger import count, day_of, fits, measure, put
from rostering.solver.loops import loop
from rostering.solver.trades import (
    able,
    below,
    draw,
    drop_all,
    exchange,
    gather,
    give_up,
    mirror,
    move,
    note,
    pass_on,
    rewrite,
    rotate,
    someone,
    someone_able,
    take_place,
    undo,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Random = npt.NDArray[np.uint64]

SAME = 1e-9
NOISE = 1e-6
TAKE_PLACE, PASS_ON, REWRITE, GIVE_UP, MOVE, MIRROR, ROTATE, EXCHANGE = range(8)
OFTEN = (0.18, 0.07, 0.12, 0.05, 0.08, 0.05, 0.07, 0.38)
"""Kinds of trades, and how often each is tried."""
SPREAD, LONGEST = 0.6, 14
"""How likely another day is added to the days a trade spans, and the most they are."""


# -- choosing trades -----------------------------------------------------------------------------------------------


@loop
def length_of(state: Random) -> int:
    """Days a trade spans: one often, up to fourteen seldom."""
    length = 1
    while length < LONGEST and draw(state) < SPREAD:
        length += 1
    return length


@loop
def wanted_place(terms: Ints, numbers: Ints, state: Random) -> int:
    """A random candidate, mostly for a shift that is short of people; -1 where there is none."""
    if numbers[at.OPEN_NUMBER] > 0 and draw(state) < 0.7:
        return able(terms, numbers, numbers[terms[at.OPEN] + below(state, numbers[at.OPEN_NUMBER])], state)
    person = someone(terms, numbers, state)
    base = terms[terms[at.PERSON_CANDIDATE] + person]
    size = terms[terms[at.PERSON_CANDIDATE] + person + 1] - base
    return int(base + below(state, size)) if size > 0 else -1


@loop
def propose(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, state: Random, kind: int) -> bool:
    """Try a random trade in place; whether it is worth judging."""
    if kind <= PASS_ON:
        candidate = wanted_place(terms, numbers, state)
        if candidate < 0:
            return False
        if kind == PASS_ON:
            return pass_on(terms, rates, numbers, sums, candidate, state)
        return take_place(terms, rates, numbers, sums, candidate, draw(state) < 0.8)
    person = someone(terms, numbers, state)
    days = terms[at.DAYS]
    length = min(length_of(state), days)
    if kind == REWRITE:
        low = below(state, days - length + 1)
        return rewrite(terms, rates, numbers, sums, person, low, low + length, state)
    size = numbers[terms[at.SIZE] + person]
    if size == 0:
        return False
    candidate = numbers[terms[at.WORK] + terms[terms[at.PERSON_CANDIDATE] + person] + below(state, size)]
    shift, day = terms[terms[at.CANDIDATE_SHIFT] + candidate], day_of(terms, candidate)
    if kind == GIVE_UP:
        if terms[terms[at.CANDIDATE_PINNED] + candidate] != 0:
            return False
        give_up(terms, rates, numbers, sums, candidate, True)
        return True
    if kind == MOVE:
        return move(terms, rates, numbers, sums, candidate, state)
    low = max(0, min(days - length, day - below(state, length)))
    if kind == MIRROR:
        other = below(state, days - length + 1)
        if abs(other - low) < length:
            return False
        return mirror(terms, rates, numbers, sums, person, low, other, length)
    second = someone_able(terms, numbers, shift, state)
    if second < 0 or second == person:
        return False
    if kind == ROTATE:
        third = someone(terms, numbers, state)
        if third in (person, second):
            return False
        return rotate(terms, rates, numbers, sums, (person, second, third), low, low + length)
    return exchange(terms, rates, numbers, sums, person, second, low, low + length)


@loop
def which(state: Random) -> int:
    """A kind of trade, as often as `OFTEN` says."""
    value = draw(state)
    for kind in range(len(OFTEN)):
        value -= OFTEN[kind]
        if value < 0:
            return kind
    return len(OFTEN) - 1


@loop
def begin(numbers: Ints, sums: Floats) -> None:
    """Nothing is changed yet."""
    numbers[at.LOG_NUMBER] = 0
    sums[at.COST] = sums[at.BROKEN] = sums[at.BREACHES] = sums[at.CENTS] = 0.0


@loop
def welcome(rates: Floats, sums: Floats, heat: float, dear: float, pain: float, state: Random) -> bool:
    """Whether to keep the change at hand: nothing broken, within the budget, and not worse than the heat allows."""
    if sums[at.BROKEN] > NOISE and pain == np.inf:
        return False
    if sums[at.CENTS] > 0 and sums[at.NOW_CENTS] + sums[at.CENTS] > rates[at.BUDGET]:
        return False
    delta = sums[at.COST] + dear * sums[at.BREACHES]
    if pain < np.inf:
        delta += pain * sums[at.BROKEN]
    if delta <= SAME:
        return True
    return heat > 0.0 and delta < -heat * math.log(1.0 - draw(state))


@loop
def keep(terms: Ints, numbers: Ints, sums: Floats) -> None:
    """Make the change at hand part of the roster; remember the roster when it is the best so far."""
    sums[at.NOW_COST] += sums[at.COST]
    sums[at.NOW_BROKEN] += sums[at.BROKEN]
    sums[at.NOW_BREACHES] += sums[at.BREACHES]
    sums[at.NOW_CENTS] += sums[at.CENTS]
    for entry in range(numbers[at.LOG_NUMBER]):
        person = terms[terms[at.CANDIDATE_PERSON] + (numbers[terms[at.LOG] + entry] >> 2)]
        if numbers[terms[at.CHANGED] + person] == 0:
            numbers[terms[at.CHANGED] + person] = 1
            numbers[terms[at.CHANGES] + numbers[at.CHANGE_NUMBER]] = person
            numbers[at.CHANGE_NUMBER] += 1
    if (
        sums[at.NOW_BROKEN] < NOISE
        and sums[at.NOW_COST] + sums[at.NOW_BREACHES] < sums[at.BEST_COST] + sums[at.BEST_BREACHES] - 1e-6
    ):
        remember(terms, numbers, sums)


@loop
def remember(terms: Ints, numbers: Ints, sums: Floats) -> None:
    """The roster of now is the best; only people who changed since the last time are copied."""
    sums[at.BEST_COST], sums[at.BEST_BREACHES] = sums[at.NOW_COST], sums[at.NOW_BREACHES]
    for entry in range(numbers[at.CHANGE_NUMBER]):
        person = numbers[terms[at.CHANGES] + entry]
        numbers[terms[at.CHANGED] + person] = 0
        base, size = terms[terms[at.PERSON_CANDIDATE] + person], numbers[terms[at.SIZE] + person]
        numbers[terms[at.BEST_SIZE] + person] = size
        for place in range(base, base + size):
            numbers[terms[at.BEST_WORK] + place] = numbers[terms[at.WORK] + place]
    numbers[at.CHANGE_NUMBER] = 0


@loop
def recall(terms: Ints, rates: Floats, numbers: Ints, sums: Floats) -> None:
    """Go back to the best roster."""
    begin(numbers, sums)
    for entry in range(numbers[at.CHANGE_NUMBER]):
        person = numbers[terms[at.CHANGES] + entry]
        size = gather(terms, numbers, person, 0, terms[at.DAYS], at.OURS)
        drop_all(terms, rates, numbers, sums, at.OURS, size, True)
        numbers[at.LOG_NUMBER] = 0
    for entry in range(numbers[at.CHANGE_NUMBER]):
        person = numbers[terms[at.CHANGES] + entry]
        numbers[terms[at.CHANGED] + person] = 0
        base = terms[terms[at.PERSON_CANDIDATE] + person]
        for place in range(base, base + numbers[terms[at.BEST_SIZE] + person]):
            candidate = numbers[terms[at.BEST_WORK] + place]
            if numbers[terms[at.WORKED] + candidate] == 0:
                put(terms, rates, numbers, sums, candidate)
                count(terms, rates, numbers, sums, terms[terms[at.CANDIDATE_SHIFT] + candidate], 1)
    numbers[at.CHANGE_NUMBER] = 0
    measure(terms, rates, numbers, sums)


@loop
def anneal(
    terms: Ints,
    rates: Floats,
    numbers: Ints,
    sums: Floats,
    state: Random,
    steps: int,
    heat: float,
    dear: float,
    pain: float,
) -> int:
    """So many trades at one temperature; breaches cost `dear` times their price. Returns the trades kept."""
    kept = 0
    if numbers[at.FREE_NUMBER] == 0 or terms[at.SHIFTS] == 0:
        return 0
    for _ in range(steps):
        begin(numbers, sums)
        kind = which(state)
        if (
            propose(terms, rates, numbers, sums, state, kind)
            and numbers[at.LOG_NUMBER] > 0
            and welcome(rates, sums, heat, dear, pain, state)
        ):
            keep(terms, numbers, sums)
            kept += 1
        else:
            undo(terms, rates, numbers, sums)
    return kept


@loop
def probe(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, state: Random, steps: int, seen: Floats) -> int:
    """What random trades would change, breaches left out, nothing kept; returns how many were found."""
    found = 0
    if numbers[at.FREE_NUMBER] == 0 or terms[at.SHIFTS] == 0:
        return 0
    for _ in range(steps):
        begin(numbers, sums)
        if (
            propose(terms, rates, numbers, sums, state, which(state))
            and sums[at.BROKEN] < SAME
            and abs(sums[at.COST]) > SAME
        ):
            seen[found] = abs(sums[at.COST])
            found += 1
        undo(terms, rates, numbers, sums)
        if found == len(seen):
            break
    return found


@loop
def seat(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidates: Ints) -> None:
    """Put these candidates to work and measure the roster."""
    for candidate in candidates:
        put(terms, rates, numbers, sums, candidate)
    for candidate in candidates:
        count(terms, rates, numbers, sums, terms[terms[at.CANDIDATE_SHIFT] + candidate], 1)
    measure(terms, rates, numbers, sums)


@loop
def clear(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, person: int) -> None:
    """Somebody gives up all but their pins, whatever the others make of it."""
    begin(numbers, sums)
    size = gather(terms, numbers, person, 0, terms[at.DAYS], at.OURS)
    drop_all(terms, rates, numbers, sums, at.OURS, size, True)
    keep(terms, numbers, sums)


@loop
def weigh(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, add: Ints, drop: Ints) -> None:
    """Leave at the head of `sums` what these changes would change, counts of people left alone; for tests."""
    begin(numbers, sums)
    for candidate in drop:
        give_up(terms, rates, numbers, sums, candidate, False)
    misfits = 0
    for candidate in add:
        if not fits(terms, rates, numbers, sums, candidate):
            misfits += 1
        put(terms, rates, numbers, sums, candidate)
        note(terms, numbers, candidate, 1)
    cost, broken, breaches, cents = sums[at.COST], sums[at.BROKEN] + misfits, sums[at.BREACHES], sums[at.CENTS]
    undo(terms, rates, numbers, sums)
    sums[at.COST], sums[at.BROKEN], sums[at.BREACHES], sums[at.CENTS] = cost, broken, breaches, cents
