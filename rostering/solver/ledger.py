"""Compiled: one person takes a shift on or gives it up, and what every limit then says more or less than before.

Changes are made in place and their costs added up at the head of `sums`; what turns out not to be wanted is taken back
the same way. Exactly the meaning of `primitives.py`, which the tests hold it against.
"""

# ruff: noqa: PLR0912, PLR0917 - compiled loops take arrays, and are flat for the compiler

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rostering.solver import sections as at
from rostering.solver.loops import loop

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NOISE = 1e-7
"""Sums this close to a threshold are at it."""


@loop
def charge(rates: Floats, sums: Floats, code: int, cost: float, units: float) -> None:
    """Note so many units (negative: fewer than before)."""
    if code == at.REQUIRED:
        sums[at.BROKEN] += units * cost
    elif code == at.BREACH:
        sums[at.BREACHES] += units * cost
    elif code == at.MONEY:
        sums[at.CENTS] += units * cost
        sums[at.COST] += units * cost * rates[at.WEIGHT]
    else:
        sums[at.COST] += units * cost


@loop
def say_tiers(terms: Ints, rates: Floats, sums: Floats, limit: int, sign: float) -> None:
    """What a limit with tiers says of its sum."""
    amount = sums[terms[at.SUM] + limit]
    for t in range(terms[terms[at.LIMIT_TIER] + limit], terms[terms[at.LIMIT_TIER] + limit + 1]):
        units = (amount - rates[terms[at.TIER_AT] + t]) * rates[terms[at.TIER_SIDE] + t]
        if units > NOISE:
            charge(rates, sums, terms[terms[at.TIER_CHARGE] + t], rates[terms[at.TIER_COST] + t], sign * units)


@loop
def say_units(terms: Ints, rates: Floats, sums: Floats, limit: int, units: float) -> None:
    """Charge a limit's units."""
    charge(rates, sums, terms[terms[at.LIMIT_CHARGE] + limit], rates[terms[at.LIMIT_COST] + limit], units)


@loop
def run_units(terms: Ints, limit: int, start: int, length: int) -> int:
    """See `Run.units`."""
    if length <= 0:
        return 0
    at_start, at_end = start == 0, start + length == terms[terms[at.LIMIT_SIZE] + limit]
    if terms[terms[at.LIMIT_IDLE] + limit] and (at_start or at_end):
        return 0
    most, least = terms[terms[at.LIMIT_MOST] + limit], terms[terms[at.LIMIT_LEAST] + limit]
    units = int(max(0, length - most))
    if length < least:
        loose = terms[terms[at.LIMIT_OPEN] + limit]
        if (at_start and loose & 1) or (at_end and loose & 2):
            return units
        for t in range(terms[terms[at.LIMIT_TOLERATED] + limit], terms[terms[at.LIMIT_TOLERATED] + limit + 1]):
            if terms[terms[at.TOLERATED_START] + t] == start and terms[terms[at.TOLERATED_LENGTH] + t] == length:
                return units
        units += int(least - length)
    return units


@loop
def stretch(terms: Ints, numbers: Ints, limit: int, place: int, step: int, active: bool) -> int:
    """How many slots beside a place, in one direction, are all active (or all idle)."""
    first = terms[at.ACTIVE] + terms[terms[at.LIMIT_GROUP] + limit]
    size = terms[terms[at.LIMIT_SIZE] + limit]
    length = 0
    place += step
    while 0 <= place < size and (numbers[first + place] > 0) == active:
        length += 1
        place += step
    return length


