"""Checks against encodings on random small worlds: the two halves of a rule are written apart and must agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rostering.rules import registry
from rostering.rules.base import BaseRule
from rostering.rules.cost import Cost, Overtime
from rostering.rules.fairness import Fairness
from rostering.rules.stability import Stability
from rostering.solver.problem import Absence, Calendar, Holding, Shift, Staff, Timeline, Wish
from tests.rostering.rules.world import assert_agrees, encoded

EPOCH = date(1970, 1, 1)
TYPES = {"E": (360, 480, ("early",)), "L": (840, 510, ("late",)), "N": (1320, 480, ("night",)), "X": (420, 2100, ())}

calendars = st.builds(
    Calendar,
    start=st.dates(date(2026, 2, 20), date(2026, 3, 8)) | st.dates(date(2026, 12, 20), date(2027, 1, 5)),
    days=st.integers(1, 12),
    week_start=st.integers(0, 6),
    known_before=st.integers(0, 9),
    known_after=st.integers(0, 9),
)


@st.composite
def shifts(draw: st.DrawFn, calendar: Calendar, first: int, last: int, prefix: str, most: int) -> tuple[Shift, ...]:
    """Shifts of a few types on days of a range, several a day allowed, in order of start."""
    found = []
    for number in range(draw(st.integers(0, most))):
        day = draw(st.integers(first, last))
        kind = draw(st.sampled_from("EELLNNX"))
        clock, length, tags = TYPES[kind]
        zero = ((calendar.start - EPOCH).days + day) * 1440
        start = zero + clock + draw(st.sampled_from((0, 0, 0, 60, -120)))
        end = start + length
        found.append(
            Shift(
                id=f"{prefix}{number}",
                site=draw(st.sampled_from("abc")),
                type=kind,
                start=start,
                end=end,
                day=day,
                end_day=day + (end - 1 - zero) // 1440,
                paid_minutes=length - draw(st.sampled_from((0, 30, 45))),
                tags=frozenset(tags),
                certifications=frozenset(draw(st.sets(st.sampled_from(("guard", "first aid")), max_size=1))),
                sunday_minutes=draw(st.sampled_from((0, 120))),
                holiday_minutes=draw(st.sampled_from((0, 60))),
            )
        )
    return tuple(sorted(found, key=lambda s: (s.start, s.end, s.id)))


@st.composite
def people(draw: st.DrawFn, calendar: Calendar) -> Staff:
    """Alice with work before, after and at other sites during the roster, wishes, leave and certifications."""
    zero = (calendar.start - EPOCH).days * 1440
    moments = st.integers(zero - 2880, zero + (calendar.days + 2) * 1440)
    wish = st.builds(
        Wish,
        start=moments,
        end=moments,
        weight=st.sampled_from((1.0, 2.5)),
        wanted=st.booleans(),
        shift_type=st.sampled_from((None, "E", "N")),
    )
    return Staff(
        id="alice",
        name="Alice",
        rate_cents_per_hour=draw(st.sampled_from((0, 1550))),
        holdings=tuple(draw(st.lists(st.builds(Holding, st.just("guard"), moments, moments), max_size=2))),
        absences=tuple(draw(st.lists(st.builds(Absence, moments, moments), max_size=2))),
        wishes=tuple(draw(st.lists(wish, max_size=3))),
        employed_from=draw(st.sampled_from((None, -3, 0, 2))),
        employed_until=draw(st.sampled_from((None, 4, 20))),
        home_site=draw(st.sampled_from((None, "a"))),
        preferred_sites=draw(st.sampled_from((frozenset(), frozenset("b")))),
        barred_sites=draw(st.sampled_from((frozenset(), frozenset("c")))),
        context=draw(shifts(calendar, -9, calendar.days + 8, "context", 10)),
    )


def columns_of(draw: st.DrawFn, kind: str, calendar: Calendar) -> dict[str, Any]:
    """A row the kind accepts."""
    spec = registry.KINDS[kind]
    row: dict[str, Any] = {"required": draw(st.booleans()), "weight": draw(st.sampled_from((1.0, 3.0)))}
    if spec.dated and draw(st.integers(0, 3)) == 0:
        row["valid_from"] = calendar.start + timedelta(days=draw(st.integers(-5, 6)))
        row["valid_until"] = row["valid_from"] + timedelta(days=draw(st.integers(0, 9)))
    if spec.scoped and draw(st.booleans()):
        row.update(draw(st.sampled_from(({"tags": ["night"]}, {"shift_types": ["E", "L"]}))))
    if spec.periods:
        row["period"] = draw(st.sampled_from(spec.periods))
        if row["period"] == "rolling":
            row["period_days"] = draw(st.integers(1, 9))
    scale = 60 if spec.units.get("minimum") == "minutes" else 1
    most = {"minutes": 3000, "rest": 1440, "travel": 240, "fairness": 2}.get(kind, 5)
    low = draw(st.integers(spec.least.get("minimum", 0), most // scale)) * scale
    high = low + draw(st.integers(0, most // scale)) * scale
    limits = {"minimum": low, "maximum": max(high, spec.least.get("maximum", 0))}
    reads = [name for name in limits if name in spec.columns]
    if len(reads) == 2:
        reads = draw(st.sampled_from((["minimum"], ["maximum"], reads)))
    row.update({name: limits[name] for name in reads})
    if kind == "succession":
        row |= {"tags": ["night"], "then_types": ["E", "L"], "period_days": draw(st.integers(1, 3))}
    if kind == "premium":
        row["tags"] = ["night"]
    return row


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Calendar, Staff, tuple[Shift, ...], tuple[Shift, ...]]:
    """A calendar, Alice, the shifts she may be given, and those she is."""
    calendar = draw(calendars)
    person = draw(people(calendar))
    demand = draw(shifts(calendar, 0, calendar.days - 1, "shift", 12))
    chosen = draw(st.sets(st.sampled_from(demand))) if demand else set()
    return calendar, person, demand, tuple(sorted(chosen, key=lambda s: (s.start, s.end, s.id)))


@pytest.mark.parametrize("kind", registry.KINDS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_check_and_encoding_agree_on_random_worlds(kind: str, data: st.DataObject) -> None:
    calendar, person, demand, chosen = data.draw(worlds())
    rule: BaseRule = registry.build(kind, start=calendar.start, **data.draw(rows(kind, calendar)))
    if isinstance(rule, Fairness):
        rule = replace(rule, target=data.draw(st.floats(0, 3000 if rule.measure == "minutes" else 5)))
    assert_agrees(rule, person, calendar, demand, chosen)


@st.composite
def rows(draw: st.DrawFn, kind: str, calendar: Calendar) -> dict[str, Any]:
    """Rows of one kind."""
    return columns_of(draw, kind, calendar)


@given(world=worlds(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_wages_and_stability_agree_with_their_encodings(
    world: tuple[Calendar, Staff, tuple[Shift, ...], tuple[Shift, ...]], data: st.DataObject
) -> None:
    calendar, person, demand, chosen = world
    tiers = data.draw(st.lists(st.builds(Overtime, st.integers(0, 2400), st.sampled_from((25, 50.0))), max_size=2))
    period = data.draw(st.sampled_from(("week", "month", "roster")))
    cost = Cost(overtime=tuple(tiers), period=period, sunday_percent=50, holiday_percent=100)
    assert_agrees(cost, person, calendar, demand, chosen)
    base = frozenset(data.draw(st.sets(st.sampled_from(["shift0", "shift1", "shift5", "deleted"]))))
    assert_agrees(Stability(base=base, weight=2.5), person, calendar, demand, chosen)


MAXIMA = [kind for kind, spec in registry.KINDS.items() if spec.required is not False and not spec.pair]


@pytest.mark.parametrize("kind", MAXIMA)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_context_alone_never_breaks_a_required_maximum(kind: str, data: st.DataObject) -> None:
    calendar, person, demand, _ = data.draw(worlds())
    columns = data.draw(rows(kind, calendar)) | {"required": True}
    if "maximum" in registry.KINDS[kind].columns:
        columns |= {"minimum": None, "maximum": columns.get("maximum") or registry.KINDS[kind].least.get("maximum", 0)}
    if kind == "complete_weekends":  # a weekend left half done by the roster before is this roster's to complete
        person = replace(person, context=tuple(s for s in person.context if s.day >= 0 and s.end_day < calendar.days))
    rule = registry.build(kind, start=calendar.start, **columns)
    assert rule.check(Timeline(person, calendar, ())) == []
    assert encoded(rule, person, calendar, demand, ()).broken == 0
