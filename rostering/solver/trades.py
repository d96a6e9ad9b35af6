"""Compiled: the trades people make, each tried in place and noted, so that it can be taken back when unwelcome."""

# ruff: noqa: PLR0917 - compiled loops take arrays, and are flat for the compiler

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rostering.solver import sections as at
from rostering.solver.ledger import count, day_of, fits, put, take
from rostering.solver.loops import loop

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Random = npt.NDArray[np.uint64]

SAME = 1e-9


@loop
def draw(state: Random) -> float:
    """A number from 0 to 1, 1 excluded (xorshift64*, G. Marsaglia, S. Vigna)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@loop
def below(state: Random, limit: int) -> int:
    """A whole number from 0 to `limit`, that excluded."""
    return int(draw(state) * limit)


# -- single changes, noted so that they can be taken back ----------------------------------------------------------


@loop
def note(terms: Ints, numbers: Ints, candidate: int, mark: int) -> None:
    """Note a change: bit 0 says taken on, bit 1 that the shift's count changed."""
    numbers[terms[at.LOG] + numbers[at.LOG_NUMBER]] = candidate * 4 + mark
    numbers[at.LOG_NUMBER] += 1


@loop
def give_up(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int, counted: bool) -> None:
    """Somebody gives a shift up; `counted`: nobody takes it over."""
    take(terms, rates, numbers, sums, candidate)
    if counted:
        count(terms, rates, numbers, sums, terms[terms[at.CANDIDATE_SHIFT] + candidate], -1)
    note(terms, numbers, candidate, 2 if counted else 0)


@loop
def take_on(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int, counted: bool) -> bool:
    """Somebody takes a shift on, when that fits; `counted`: nobody gave it up for them."""
    if candidate < 0 or numbers[terms[at.WORKED] + candidate] != 0:
        return False
    if counted:
        shift = terms[terms[at.CANDIDATE_SHIFT] + candidate]
        if (
            numbers[terms[at.COUNT] + shift] >= terms[terms[at.SHIFT_NEED] + shift]
            and rates[terms[at.OVER] + shift] == np.inf
        ):
            return False
    if not fits(terms, rates, numbers, sums, candidate):
        return False
    put(terms, rates, numbers, sums, candidate)
    if counted:
        count(terms, rates, numbers, sums, terms[terms[at.CANDIDATE_SHIFT] + candidate], 1)
    note(terms, numbers, candidate, 3 if counted else 1)
    return True


@loop
def undo(terms: Ints, rates: Floats, numbers: Ints, sums: Floats) -> None:
    """Take the change at hand back."""
    for entry in range(numbers[at.LOG_NUMBER] - 1, -1, -1):
        noted = numbers[terms[at.LOG] + entry]
        candidate = noted >> 2
        if noted & 1:
            take(terms, rates, numbers, sums, candidate)
        else:
            put(terms, rates, numbers, sums, candidate)
        if noted & 2:
            count(terms, rates, numbers, sums, terms[terms[at.CANDIDATE_SHIFT] + candidate], -1 if noted & 1 else 1)


@loop
def gather(terms: Ints, numbers: Ints, person: int, low: int, high: int, hand: int) -> int:
    """List what somebody works from day `low` up to `high`, pins left out, in the scratch section `hand`."""
    work, size = terms[at.WORK] + terms[terms[at.PERSON_CANDIDATE] + person], numbers[terms[at.SIZE] + person]
    start = 0
    if terms[at.DISORDER] == 0:
        end = size
        while start < end:
            middle = (start + end) // 2
            if day_of(terms, numbers[work + middle]) < low:
                start = middle + 1
            else:
                end = middle
    found = 0
    for place in range(start, size):
        candidate = numbers[work + place]
        day = day_of(terms, candidate)
        if day >= high and terms[at.DISORDER] == 0:
            break
        if low <= day < high and terms[terms[at.CANDIDATE_PINNED] + candidate] == 0:
            numbers[terms[hand] + found] = candidate
            found += 1
    return found