@loop
def turn(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, group: int, on: bool) -> None:
    """A group became active, or stopped to be."""
    limit = terms[terms[at.GROUP_LIMIT] + group]
    kind = terms[terms[at.LIMIT_KIND] + limit]
    step = 1 if on else -1
    if kind == at.DISTINCT:
        say_tiers(terms, rates, sums, limit, -1.0)
        sums[terms[at.SUM] + limit] += step
        say_tiers(terms, rates, sums, limit, 1.0)
    elif kind == at.TOGETHER:
        size = terms[terms[at.LIMIT_SIZE] + limit]
        before = sums[terms[at.SUM] + limit]
        after = before + step
        sums[terms[at.SUM] + limit] = after
        units = (1 if 0 < after < size else 0) - (1 if 0 < before < size else 0)
        if units != 0:
            say_units(terms, rates, sums, limit, units)
    elif terms[terms[at.LIMIT_SAID] + limit]:
        idle = terms[terms[at.LIMIT_IDLE] + limit] != 0
        place = group - terms[terms[at.LIMIT_GROUP] + limit]
        left = stretch(terms, numbers, limit, place, -1, not idle)
        right = stretch(terms, numbers, limit, place, 1, not idle)
        units = run_units(terms, limit, place - left, left + 1 + right)
        units -= run_units(terms, limit, place - left, left) + run_units(terms, limit, place + 1, right)
        if units != 0:
            say_units(terms, rates, sums, limit, units if on != idle else -units)


@loop
def is_close(terms: Ints, gap: int, base: int, one: int, other: int) -> bool:
    """Whether two neighboring candidates lie closer than a gap allows."""
    first, then = terms[terms[at.CANDIDATE_SHIFT] + one], terms[terms[at.CANDIDATE_SHIFT] + other]
    need = terms[terms[at.AFTER] + terms[terms[at.GAP_AFTER] + gap] + one - base]
    travel = terms[terms[at.GAP_TRAVEL] + gap]
    if travel >= 0:
        here, there = terms[terms[at.SHIFT_SITE] + first], terms[terms[at.SHIFT_SITE] + then]
        if here != there:
            need = max(need, terms[terms[at.TRAVEL] + travel + here * terms[at.SITES] + there])
    return bool(terms[terms[at.SHIFT_START] + then] < terms[terms[at.SHIFT_END] + first] + need)


@loop
def say_gaps(terms: Ints, rates: Floats, sums: Floats, person: int, one: int, other: int, sign: float) -> None:
    """What the person's gaps say of two neighboring candidates."""
    base = terms[terms[at.PERSON_CANDIDATE] + person]
    for gap in range(terms[terms[at.PERSON_GAP] + person], terms[terms[at.PERSON_GAP] + person + 1]):
        if terms[terms[at.GAP_SAID] + gap] and is_close(terms, gap, base, one, other):
            charge(rates, sums, terms[terms[at.GAP_CHARGE] + gap], rates[terms[at.GAP_COST] + gap], sign)


@loop
def say_succession(terms: Ints, rates: Floats, sums: Floats, person: int, one: int, other: int, sign: float) -> int:
    """Charge the successions that `one` and then `other` make; with sign 0 only count those that are required."""
    base = terms[terms[at.PERSON_CANDIDATE] + person]
    words = terms[terms[at.PERSON_WORDS] + person]
    days = day_of(terms, other) - day_of(terms, one)
    if days < 1 or days > terms[terms[at.PERSON_REACH] + person]:
        return 0
    first = terms[at.FIRST] + terms[terms[at.PERSON_MASK] + person] + (one - base) * words
    then = terms[at.THEN] + terms[terms[at.PERSON_MASK] + person] + (other - base) * words
    within = terms[at.WITHIN] + terms[terms[at.PERSON_WITHIN] + person] + (days - 1) * words
    found = 0
    for word in range(words):
        bits = terms[first + word] & terms[then + word] & terms[within + word]
        number = terms[terms[at.PERSON_SUCCESSION] + person] + word * at.WORD
        while bits != 0:
            if bits & 1:
                code = terms[terms[at.SUCCESSION_CHARGE] + number]
                if sign != 0.0:
                    charge(rates, sums, code, rates[terms[at.SUCCESSION_COST] + number], sign)
                elif code == at.REQUIRED:
                    found += 1
            bits >>= 1
            number += 1
    return found


@loop
def day_of(terms: Ints, candidate: int) -> int:
    """The day of a candidate's shift."""
    return int(terms[terms[at.SHIFT_DAY] + terms[terms[at.CANDIDATE_SHIFT] + candidate]])


