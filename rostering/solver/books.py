"""One person's work in the making, with what each of their limits says of it: changes cost only what they touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rostering.solver.compile import Compiled, Person
from rostering.solver.primitives import (
    Distinct,
    Finding,
    Forbid,
    Gap,
    Linear,
    Primitive,
    Run,
    Succession,
    Tier,
    Together,
    Total,
)

Words = tuple[float, float, float]
"""What a limit says: units broken, points, cents."""
SILENT: Words = (0.0, 0.0, 0.0)
News = list[tuple[int, Words, float | int]]
"""What limits, by number, say now, and their new sums."""
KEPT_WORDS = 20_000
"""Words a limit remembers by the groups active."""


class Books:
    """`chosen` are the person's shifts (positions), `said` what each limit says of them.

    `sums` holds each limit's total so far, or its active groups as bits.
    """

    def __init__(self, compiled: Compiled, person: Person, chosen: frozenset[int]) -> None:
        self.compiled, self.person = compiled, person
        self.limits = sorted(person.limits, key=_effort)
        self.totals = [limit if isinstance(limit, Total) else None for limit in self.limits]
        self.everywhere: list[int] = []
        self.touching: dict[int, list[int]] = {}
        for number, limit in enumerate(self.limits):
            shifts = _touched(limit)
            if shifts is None:
                self.everywhere.append(number)
            else:
                for shift in shifts:
                    self.touching.setdefault(shift, []).append(number)
        self.masks = [_mask_of(limit) for limit in self.limits]
        self.chosen = chosen
        self.said = [_words(limit.evaluate(chosen, compiled.shifts)) for limit in self.limits]
        self.sums: list[float | int] = [
            t.offset + sum(t.values.get(s, 0) for s in chosen) if t else m.active(chosen) if m else 0.0
            for t, m in zip(self.totals, self.masks, strict=True)
        ]

    def weigh(self, add: frozenset[int], drop: frozenset[int]) -> tuple[Words, News] | None:
        """What a change would change: units broken, points and cents; and the limits' new words.

        None when it breaks more than before; an elastic person may break one limit while mending another as much.
        """
        person, shifts, said = self.person, self.compiled.shifts, self.said
        after = (self.chosen - drop) | add
        points = sum(person.points[s] for s in add) - sum(person.points[s] for s in drop)
        cents = sum(person.cents.get(s, 0.0) for s in add) - sum(person.cents.get(s, 0.0) for s in drop)
        broken = 0.0
        news: News = []
        for number in self._touched_by(add, drop):
            total, mask = self.totals[number], self.masks[number]
            amount: float | int = 0.0
            if total is not None:
                values = total.values
                amount = self.sums[number]
                amount += sum(values.get(s, 0) for s in add) - sum(values.get(s, 0) for s in drop)
                now = _of_total(total, amount)
            elif mask is not None:
                amount = mask.with_more(int(self.sums[number]), add) if not drop else mask.active(after)
                now = mask.words(int(amount))
            else:
                now = _words(self.limits[number].evaluate(after, shifts))
            before = said[number]
            if now == before and total is None and mask is None:
                continue
            if now[0] > before[0] and not person.elastic:
                return None
            broken += now[0] - before[0]
            points += now[1] - before[1]
            cents += now[2] - before[2]
            news.append((number, now, amount))
        return ((broken, points, cents), news) if broken <= 0 else None

    def _touched_by(self, add: frozenset[int], drop: frozenset[int]) -> Iterable[int]:
        if len(add) + len(drop) == 1:
            (shift,) = add | drop
            return (*self.touching.get(shift, ()), *self.everywhere)
        found = {number for shift in add | drop for number in self.touching.get(shift, ())}
        return (*sorted(found), *self.everywhere)

    def change(self, add: frozenset[int], drop: frozenset[int], news: News) -> None:
        """Make a change that was weighed."""
        self.chosen = (self.chosen - drop) | add
        for number, words, amount in news:
            self.said[number], self.sums[number] = words, amount

    def cost(self, change: Words) -> float:
        """A change in what the searches minimize."""
        compiled = self.compiled
        return change[1] + compiled.problem.cost_weight * change[2] + compiled.breach * change[0]


class _Mask:
    """A limit on groups of shifts, with active groups as bits: slots of a run, groups of a count, sets of groups."""

    def __init__(
        self, limit: Run | Distinct | Together, groups: Sequence[frozenset[int]], fixed: Iterable[bool]
    ) -> None:
        self.limit = limit
        self.fixed = sum(1 << number for number, state in enumerate(fixed) if state)
        self.end = 1 << len(groups)
        self.bits: dict[int, int] = {}
        for number, group in enumerate(groups):
            for shift in group:
                self.bits[shift] = self.bits.get(shift, 0) | 1 << number
        self.known: dict[int, Words] = {}
        self.sets: list[int] = []
        if isinstance(limit, Together):
            start = 0
            for members in limit.sets:
                self.sets.append(((1 << len(members)) - 1) << start)
                start += len(members)

    def active(self, chosen: frozenset[int]) -> int:
        """The groups active with these shifts."""
        return self.with_more(self.fixed, chosen)

    def with_more(self, mask: int, chosen: frozenset[int]) -> int:
        """The groups active when these shifts are worked besides."""
        bits = self.bits
        for shift in chosen:
            if shift in bits:
                mask |= bits[shift]
        return mask

    def words(self, mask: int) -> Words:
        """Same as the limit's `evaluate` of shifts that make these groups active."""
        known = self.known.get(mask)
        if known is None:
            if len(self.known) >= KEPT_WORDS:
                self.known.clear()
            known = self.known[mask] = self._words(mask)
        return known

    def _words(self, mask: int) -> Words:
        limit = self.limit
        if isinstance(limit, Distinct):
            return _of_tiers(limit.over, limit.under, mask.bit_count())
        if isinstance(limit, Together):
            units = sum(1 for members in self.sets if 0 < mask & members < members)
        else:
            units = self._run_units(limit, mask)
        if not units:
            return SILENT
        return (float(units), 0.0, 0.0) if limit.cost is None else (0.0, units * limit.cost, 0.0)

    def _run_units(self, run: Run, mask: int) -> int:
        text = format(mask | self.end, "b")[:0:-1]
        units = start = 0
        last = len(text)
        for piece in text.split("1" if run.idle else "0"):
            length = len(piece)
            if length:
                tolerated = (start, length) in run.tolerated
                units += run.units(length, start == 0, start + length == last, tolerated)
            start += length + 1
        return units