@loop
def candidate_of(terms: Ints, person: int, shift: int) -> int:
    """Somebody's candidate for a shift, -1 for none."""
    return int(terms[terms[at.WHERE] + person * terms[at.SHIFTS] + shift])


@loop
def someone(terms: Ints, numbers: Ints, state: Random) -> int:
    """A random person of those who may change."""
    return int(numbers[terms[at.FREE] + below(state, numbers[at.FREE_NUMBER])])


@loop
def able(terms: Ints, numbers: Ints, shift: int, state: Random) -> int:
    """A random candidate, of those who may change, for a shift; -1 where there is none."""
    start = numbers[terms[at.ABLE_START] + shift]
    size = numbers[terms[at.ABLE_START] + shift + 1] - start
    return int(numbers[terms[at.ABLE] + start + below(state, size)]) if size > 0 else -1


@loop
def someone_able(terms: Ints, numbers: Ints, shift: int, state: Random) -> int:
    """A random person who may work a shift; -1 where there is none."""
    candidate = able(terms, numbers, shift, state)
    return int(terms[terms[at.CANDIDATE_PERSON] + candidate]) if candidate >= 0 else -1


# -- trades: each returns whether it made a change worth judging ---------------------------------------------------


@loop
def hand_over(
    terms: Ints, rates: Floats, numbers: Ints, sums: Floats, person: int, hand: int, size: int
) -> bool:  # fmt: skip
    """Somebody takes on what others gave up."""
    for place in range(size):
        shift = terms[terms[at.CANDIDATE_SHIFT] + numbers[terms[hand] + place]]
        if not take_on(terms, rates, numbers, sums, candidate_of(terms, person, shift), False):
            return False
    return True


@loop
def drop_all(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, hand: int, size: int, counted: bool) -> None:
    """Give up everything in a hand."""
    for place in range(size):
        give_up(terms, rates, numbers, sums, numbers[terms[hand] + place], counted)


@loop
def unlike(terms: Ints, numbers: Ints, size: int, other: int) -> int:
    """Leave out of both hands the shifts that are in either; returns their sizes as ours * 2^20 + theirs."""
    kept = 0
    for i in range(size):
        shift = terms[terms[at.CANDIDATE_SHIFT] + numbers[terms[at.OURS] + i]]
        double = -1
        for j in range(other):
            if terms[terms[at.CANDIDATE_SHIFT] + numbers[terms[at.THEIRS] + j]] == shift:
                double = j
        if double < 0:
            numbers[terms[at.OURS] + kept] = numbers[terms[at.OURS] + i]
            kept += 1
        else:
            for j in range(double, other - 1):
                numbers[terms[at.THEIRS] + j] = numbers[terms[at.THEIRS] + j + 1]
            other -= 1
    return (kept << 20) + other


@loop
def may_take(terms: Ints, numbers: Ints, person: int, hand: int, size: int) -> bool:
    """Whether somebody might work all that is in a hand."""
    for place in range(size):
        if candidate_of(terms, person, terms[terms[at.CANDIDATE_SHIFT] + numbers[terms[hand] + place]]) < 0:
            return False
    return True


@loop
def exchange(
    terms: Ints, rates: Floats, numbers: Ints, sums: Floats, one: int, other: int, low: int, high: int
) -> bool:
    """Two people exchange what they work on these days."""
    ours = gather(terms, numbers, one, low, high, at.OURS)
    theirs = gather(terms, numbers, other, low, high, at.THEIRS)
    both = unlike(terms, numbers, ours, theirs)
    ours, theirs = both >> 20, both & ((1 << 20) - 1)
    if ours + theirs == 0:
        return False
    if not may_take(terms, numbers, other, at.OURS, ours) or not may_take(terms, numbers, one, at.THEIRS, theirs):
        return False
    drop_all(terms, rates, numbers, sums, at.OURS, ours, False)
    if not hand_over(terms, rates, numbers, sums, one, at.THEIRS, theirs):
        return False
    drop_all(terms, rates, numbers, sums, at.THEIRS, theirs, False)
    return hand_over(terms, rates, numbers, sums, other, at.OURS, ours)