@loop
def say_neighbors(
    terms: Ints, rates: Floats, numbers: Ints, sums: Floats, person: int, place: int, sign: float
) -> None:
    """What gaps and successions say because somebody works what stands at this place of their list."""
    base = terms[terms[at.PERSON_CANDIDATE] + person]
    work, size = terms[at.WORK] + base, numbers[terms[at.SIZE] + person]
    candidate = numbers[work + place]
    if terms[terms[at.PERSON_GAP] + person] < terms[terms[at.PERSON_GAP] + person + 1]:
        if place > 0:
            say_gaps(terms, rates, sums, person, numbers[work + place - 1], candidate, sign)
        if place + 1 < size:
            say_gaps(terms, rates, sums, person, candidate, numbers[work + place + 1], sign)
            if place > 0:
                say_gaps(terms, rates, sums, person, numbers[work + place - 1], numbers[work + place + 1], -sign)
    if terms[terms[at.PERSON_SAID] + person]:
        reach = terms[terms[at.PERSON_REACH] + person] + terms[at.DISORDER]
        day = day_of(terms, candidate)
        for step in (-1, 1):
            other = place + step
            while 0 <= other < size and abs(day_of(terms, numbers[work + other]) - day) <= reach:
                say_succession(terms, rates, sums, person, numbers[work + other], candidate, sign)
                say_succession(terms, rates, sums, person, candidate, numbers[work + other], sign)
                other += step


@loop
def say_sums(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int, on: bool) -> None:
    """A candidate's own cost, and what totals and groups say more or less for it."""
    sign = 1.0 if on else -1.0
    sums[at.COST] += sign * rates[terms[at.CANDIDATE_COST] + candidate]
    sums[at.CENTS] += sign * rates[terms[at.CANDIDATE_CENTS] + candidate]
    for e in range(terms[terms[at.CANDIDATE_TOTAL] + candidate], terms[terms[at.CANDIDATE_TOTAL] + candidate + 1]):
        limit = terms[terms[at.TOTAL_LIMIT] + e]
        say_tiers(terms, rates, sums, limit, -1.0)
        sums[terms[at.SUM] + limit] += sign * rates[terms[at.TOTAL_VALUE] + e]
        say_tiers(terms, rates, sums, limit, 1.0)
    step = 1 if on else -1
    for e in range(terms[terms[at.CANDIDATE_GROUP] + candidate], terms[terms[at.CANDIDATE_GROUP] + candidate + 1]):
        group = terms[terms[at.GROUP_OF] + e]
        place = terms[at.ACTIVE] + group
        numbers[place] += step
        if numbers[place] == (1 if on else 0):
            turn(terms, rates, numbers, sums, group, on)


@loop
def put(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int) -> None:
    """Somebody starts to work a shift; the count of people on it is the caller's."""
    person = terms[terms[at.CANDIDATE_PERSON] + candidate]
    work = terms[at.WORK] + terms[terms[at.PERSON_CANDIDATE] + person]
    place = numbers[terms[at.SIZE] + person]
    while place > 0 and numbers[work + place - 1] > candidate:
        numbers[work + place] = numbers[work + place - 1]
        place -= 1
    numbers[work + place] = candidate
    numbers[terms[at.SIZE] + person] += 1
    numbers[terms[at.WORKED] + candidate] = 1
    say_neighbors(terms, rates, numbers, sums, person, place, 1.0)
    say_sums(terms, rates, numbers, sums, candidate, True)


@loop
def take(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int) -> None:
    """Somebody gives a shift up; the count of people on it is the caller's."""
    person = terms[terms[at.CANDIDATE_PERSON] + candidate]
    work = terms[at.WORK] + terms[terms[at.PERSON_CANDIDATE] + person]
    place, end = 0, numbers[terms[at.SIZE] + person] - 1
    while place < end:
        middle = (place + end) // 2
        if numbers[work + middle] < candidate:
            place = middle + 1
        else:
            end = middle
    say_neighbors(terms, rates, numbers, sums, person, place, -1.0)
    say_sums(terms, rates, numbers, sums, candidate, False)
    numbers[terms[at.WORKED] + candidate] = 0
    size = numbers[terms[at.SIZE] + person] - 1
    numbers[terms[at.SIZE] + person] = size
    for other in range(place, size):
        numbers[work + other] = numbers[work + other + 1]


