"""Checks against encodings on random small worlds: the two halves of a rule are written apart and must agree."""

from __future__ import annotations

import random
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
LIMITS = {
    "minutes": (0, 3000),
    "rest": (60, 1440),
    "travel": (60, 240),
    "fairness": (0, 2),
    "sites": (1, 2),
    "weekends": (0, 1),
    "consecutive_weekends": (1, 1),
}


class World:
    """A random calendar, Alice, the shifts she may be given and those she is; `size` bounds the numbers of shifts.

    Drawn from one seed: dense worlds, in which rules do break, are rare when each detail is drawn on its own.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.random = random.Random(seed)
        start = self.random.choice((date(2026, 2, 20), date(2026, 12, 22))) + timedelta(days=self.random.randrange(14))
        self.calendar = Calendar(
            start=start,
            days=self.random.choice((1, 5, 10, 21)),
            week_start=self.random.randrange(7),
            known_before=self.random.choice((0, 1, 3, 12)),
            known_after=self.random.choice((0, 1, 3, 12)),
        )
        self.zero = (start - EPOCH).days * 1440
        last = self.calendar.days - 1
        self.demand = self.shifts("shift", self.random.randint(0, 2 * size), 0, last)
        spread = self.random.choice(((-9, -1), (-9, last + 8), (0, last), (last + 1, last + 8)))
        self.context = self.shifts("context", self.random.choice((0, 1, 3, size)), *spread)
        share = self.random.random()
        self.chosen = tuple(shift for shift in self.demand if self.random.random() < share)
        self.alice = self.person()

    def shifts(self, prefix: str, count: int, first: int, last: int) -> tuple[Shift, ...]:
        """So many shifts on days of a range, several a day and all overlaps allowed, in order of start."""
        found = [self.shift(f"{prefix}{number}", self.random.randint(first, last)) for number in range(count)]
        return tuple(sorted(found, key=lambda s: (s.start, s.end, s.id)))

    def shift(self, name: str, day: int) -> Shift:
        """One shift of some type on a day."""
        kind = self.random.choice("EEELLNNX" if self.random.random() < 0.3 else "ELN")
        clock, length, tags = TYPES[kind]
        midnight = self.zero + day * 1440
        start = midnight + clock + self.random.choice((0, 0, 0, 60, -120))
        return Shift(
            id=name,
            site=self.random.choice("abc"),
            type=kind,
            start=start,
            end=start + length,
            day=day,
            end_day=day + (start + length - 1 - midnight) // 1440,
            paid_minutes=length - self.random.choice((0, 30, 45)),
            tags=frozenset(tags),
            certifications=frozenset(self.random.sample(("guard", "first aid"), self.random.choice((0, 0, 1, 2)))),
            wanted_certifications=frozenset(self.random.sample(("dog",), self.random.choice((0, 1)))),
            sunday_minutes=self.random.choice((0, 120)),
            holiday_minutes=self.random.choice((0, 60)),
        )

    def span(self) -> tuple[int, int]:
        """A stretch of time somewhere around the roster, in minutes."""
        start = self.zero + self.random.randint(-2, self.calendar.days) * 1440 + self.random.randrange(1440)
        return start, start + self.random.choice((0, 300, 1440, 9000))

    def person(self) -> Staff:
        """Alice with all that rules read."""
        pick = self.random.choice
        return Staff(
            id="alice",
            name="Alice",
            rate_cents_per_hour=pick((0, 1550, 2100)),
            holdings=tuple(Holding(pick(("guard", "dog")), *self.span()) for _ in range(pick((0, 2, 5)))),
            absences=tuple(Absence(*self.span()) for _ in range(pick((0, 1, 3)))),
            wishes=tuple(
                Wish(*self.span(), pick((1.0, 2.5)), pick((True, False)), pick((None, "E", "N")))
                for _ in range(pick((0, 2, 4)))
            ),
            employed_from=pick((None, -3, 0, 2)),
            employed_until=pick((None, 4, 20)),
            home_site=pick((None, "a")),
            preferred_sites=pick((frozenset(), frozenset("b"))),
            barred_sites=pick((frozenset(), frozenset("c"))),
            context=self.context,
        )

    def rule(self, kind: str, **fixed: Any) -> BaseRule:
        """A random rule of the kind, by way of a row; `fixed` columns are given."""
        rule = registry.build(kind, start=self.calendar.start, **(self.row(kind) | fixed))
        if isinstance(rule, Fairness):
            rule = replace(rule, target=self.random.random() * (3000 if rule.measure == "minutes" else 5))
        return rule

    def row(self, kind: str) -> dict[str, Any]:
        """A row the kind accepts."""
        spec, pick = registry.KINDS[kind], self.random.choice
        row: dict[str, Any] = {"required": pick((True, False)), "weight": pick((1.0, 3.0))}
        if spec.dated and self.random.random() < 0.25:
            row["valid_from"] = self.calendar.date(self.random.randint(-5, 6))
            row["valid_until"] = row["valid_from"] + timedelta(days=self.random.randint(0, 12))
        if spec.scoped and self.random.random() < 0.4:
            row |= pick(({"tags": ["night"]}, {"shift_types": ["E", "L"]}))
        if spec.periods:
            row["period"] = pick(spec.periods)
            row["period_days"] = self.random.randint(1, 9) if row["period"] == "rolling" else None
        reads = [name for name in ("minimum", "maximum") if name in spec.columns]
        least, most = LIMITS.get(kind, (1, 4))
        low = self.random.randint(least, most)
        limits = {"minimum": low, "maximum": self.random.randint(low, most)}
        if len(reads) == 2:
            reads = pick((["minimum"], ["maximum"], reads))
        row |= {name: limits[name] for name in reads}
        if kind == "succession":
            row |= {"tags": ["night"], "then_types": ["E", "L"], "period_days": self.random.randint(1, 3)}
        if kind == "premium":
            row["tags"] = ["night"]
        return row


worlds = st.builds(World, seed=st.integers(0, 2**48), size=st.integers(1, 14))


@pytest.mark.parametrize("kind", registry.KINDS)
@given(world=worlds)
@settings(max_examples=200, deadline=None)
def test_check_and_encoding_agree_on_random_worlds(kind: str, world: World) -> None:
    assert_agrees(world.rule(kind), world.alice, world.calendar, world.demand, world.chosen)


@pytest.mark.parametrize("kind", registry.KINDS)
def test_random_worlds_are_wild_enough_for_the_rule_to_speak_up(kind: str) -> None:
    found = 0
    for seed in range(200):
        world = World(seed, size=12)
        rule = world.rule(kind)
        found += bool(rule.check(Timeline(world.alice, world.calendar, world.chosen)))
        assert_agrees(rule, world.alice, world.calendar, world.demand, world.chosen)
    assert found >= 15


@given(world=worlds)
@settings(max_examples=200, deadline=None)
def test_wages_and_stability_agree_with_their_encodings(world: World) -> None:
    pick = world.random.choice
    tiers = tuple(Overtime(pick((0, 600, 1200, 2400)), pick((25, 50.0))) for _ in range(pick((0, 1, 2))))
    cost = Cost(overtime=tiers, period=pick(("week", "month", "roster")), sunday_percent=50, holiday_percent=100)
    assert_agrees(cost, world.alice, world.calendar, world.demand, world.chosen)
    base = frozenset(world.random.sample(["shift0", "shift1", "shift2", "shift5", "deleted"], pick((0, 2, 4))))
    assert_agrees(Stability(base=base, weight=2.5), world.alice, world.calendar, world.demand, world.chosen)


MAXIMA = [kind for kind, spec in registry.KINDS.items() if spec.required is not False and not spec.pair]


@pytest.mark.parametrize("kind", MAXIMA)
@given(world=worlds)
@settings(max_examples=100, deadline=None)
def test_context_alone_never_breaks_a_required_maximum(kind: str, world: World) -> None:
    person, calendar = world.alice, world.calendar
    columns: dict[str, Any] = {"required": True}
    if {"minimum", "maximum"} <= registry.KINDS[kind].columns.keys():
        columns |= {"minimum": None, "maximum": world.random.randint(1, 3)}
    if kind == "complete_weekends":  # a weekend left half done by the roster before is this roster's to complete
        person = replace(person, context=tuple(s for s in person.context if s.day >= 0 and s.end_day < calendar.days))
    rule = world.rule(kind, **columns)
    assert rule.check(Timeline(person, calendar, ())) == []
    assert encoded(rule, person, calendar, world.demand, ()).broken == 0
