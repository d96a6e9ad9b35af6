"""Small problems for the solver's tests, a rule stated directly in primitives, and brute force over all rosters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

from rostering.solver.checker import judge
from rostering.solver.primitives import Finding, Gap, Primitive, Run, Tier, Total
from rostering.solver.problem import Calendar, Match, Problem, Shift, Staff, Timeline, View
from rostering.solver.result import Judgement

MONDAY = date(2026, 3, 2)
DAY = 1440
HOUR = 60


@dataclass(frozen=True)
class Stated:
    """A rule given by its primitives; `check` judges by their reference meaning, one match per primitive at fault."""

    primitives: tuple[Primitive, ...]
    shifts: tuple[Shift, ...]
    kind: str = "stated"
    label: str = "Stated"
    required: bool = True
    weight: float = 1.0

    def encode(self, view: View) -> Iterable[Primitive]:
        """The primitives as they are."""
        return self.primitives

    def check(self, timeline: Timeline) -> list[Match]:
        """What each primitive says of the shifts assigned."""
        place = {shift.id: index for index, shift in enumerate(self.shifts)}
        chosen = frozenset(place[shift.id] for shift in timeline.assigned)
        found = []
        for primitive in self.primitives:
            finding: Finding = primitive.evaluate(chosen, self.shifts)
            name, staff = type(primitive).__name__, timeline.staff.id
            if finding.broken:
                found.append(Match(self.kind, name, True, staff, f"{name} broken", 0.0, finding.broken))
            if finding.points:
                found.append(Match(self.kind, name, False, staff, f"{name} costs", finding.points))
            if finding.cents:
                found.append(Match("cost", "Wages", False, staff, f"{name} pays", 0.0, finding.cents))
        return found


@dataclass(frozen=True)
class Barred:
    """A required pair rule: these (staff, shift) pairs may not be."""

    pairs: frozenset[tuple[str, str]]
    kind: str = "barred"
    label: str = "Barred"
    required: bool = True
    weight: float = 1.0

    def objection(self, staff: Staff, shift: Shift) -> str | None:
        """A sentence for barred pairs."""
        return f"{staff.name} is barred from {shift.id}." if (staff.id, shift.id) in self.pairs else None

    def encode(self, view: View) -> Iterable[Primitive]:
        """Pair rules state nothing."""
        return ()

    def check(self, timeline: Timeline) -> list[Match]:
        """Pair rules are judged by their objection."""
        return []


def day_shift(day: int, *, kind: str = "D", start: int = 8, hours: int = 8, **more: Any) -> Shift:
    """A shift of so many hours from a clock hour, id `D0` and so on."""
    begin = day * DAY + start * HOUR
    end = begin + hours * HOUR
    defaults: dict[str, Any] = {
        "id": f"{kind}{day}",
        "site": "gate",
        "type": kind,
        "start": begin,
        "end": end,
        "day": day,
        "end_day": (end - 1) // DAY,
        "paid_minutes": hours * HOUR,
    }
    return Shift(**{**defaults, **more})


def in_order(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """As a problem wants them."""
    return tuple(sorted(shifts, key=lambda shift: (shift.start, shift.end, shift.id)))


def crew(names: str, shifts: tuple[Shift, ...], primitives: Sequence[Primitive] = (), **more: Any) -> tuple[Staff, ...]:
    """One person per letter, each bound by no overlap, 11 hours of rest and the primitives given."""
    rest = Gap(dict.fromkeys(range(len(shifts)), 11 * HOUR), None)
    rule = Stated((rest, *primitives), shifts)
    return tuple(Staff(id=name, name=name.title(), rules=(rule,), **more) for name in names)


def problem(shifts: Iterable[Shift], staff: tuple[Staff, ...], days: int | None = None, **more: Any) -> Problem:
    """A problem over as many days as the shifts need."""
    ordered = in_order(shifts)
    length = days or max((shift.day for shift in ordered), default=0) + 1
    return Problem(Calendar(MONDAY, length), ordered, staff, **more)


def ward(people: int = 12, days: int = 14, need: int = 3) -> Problem:
    """A ward that is easy to staff but not trivially: early, late and night, hours between limits, runs of work."""
    kinds = (("E", 6), ("L", 14), ("N", 22))
    shifts = in_order(
        day_shift(day, kind=kind, start=start, headcount=need if kind != "N" else max(1, need - 1), over_cost=20.0)
        for day in range(days)
        for kind, start in kinds
    )
    minutes = {index: shift.paid_minutes for index, shift in enumerate(shifts)}
    per_day = tuple(frozenset(i for i, shift in enumerate(shifts) if shift.day == day) for day in range(days))
    primitives: list[Primitive] = [
        Total(
            minutes,
            (Tier(days * 8 * HOUR * 5 // 7, None),),
            (Tier(days * 8 * HOUR * 3 // 7, None),),
            0,
            False,
            0,
            days - 1,
        ),
        Run(per_day, (False,) * days, 5, 2, None),
        Run(per_day, (False,) * days, None, 2, 15.0, idle=True),
    ]
    names = [chr(ord("a") + number) for number in range(people)]
    return problem(shifts, tuple(replace(crew(name, shifts, primitives)[0], name=name.title()) for name in names), days)


def brute_force(problem: Problem) -> Judgement:
    """The best judgement over every roster: fewest required rules broken, then the lowest objective."""
    best: Judgement | None = None
    pairs = [(staff.id, shift.id) for staff in problem.staff for shift in problem.shifts]
    free = [pair for pair in pairs if pair not in problem.pins]
    for picks in product((False, True), repeat=len(free)):
        roster = {pair for pair, taken in zip(free, picks, strict=True) if taken} | set(problem.pins)
        verdict = judge(problem, roster)
        if best is None or rank(verdict) < rank(best):
            best = verdict
    assert best is not None
    return best


def rank(verdict: Judgement) -> tuple[float, float]:
    """How good a judgement is; lower is better."""
    return sum(match.amount for match in verdict.broken), verdict.objective