@loop
def count(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, shift: int, step: int) -> None:
    """One person more or fewer on a shift: its cost, and the list of open shifts."""
    place = terms[at.COUNT] + shift
    need = terms[terms[at.SHIFT_NEED] + shift]
    now = numbers[place]
    numbers[place] = now + step
    upper = max(now, now + step)
    if upper <= need:
        sums[at.COST] -= step * rates[terms[at.UNDER] + shift]
        if step > 0 and upper == need:
            position, last = numbers[terms[at.OPEN_AT] + shift], numbers[at.OPEN_NUMBER] - 1
            moved = numbers[terms[at.OPEN] + last]
            numbers[terms[at.OPEN] + position] = moved
            numbers[terms[at.OPEN_AT] + moved] = position
            numbers[at.OPEN_NUMBER] = last
        elif step < 0 and upper == need:
            numbers[terms[at.OPEN] + numbers[at.OPEN_NUMBER]] = shift
            numbers[terms[at.OPEN_AT] + shift] = numbers[at.OPEN_NUMBER]
            numbers[at.OPEN_NUMBER] += 1
    elif rates[terms[at.OVER] + shift] == np.inf:
        sums[at.BREACHES] += step * rates[at.BREACH_PRICE]
    else:
        sums[at.COST] += step * rates[terms[at.OVER] + shift]


@loop
def fits(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int) -> bool:
    """Whether taking a candidate on breaks nothing that more work could not mend; a quick look before `put`."""
    person = terms[terms[at.CANDIDATE_PERSON] + candidate]
    base = terms[terms[at.PERSON_CANDIDATE] + person]
    work, size = terms[at.WORK] + base, numbers[terms[at.SIZE] + person]
    place = size
    while place > 0 and numbers[work + place - 1] > candidate:
        place -= 1
    for gap in range(terms[terms[at.PERSON_GAP] + person], terms[terms[at.PERSON_GAP] + person + 1]):
        if terms[terms[at.GAP_CHARGE] + gap] == at.REQUIRED:
            if place > 0 and is_close(terms, gap, base, numbers[work + place - 1], candidate):
                return False
            if place < size and is_close(terms, gap, base, candidate, numbers[work + place]):
                return False
    for e in range(terms[terms[at.CANDIDATE_TOTAL] + candidate], terms[terms[at.CANDIDATE_TOTAL] + candidate + 1]):
        limit = terms[terms[at.TOTAL_LIMIT] + e]
        if sums[terms[at.SUM] + limit] + rates[terms[at.TOTAL_VALUE] + e] > rates[terms[at.LIMIT_CAP] + limit] + NOISE:
            return False
    if terms[terms[at.PERSON_WORDS] + person] > 0:
        reach = terms[terms[at.PERSON_REACH] + person] + terms[at.DISORDER]
        day = day_of(terms, candidate)
        for other in range(place - 1, -1, -1):
            if day - day_of(terms, numbers[work + other]) > reach:
                break
            if say_succession(terms, rates, sums, person, numbers[work + other], candidate, 0.0) > 0:
                return False
        for other in range(place, size):
            if day_of(terms, numbers[work + other]) - day > reach:
                break
            if say_succession(terms, rates, sums, person, candidate, numbers[work + other], 0.0) > 0:
                return False
    return fits_groups(terms, rates, numbers, sums, candidate)