def _mask_of(limit: Primitive) -> _Mask | None:
    if isinstance(limit, Run):
        return _Mask(limit, limit.slots, limit.fixed)
    if isinstance(limit, Distinct):
        return _Mask(limit, limit.groups, limit.fixed)
    if isinstance(limit, Together):
        groups = [group for members in limit.sets for group in members]
        return _Mask(limit, groups, [state for states in limit.fixed for state in states])
    return None


def _words(finding: Finding) -> Words:
    return finding.broken, finding.points, finding.cents


def _of_total(total: Total, amount: float) -> Words:
    """`Total.evaluate` for a sum already known."""
    broken, price, _ = _of_tiers(total.over, total.under, amount)
    return (broken, 0.0, price) if total.cents else (broken, price, 0.0)


def _of_tiers(over: Iterable[Tier], under: Iterable[Tier], amount: float) -> Words:
    broken = price = 0.0
    for tier in over:
        if amount > tier.threshold:
            if tier.cost is None:
                broken += amount - tier.threshold
            else:
                price += (amount - tier.threshold) * tier.cost
    for tier in under:
        if amount < tier.threshold:
            if tier.cost is None:
                broken += tier.threshold - amount
            else:
                price += (tier.threshold - amount) * tier.cost
    return broken, price, 0.0


def _effort(limit: Primitive) -> int:
    """Limits that are quick to ask and often say no come first."""
    return (Total, Gap, Succession, Run, Distinct, Together, Linear, Forbid).index(type(limit))


def _touched(limit: Primitive) -> Iterable[int] | None:
    """The shifts a limit looks at; None for those that look at all."""
    if isinstance(limit, Total):
        return limit.values
    if isinstance(limit, Succession):
        return limit.first | limit.then
    if isinstance(limit, Distinct):
        return frozenset().union(*limit.groups)
    if isinstance(limit, Run):
        return frozenset().union(*limit.slots)
    if isinstance(limit, Together):
        return frozenset().union(*(group for groups in limit.sets for group in groups))
    return None