@loop
def rotate(
    terms: Ints, rates: Floats, numbers: Ints, sums: Floats, people: tuple[int, int, int], low: int, high: int
) -> bool:
    """The first gives what they work on these days to the second, who gives to the third, who gives to the first."""
    one, two, three = people
    ours = gather(terms, numbers, one, low, high, at.OURS)
    theirs = gather(terms, numbers, two, low, high, at.THEIRS)
    others = gather(terms, numbers, three, low, high, at.OTHERS)
    if (ours > 0) + (theirs > 0) + (others > 0) < 2:
        return False
    if not may_take(terms, numbers, two, at.OURS, ours) or not may_take(terms, numbers, three, at.THEIRS, theirs):
        return False
    if not may_take(terms, numbers, one, at.OTHERS, others):
        return False
    drop_all(terms, rates, numbers, sums, at.OURS, ours, False)
    drop_all(terms, rates, numbers, sums, at.THEIRS, theirs, False)
    drop_all(terms, rates, numbers, sums, at.OTHERS, others, False)
    if not hand_over(terms, rates, numbers, sums, one, at.OTHERS, others):
        return False
    if not hand_over(terms, rates, numbers, sums, two, at.OURS, ours):
        return False
    return hand_over(terms, rates, numbers, sums, three, at.THEIRS, theirs)


@loop
def take_place(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int, instead: bool) -> bool:
    """Somebody takes a place; `instead` of what they work that day."""
    if numbers[terms[at.WORKED] + candidate] != 0:
        return False
    if instead:
        day = day_of(terms, candidate)
        size = gather(terms, numbers, terms[terms[at.CANDIDATE_PERSON] + candidate], day, day + 1, at.OURS)
        drop_all(terms, rates, numbers, sums, at.OURS, size, True)
    return take_on(terms, rates, numbers, sums, candidate, True)


@loop
def pass_on(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int, state: Random) -> bool:
    """Somebody takes a place, and somebody else what they work that day."""
    day = day_of(terms, candidate)
    one = terms[terms[at.CANDIDATE_PERSON] + candidate]
    size = gather(terms, numbers, one, day, day + 1, at.OURS)
    if size == 0 or numbers[terms[at.WORKED] + candidate] != 0:
        return False
    other = someone_able(terms, numbers, terms[terms[at.CANDIDATE_SHIFT] + numbers[terms[at.OURS]]], state)
    if other < 0 or other == one or not may_take(terms, numbers, other, at.OURS, size):
        return False
    drop_all(terms, rates, numbers, sums, at.OURS, size, False)
    if not take_on(terms, rates, numbers, sums, candidate, True):
        return False
    theirs = gather(terms, numbers, other, day, day + 1, at.THEIRS)
    drop_all(terms, rates, numbers, sums, at.THEIRS, theirs, True)
    return hand_over(terms, rates, numbers, sums, other, at.OURS, size)


@loop
def rewrite(
    terms: Ints, rates: Floats, numbers: Ints, sums: Floats, person: int, low: int, high: int, state: Random
) -> bool:
    """Somebody works something else on these days: nothing, one kind of shift, or what is wanted most."""
    size = gather(terms, numbers, person, low, high, at.OURS)
    drop_all(terms, rates, numbers, sums, at.OURS, size, True)
    choice = draw(state)
    if choice < 0.2:
        return size > 0
    kind = -1
    if choice < 0.6:
        shift = most_wanted(terms, rates, numbers, person, low + below(state, high - low), state)
        if shift < 0:
            return False
        kind = terms[terms[at.SHIFT_KIND] + shift]
    for day in range(low, high):
        if kind >= 0:
            shift = terms[terms[at.KIND_ON] + kind * terms[at.DAYS] + day]
        else:
            shift = most_wanted(terms, rates, numbers, person, day, state)
        if shift >= 0:
            take_on(terms, rates, numbers, sums, candidate_of(terms, person, shift), True)
    return True


