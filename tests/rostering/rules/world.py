"""Alice's little world: shifts by day and clock time, her timeline, and what rules say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rostering.rules import registry
from rostering.rules.base import BasePairRule, BaseRule
from rostering.solver.primitives import Finding, evaluate
from rostering.solver.problem import Calendar, Match, Problem, Shift, Staff, Timeline, View

MONDAY = date(2026, 3, 2)
UTC = "UTC"
ALICE = Staff(id="alice", name="Alice", rate_cents_per_hour=1500)


def calendar(days: int = 14, start: date = MONDAY, **known: int) -> Calendar:
    """Two weeks from a Monday, nothing known around them unless said."""
    return Calendar(start=start, days=days, **known)


def shift(
    day: int,
    kind: str = "D",
    clock: str = "08:00",
    hours: float = 8,
    *,
    site: str = "gate",
    tags: Iterable[str] = (),
    start: date = MONDAY,
    zone: str = UTC,
    suffix: str = "",
    **more: Any,
) -> Shift:
    """A shift that starts on a day of the roster at a local clock time and lasts so many hours on the wall clock."""
    hour, minute = map(int, clock.split(":"))
    tz = ZoneInfo(zone)
    begins = datetime.combine(start + timedelta(days=day), datetime.min.time(), tz).replace(hour=hour, minute=minute)
    ends = (begins.replace(tzinfo=None) + timedelta(hours=hours)).replace(tzinfo=tz)
    first, last = (round(moment.timestamp() / 60) for moment in (begins, ends))
    end_day = ((ends.replace(tzinfo=None) - timedelta(minutes=1)).date() - start).days
    return Shift(
        id=f"{kind}{day}{suffix}",
        site=site,
        type=kind,
        start=first,
        end=last,
        day=day,
        end_day=end_day,
        tags=frozenset(tags),
        **{"paid_minutes": last - first, **more},
    )


def night(day: int, **more: Any) -> Shift:
    """22:00 to 06:00, tagged `night`."""
    return shift(day, "N", "22:00", 8, tags=("night",), **more)


def rule(kind: str, **columns: Any) -> BaseRule:
    """A rule built the way the database does."""
    return registry.build(kind, start=MONDAY, **columns)


def check(
    subject: BaseRule,
    assigned: Iterable[Shift],
    context: Iterable[Shift] = (),
    over: Calendar | None = None,
    staff: Staff = ALICE,
) -> list[Match]:
    """What the rule finds; asserts on the way that its encoding says the same."""
    over = over or calendar()
    person = replace(staff, context=tuple(context)) if context else staff
    chosen = tuple(sorted(assigned, key=lambda s: (s.start, s.end, s.id)))
    found = subject.check(Timeline(person, over, chosen))
    assert_agrees(subject, person, over, chosen, chosen)
    return found


def sentences(subject: BaseRule, assigned: Iterable[Shift], *args: Any, **kwargs: Any) -> list[str]:
    """The sentences of what the rule finds."""
    return [match.sentence for match in check(subject, assigned, *args, **kwargs)]


def encoded(
    subject: BaseRule, person: Staff, over: Calendar, shifts: Sequence[Shift], chosen: Iterable[Shift]
) -> Finding:
    """What the rule's encoding says of a choice among these shifts."""
    problem = Problem(over, tuple(shifts), (person,))
    view = View(problem, person, tuple(range(len(problem.shifts))))
    positions = frozenset(problem.shift_index[s.id] for s in chosen)
    return evaluate(subject.encode(view), positions, problem.shifts)


def assert_agrees(
    subject: BaseRule, person: Staff, over: Calendar, shifts: Sequence[Shift], chosen: Sequence[Shift]
) -> None:
    """The checker's verdict and the encoding's are the same: legality, points and money."""
    matches = subject.check(Timeline(person, over, tuple(chosen)))
    finding = encoded(subject, person, over, shifts, chosen)
    assert (finding.broken > 0) == any(match.required for match in matches), (finding, matches)
    assert abs(finding.points - sum(match.cost for match in matches)) < 1e-6, (finding, matches)
    cents = sum(match.amount for match in matches if match.rule == "cost")
    assert abs(finding.cents - cents) < 1e-6, (finding, matches)


def objection(subject: BaseRule, staff: Staff, work: Shift) -> str | None:
    """What a rule on single shifts says of one."""
    assert isinstance(subject, BasePairRule)
    return subject.objection(staff, work)