@loop
def fits_groups(terms: Ints, rates: Floats, numbers: Ints, sums: Floats, candidate: int) -> bool:
    """`fits` for counts of groups and runs of work."""
    for e in range(terms[terms[at.CANDIDATE_GROUP] + candidate], terms[terms[at.CANDIDATE_GROUP] + candidate + 1]):
        group = terms[terms[at.GROUP_OF] + e]
        if numbers[terms[at.ACTIVE] + group] > 0:
            continue
        limit = terms[terms[at.GROUP_LIMIT] + group]
        kind = terms[terms[at.LIMIT_KIND] + limit]
        if kind == at.DISTINCT:
            if sums[terms[at.SUM] + limit] + 1 > rates[terms[at.LIMIT_CAP] + limit] + NOISE:
                return False
        elif (
            kind == at.RUN
            and terms[terms[at.LIMIT_CHARGE] + limit] == at.REQUIRED
            and not terms[terms[at.LIMIT_IDLE] + limit]
        ):
            most = terms[terms[at.LIMIT_MOST] + limit]
            if most < at.UNLIMITED:
                place = group - terms[terms[at.LIMIT_GROUP] + limit]
                length = 1 + stretch(terms, numbers, limit, place, -1, True)
                if length + stretch(terms, numbers, limit, place, 1, True) > most:
                    return False
    return True


@loop
def measure(terms: Ints, rates: Floats, numbers: Ints, sums: Floats) -> None:
    """What the whole roster costs, from nothing, into the figures of now; constants of people left out."""
    for place in (at.COST, at.BROKEN, at.BREACHES, at.CENTS):
        sums[place] = 0.0
    for limit in range(terms[at.LIMITS]):
        kind = terms[terms[at.LIMIT_KIND] + limit]
        if kind == at.TOGETHER:
            if 0 < sums[terms[at.SUM] + limit] < terms[terms[at.LIMIT_SIZE] + limit]:
                say_units(terms, rates, sums, limit, 1.0)
        elif kind == at.RUN:
            say_units(terms, rates, sums, limit, all_runs(terms, numbers, limit))
        else:
            say_tiers(terms, rates, sums, limit, 1.0)
    for person in range(terms[at.PEOPLE]):
        work, size = terms[at.WORK] + terms[terms[at.PERSON_CANDIDATE] + person], numbers[terms[at.SIZE] + person]
        for place in range(size):
            candidate = numbers[work + place]
            sums[at.COST] += rates[terms[at.CANDIDATE_COST] + candidate]
            sums[at.CENTS] += rates[terms[at.CANDIDATE_CENTS] + candidate]
            if place > 0:
                say_gaps(terms, rates, sums, person, numbers[work + place - 1], candidate, 1.0)
            if terms[terms[at.PERSON_WORDS] + person] > 0:
                for other in range(place):
                    say_succession(terms, rates, sums, person, numbers[work + other], candidate, 1.0)
                    say_succession(terms, rates, sums, person, candidate, numbers[work + other], 1.0)
    for shift in range(terms[at.SHIFTS]):
        extra = numbers[terms[at.COUNT] + shift] - terms[terms[at.SHIFT_NEED] + shift]
        if extra < 0:
            sums[at.COST] -= extra * rates[terms[at.UNDER] + shift]
        elif extra > 0 and rates[terms[at.OVER] + shift] == np.inf:
            sums[at.BREACHES] += extra * rates[at.BREACH_PRICE]
        elif extra > 0:
            sums[at.COST] += extra * rates[terms[at.OVER] + shift]
    sums[at.NOW_COST], sums[at.NOW_BROKEN] = sums[at.COST], sums[at.BROKEN]
    sums[at.NOW_BREACHES], sums[at.NOW_CENTS] = sums[at.BREACHES], sums[at.CENTS]


@loop
def all_runs(terms: Ints, numbers: Ints, limit: int) -> int:
    """Units of all runs of a limit."""
    active = terms[terms[at.LIMIT_IDLE] + limit] == 0
    first = terms[at.ACTIVE] + terms[terms[at.LIMIT_GROUP] + limit]
    size = terms[terms[at.LIMIT_SIZE] + limit]
    units = 0
    place = 0
    while place < size:
        if (numbers[first + place] > 0) == active:
            length = 1 + stretch(terms, numbers, limit, place, 1, active)
            units += run_units(terms, limit, place, length)
            place += length
        else:
            place += 1
    return units
