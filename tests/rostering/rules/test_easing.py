"""By how little a rule would have to give way: enough to be kept, and no more than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rostering.rules import registry
from rostering.rules.base import BasePairRule, BaseRule
from rostering.solver.easing import Easing
from rostering.solver.problem import Absence, Holding, Shift, Staff, Timeline
from tests.rostering.rules.test_encodings import World
from tests.rostering.rules.world import ALICE, calendar, night, rule, shift

LIMITS = ("minimum", "maximum", "minimum_minutes")
SUMS = ("minutes", "shifts", "days")
"""Kinds whose minimum no one more shift can break: it is left as it is."""
KINDS = [kind for kind, spec in registry.KINDS.items() if spec.required is not False]


def bound_by(staff: Staff, *rules: BaseRule) -> Staff:
    pairs, others = registry.split(rules)
    return replace(staff, pair_rules=pairs, rules=others)


def ease(one: BaseRule, work: Sequence[Shift], staff: Staff = ALICE) -> Easing | None:
    timeline = Timeline(bound_by(staff, one), calendar(), tuple(work))
    return one.ease(timeline)


def words(one: BaseRule, work: Sequence[Shift], staff: Staff = ALICE) -> str:
    found = ease(one, work, staff)
    assert found is not None
    return found.sentence


def mendable(kind: str, sentences: list[str]) -> bool:
    """Whether one change of the person surely silences the rule: overlaps stay forbidden, sums cannot be raised."""
    if len(sentences) > 1 or kind == "overlap" or "overlap" in sentences[0]:
        return False
    if kind == "certification":
        return not any(word in sentences[0] for word in (" or ", " and ", ";"))
    return not ("at least" in sentences[0] and kind in SUMS)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**48))
def test_an_eased_rule_is_kept_and_would_not_be_with_less(kind: str, seed: int) -> None:
    world = World(seed, size=5)
    one = world.rule(kind, required=True)
    timeline = Timeline(bound_by(world.alice, one), world.calendar, world.chosen)
    found = one.check(timeline)
    easing = one.ease(timeline)
    if not found:
        assert easing is None or isinstance(one, BasePairRule)
        return
    if easing is None:
        assert not mendable(kind, [match.sentence for match in found])
        return
    assert easing.size > 0 or easing.kind == "leave"
    assert easing.sentence.endswith(".") and "Alice" in easing.sentence
    after = Timeline(easing.staff, world.calendar, world.chosen)
    kept = [other for other in (*easing.staff.pair_rules, *easing.staff.rules) if other.kind == kind]
    said = [match.sentence for other in kept for match in other.check(after)]
    assert not [sentence for sentence in said if kind not in SUMS or "at most" in sentence]
    for eased in kept:
        for name in LIMITS if not isinstance(one, BasePairRule) else ():
            before, now = getattr(one, name, None), getattr(eased, name, None)
            if before is None or now is None or now == before:
                continue
            less = replace(eased, **{name: now + (1 if now < before else -1)})  # type: ignore[type-var]  # a dataclass
            assert less.check(timeline), f"{name} need not have moved from {before} to {now}"


def test_hours_a_week_give_way_by_what_the_fullest_week_holds() -> None:
    week = rule("minutes", maximum=2400, period="week")
    easing = ease(week, [shift(day, hours=11) for day in range(4)])
    assert easing is not None and easing.size == pytest.approx(0.1)
    assert easing.sentence == "Allow Alice 44 h in Mon 2 Mar – Sun 8 Mar instead of at most 40 h."


def test_rest_gives_way_to_what_is_left_but_never_to_an_overlap() -> None:
    eleven = rule("rest", minimum=660)
    assert words(eleven, [shift(0, clock="08:00", hours=12), shift(1, clock="06:30")]) == (
        "Allow Alice 10 h 30 min rest between D on Mon 2 Mar and D on Tue 3 Mar instead of at least 11 h."
    )
    assert ease(eleven, [shift(0), shift(0, "E", "10:00")]) is None
    assert ease(rule("overlap"), [shift(0), shift(0, "E", "10:00")]) is None


def test_days_in_a_row_weekends_and_sites_are_counted() -> None:
    five = rule("consecutive_days", maximum=5)
    assert words(five, [shift(day) for day in range(6)]) == (
        "Allow Alice 6 days of work in a row, Mon 2 Mar – Sat 7 Mar, instead of at most 5."
    )
    pair = rule("consecutive_days", minimum=2)
    known = replace(calendar(), known_before=7, known_after=7)
    lone = Timeline(bound_by(ALICE, pair), known, (shift(3),))
    easing = pair.ease(lone)
    assert easing is not None
    assert easing.sentence == "Allow Alice 1 day of work in a row, Thu 5 Mar, instead of at least 2."
    assert words(rule("consecutive_days_off", minimum=2), [shift(0), shift(2)]) == (
        "Allow Alice 1 day off in a row, Tue 3 Mar, instead of at least 2."
    )
    assert words(rule("sites", maximum=1, period="week"), [shift(0), shift(1, site="harbor")]) == (
        "Allow Alice 2 different sites in Mon 2 Mar – Sun 8 Mar instead of at most 1."
    )


def test_a_rule_without_a_number_gives_way_as_a_whole_where_it_is_broken_once() -> None:
    free = rule("succession", tags=["night"], then_types=["E"], period_days=1)
    assert words(free, [night(0), shift(1, "E")]) == (
        "Make an exception from “Succession (night → E)” for Alice: E on Tue 3 Mar follows N on Mon 2 Mar within 1 day."
    )
    assert ease(free, [night(0), shift(1, "E"), night(3), shift(4, "E")]) is None


def test_leave_is_lifted_for_the_shift_alone() -> None:
    work = shift(1)
    away = replace(ALICE, absences=(Absence(work.start - 600, work.end + 600, "Annual leave"),))
    easing = ease(rule("availability"), [work], away)
    assert easing is not None and (easing.kind, easing.size) == ("leave", 8)
    assert easing.sentence == "Ask Alice to work despite “Annual leave” (D1)."
    assert [(a.start, a.end) for a in easing.staff.absences] == [
        (work.start - 600, work.start),
        (work.end, work.end + 600),
    ]


def test_one_certification_is_granted_or_renewed_and_never_two() -> None:
    work = replace(shift(1), certifications=frozenset({"DOG", "GUARD"}))
    runs_out = Holding("GUARD", work.start - 900, work.end - 60)
    dog = Holding("DOG", work.start, work.end)
    asked = rule("certification")
    assert words(asked, [work], replace(ALICE, holdings=(dog,))) == "Have Alice certified with GUARD (D1)."
    renewal = ease(asked, [work], replace(ALICE, holdings=(dog, runs_out)))
    assert renewal is not None and renewal.size == 0.5
    assert renewal.sentence == "Renew GUARD of Alice before it runs out (D1)."
    assert ease(asked, [work], ALICE) is None


def test_sites_open_and_employment_is_stretched() -> None:
    work = shift(3)
    barred = replace(ALICE, barred_sites=frozenset({"gate"}))
    elsewhere = replace(ALICE, allowed_sites=frozenset({"harbor"}))
    assert words(rule("site_access"), [work], barred) == "Lift the bar that keeps Alice from the site (D3)."
    assert words(rule("site_access"), [work], elsewhere) == "Allow Alice at the site (D3)."
    later, gone = replace(ALICE, employed_from=5), replace(ALICE, employed_until=2)
    assert words(rule("employment"), [work], later) == "Employ Alice from 2 days earlier (D3)."
    assert words(rule("employment"), [work], gone) == "Keep Alice employed for 1 day longer (D3)."
