"""Open places as a scheduler meets them, each with the change that fills it in the words that are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from rostering.rules import registry
from rostering.rules.base import BaseRule
from rostering.rules.cost import Cost
from rostering.solver.checker import judge
from rostering.solver.explain import score
from rostering.solver.neighborhood import OutOfTimeError
from rostering.solver.problem import Absence, Holding, Problem, Shift, Staff
from rostering.solver.remedies import all_remedies, remedies
from rostering.solver.remedy import Found
from rostering.solver.standing import Standing
from tests.rostering.solver.worlds import day_shift, in_order, problem

ONE_A_DAY = registry.build("one_shift_per_day")
WEEK = registry.build("minutes", maximum=960, period="week")


def person(name: str, *rules: BaseRule, **more: Any) -> Staff:
    """Somebody under the rules that bind everybody, and these."""
    pairs, others = registry.split([*registry.defaults(), *rules])
    return Staff(id=name.lower(), name=name, pair_rules=pairs, rules=others, **more)


def barred(name: str, *sites: str, **more: Any) -> Staff:
    """Somebody who may not work at some sites."""
    return person(name, ONE_A_DAY, barred_sites=frozenset(sites), **more)


def standing(world: Problem, *roster: str) -> Standing:
    """The roster given as `ann D0`."""
    pairs = frozenset((staff, shift) for staff, shift in (entry.split() for entry in roster))
    return Standing(world, pairs, judge(world, pairs))


def said(found: Found) -> list[tuple[str, str]]:
    return [(remedy.kind, remedy.sentence) for remedy in found.remedies]


def world(shifts: Iterable[Shift], *staff: Staff, **more: Any) -> Problem:
    return problem(in_order(shifts), staff, **more)


EARLY, LATE = day_shift(0, kind="E", start=6, site="gate"), day_shift(0, kind="L", start=14, site="harbor")


def test_somebody_who_could_simply_take_it_is_named_and_nothing_else_is() -> None:
    found = remedies(standing(world([EARLY], person("Ann"))), "E0")
    assert said(found) == [("move", "Ann takes the place; nothing else changes.")]
    assert found.thorough and found.remedies[0].points == -1000


def test_a_chain_of_three_fills_the_place_without_any_rule_giving_way() -> None:
    """Ann alone may take the night, Ben alone what Ann leaves, Cleo alone what Ben leaves."""
    night = day_shift(0, kind="N", start=22, site="vault")
    ann, ben, cleo = barred("Ann"), barred("Ben", "vault"), barred("Cleo", "vault", "gate")
    place = standing(world([EARLY, LATE, night], ann, ben, cleo), "ann E0", "ben L0")
    found = remedies(place, "N0")
    sentence = "Ann takes the place; Ben takes E0 from Ann; Cleo takes L0 from Ben."
    assert said(found) == [("move", sentence)]
    assert found.remedies[0].moved == 2
    assert remedies(place, "N0", deep=False).remedies[0].kind == "limit", "nobody is moved without solving again"
    assert not remedies(place, "N0", deep=False).thorough


def test_the_chain_with_the_fewest_moves_is_told() -> None:
    ann, ben = barred("Ann"), barred("Ben", "harbor")
    others = [barred(name, "harbor") for name in ("Cleo", "Dora", "Emil")]
    found = remedies(standing(world([EARLY, LATE], ann, ben, *others), "ann E0"), "L0")
    assert found.remedies[0].moved == 1


def test_a_limit_gives_way_by_as_little_as_the_place_needs() -> None:
    work = [day_shift(0), day_shift(1), day_shift(2, hours=4)]
    found = remedies(standing(world(work, person("Ann", WEEK)), "ann D0", "ann D1"), "D2")
    kind, sentence = said(found)[0]
    assert kind == "limit"
    assert sentence == (
        "Allow Ann 20 h in Mon 2 Mar – Sun 8 Mar instead of at most 16 h. Ann takes the place; nothing else changes."
    )
    assert found.remedies[0].size == pytest.approx(0.25)


def test_of_two_limits_the_smaller_share_gives_way() -> None:
    longer = registry.build("minutes", maximum=1200, period="week")
    work = [day_shift(0), day_shift(1), day_shift(2, headcount=2)]
    ann, ben = person("Ann", WEEK), person("Ben", longer)
    found = remedies(standing(world(work, ann, ben), "ann D0", "ben D0", "ann D1", "ben D1", "ann D2"), "D2")
    assert said(found)[0][1].startswith("Allow Ben 24 h")


def test_one_change_and_moves_together_fill_what_neither_does_alone() -> None:
    """Ann lacks the license and is busy; Ben may take over what she is busy with."""
    guarded = day_shift(0, kind="L", start=8, certifications=frozenset({"DOG"}))
    ann, ben = barred("Ann"), barred("Ben", "harbor")
    guarded = replace(guarded, site="harbor")
    found = remedies(standing(world([EARLY, guarded], ann, ben), "ann E0"), "L0")
    assert said(found)[0] == (
        "certification",
        "Have Ann certified with DOG (L0). Ann takes the place; Ben takes E0 from Ann.",
    )


def test_a_pin_is_lifted_before_any_rule_gives_way() -> None:
    ann, ben = barred("Ann"), barred("Ben", "harbor")
    pinned = world([EARLY, LATE], ann, ben, pins=frozenset({("ann", "E0")}))
    found = remedies(standing(pinned, "ann E0"), "L0")
    assert said(found)[0] == ("unpin", "Unpin Ann from E0. Ann takes the place; Ben takes E0 from Ann.")


def test_a_preference_is_told_in_points_beyond_what_the_place_is_worth() -> None:
    dear = registry.build("preferred_site", required=False, weight=1500.0)
    ann = person("Ann", dear, home_site="harbor")
    assert said(remedies(standing(world([EARLY], ann)), "E0"))[0] == (
        "points",
        "Accept 500 points more than the open place costs. Ann takes the place; nothing else changes.",
    )


def test_the_budget_is_raised_by_what_is_lacking_for_the_cheapest() -> None:
    ann = person("Ann", Cost(), rate_cents_per_hour=3000)
    ben = person("Ben", Cost(), rate_cents_per_hour=2000)
    short = world([EARLY], ann, ben, budget_cents=10_000)
    assert said(remedies(standing(short), "E0"))[0] == (
        "budget",
        "Raise the budget by 60.00 EUR. Ben takes the place; nothing else changes.",
    )


def test_leave_comes_before_training_and_training_before_asking_for_less() -> None:
    place = replace(EARLY, certifications=frozenset({"DOG"}))
    away = Absence(0, 1440, "Annual leave")
    dog = Holding("DOG", -9999, 9999)
    ann, ben = person("Ann", holdings=(dog,), absences=(away,)), person("Ben")
    found = remedies(standing(world([place], ann, ben)), "E0")
    assert [kind for kind, _ in said(found)] == ["leave", "certification", "waiver"]


def test_where_nobody_is_near_one_more_person_is_the_answer_and_fewer_places_the_last() -> None:
    place = replace(EARLY, certifications=frozenset({"DIVER", "DOG"}), headcount=2)
    found = remedies(standing(world([place], person("Ann"))), "E0")
    assert said(found) == [
        ("hire", "Hire one more person, certified with DIVER and DOG, who may work at the site and is free then (E0)."),
        ("headcount", "Ask for 1 instead of 2 (E0); nobody moves."),
    ]
    assert found.remedies[0].staff is None


def test_the_same_person_is_certified_for_as_many_places_as_it_helps() -> None:
    guarded = [day_shift(day, certifications=frozenset({"DOG"})) for day in range(3)]
    busy = day_shift(0, kind="X", start=8)
    ann, ben = person("Ann", ONE_A_DAY, rate_cents_per_hour=1), person("Ben", ONE_A_DAY)
    place = standing(world([*guarded, busy], ann, ben), "ann X0")
    found = all_remedies(place, seconds=20)
    assert [found[f"D{day}"].remedies[0].staff for day in range(3)] == ["ben", "ben", "ben"]
    assert [found[f"D{day}"].remedies[0].also for day in range(3)] == [2, 2, 2]


def test_the_dearest_places_come_first_and_what_is_not_come_to_is_left_out() -> None:
    cheap, dear = day_shift(0, under_cost=1.0), day_shift(1, under_cost=9000.0)
    place = standing(world([cheap, dear], person("Ann")))
    asked = iter([False] * 2)
    found = all_remedies(place, seconds=20, should_stop=lambda: next(asked, True))
    assert list(found) == ["D1"]
    assert all_remedies(place, seconds=0.0) == {}
    assert all_remedies(place, seconds=20, should_stop=lambda: True) == {}


def test_out_of_time_before_everybody_was_asked_says_so() -> None:
    place = standing(world([EARLY], person("Ann")))
    with pytest.raises(OutOfTimeError):
        remedies(place, "E0", seconds=-1.0)


def test_stopped_while_solving_keeps_what_was_found() -> None:
    ann, ben = barred("Ann"), barred("Ben", "harbor")
    place = standing(world([EARLY, LATE], ann, ben), "ann E0")
    calls = iter([False] * 4)
    found = remedies(place, "L0", should_stop=lambda: next(calls, True))
    assert found.remedies and not found.thorough


def test_the_score_tells_weights_and_rules_beside_the_matches() -> None:
    wish = registry.build("days", maximum=1, period="week", required=False, weight=7.0)
    more = registry.build("days", maximum=1, period="week", required=False, weight=9.0)
    ann, ben = person("Ann", wish, Cost(), rate_cents_per_hour=2000), person("Ben", more)
    work = [day_shift(0, headcount=2), day_shift(1, headcount=3)]
    made = world(work, ann, ben, cost_weight=0.02)
    verdict = judge(made, {(name, shift) for name in ("ann", "ben") for shift in ("D0", "D1")})
    rows = {entry.rule: entry for entry in score(made, verdict)}
    assert rows["days"].weights == (7.0, 9.0) and rows["days"].points == 16
    assert rows["days"].meanings == ("At most 1 day of work per week.",)
    assert rows["coverage"].weights == (1000.0,)
    assert rows["cost"].weights == (2.0,) and rows["cost"].points == pytest.approx(640.0)
    assert sum(entry.points for entry in rows.values()) == pytest.approx(verdict.objective)