@loop
def most_wanted(terms: Ints, rates: Floats, numbers: Ints, person: int, day: int, state: Random) -> int:
    """Of two random shifts somebody may work on a day the one that wants them more; -1 where there is none."""
    start = terms[terms[at.DAY_START] + person * terms[at.DAYS] + day]
    size = terms[terms[at.DAY_START] + person * terms[at.DAYS] + day + 1] - start
    best, least = -1, np.inf
    if size > 0:
        for _ in range(2):
            candidate = terms[terms[at.DAY_CANDIDATE] + start + below(state, size)]
            shift = terms[terms[at.CANDIDATE_SHIFT] + candidate]
            cost = rates[terms[at.CANDIDATE_COST] + candidate]
            if numbers[terms[at.COUNT] + shift] < terms[terms[at.SHIFT_NEED] + shift]:
                cost -= rates[terms[at.UNDER] + shift]
            else:
                cost += rates[terms[at.OVER] + shift]
            if cost < least:
                best, least = shift, cost
    return int(best)


@loop
def move(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int, state: Random) -> bool:
    """Somebody works the same kind of shift, or any, on another day."""
    person, day = terms[terms[at.CANDIDATE_PERSON] + candidate], day_of(terms, candidate)
    other = day + below(state, 15) - 7
    if other == day or other < 0 or other >= terms[at.DAYS] or terms[terms[at.CANDIDATE_PINNED] + candidate] != 0:
        return False
    shift = terms[
        terms[at.KIND_ON]
        + terms[terms[at.SHIFT_KIND] + terms[terms[at.CANDIDATE_SHIFT] + candidate]] * terms[at.DAYS]
        + other
    ]
    if draw(state) < 0.4:
        shift = most_wanted(terms, rates, numbers, person, other, state)
    if shift < 0:
        return False
    give_up(terms, rates, numbers, sums, candidate, True)
    size = gather(terms, numbers, person, other, other + 1, at.OURS)
    if size > 0:
        drop_all(terms, rates, numbers, sums, at.OURS, size, True)
        back = terms[
            terms[at.KIND_ON]
            + terms[terms[at.SHIFT_KIND] + terms[terms[at.CANDIDATE_SHIFT] + numbers[terms[at.OURS]]]] * terms[at.DAYS]
            + day
        ]
        if back >= 0:
            take_on(terms, rates, numbers, sums, candidate_of(terms, person, back), True)
    return take_on(terms, rates, numbers, sums, candidate_of(terms, person, shift), True)


@loop
def mirror(
    terms: Ints, rates: Floats, numbers: Ints, sums: Floats, person: int, first: int, then: int, length: int
) -> bool:
    """Somebody's work on some days and on some others change places, kind by kind."""
    ours = gather(terms, numbers, person, first, first + length, at.OURS)
    theirs = gather(terms, numbers, person, then, then + length, at.THEIRS)
    if ours + theirs == 0:
        return False
    drop_all(terms, rates, numbers, sums, at.OURS, ours, True)
    drop_all(terms, rates, numbers, sums, at.THEIRS, theirs, True)
    for hand, size, step in ((at.OURS, ours, then - first), (at.THEIRS, theirs, first - then)):
        for place in range(size):
            shift = terms[terms[at.CANDIDATE_SHIFT] + numbers[terms[hand] + place]]
            kind, day = terms[terms[at.SHIFT_KIND] + shift], terms[terms[at.SHIFT_DAY] + shift]
            target = terms[terms[at.KIND_ON] + kind * terms[at.DAYS] + day + step]
            if target < 0:
                return False
            if not take_on(terms, rates, numbers, sums, candidate_of(terms, person, target), True):
                return False
    return True
