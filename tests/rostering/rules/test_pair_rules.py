"""Rules on one person and one shift: certification, availability, employment, site access; on without being asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rostering.rules import registry
from rostering.solver.checker import judge
from rostering.solver.problem import Absence, Holding, Problem, Wish
from tests.rostering.rules.world import ALICE, MONDAY, calendar, check, night, objection, rule, shift

FOREVER = 10**9
NIGHT = night(0, certifications=frozenset({"guard"}), label="Night at Gate")
CERTIFIED = rule("certification")


def test_a_certification_held_throughout_is_enough() -> None:
    alice = replace(ALICE, holdings=(Holding("guard", 0, FOREVER),))
    assert objection(CERTIFIED, alice, NIGHT) is None


def test_without_the_certification_nobody_works() -> None:
    assert objection(CERTIFIED, ALICE, NIGHT) == "Alice: holds no valid guard (Night at Gate)."


@pytest.mark.parametrize(
    "holding",
    [
        Holding("guard", 0, NIGHT.end - 1),
        Holding("guard", NIGHT.start + 1, FOREVER),
        Holding("guard", 0, NIGHT.start + 120),
    ],
)
def test_a_certification_must_cover_the_whole_shift(holding: Holding) -> None:
    """It ends a minute early, starts a minute late, or runs out at midnight within the night."""
    alice = replace(ALICE, holdings=(holding,))
    assert objection(CERTIFIED, alice, NIGHT) == "Alice: guard not valid for the whole shift (Night at Gate)."


def test_a_renewal_may_take_over_during_the_shift() -> None:
    midnight = NIGHT.start + 120
    alice = replace(ALICE, holdings=(Holding("guard", midnight, FOREVER), Holding("guard", 0, midnight)))
    assert objection(CERTIFIED, alice, NIGHT) is None
    gap = replace(ALICE, holdings=(Holding("guard", midnight + 1, FOREVER), Holding("guard", 0, midnight)))
    assert objection(CERTIFIED, gap, NIGHT) is not None


def test_certifications_that_do_not_block_are_a_preference() -> None:
    wanted = shift(0, wanted_certifications=frozenset({"dog"}))
    assert objection(CERTIFIED, ALICE, wanted) is None
    preferred = rule("certification", required=False, weight=30)
    assert [match.cost for match in check(preferred, [wanted])] == [30]


def test_leave_next_week_is_no_objection() -> None:
    alice = replace(ALICE, absences=(Absence(NIGHT.end, FOREVER, "leave"), Absence(0, NIGHT.start)))
    assert objection(rule("availability"), alice, NIGHT) is None


def test_nobody_works_on_leave() -> None:
    alice = replace(ALICE, absences=(Absence(NIGHT.start - 9, NIGHT.start + 1, "leave"),))
    assert objection(rule("availability"), alice, NIGHT) == "Alice: not available: leave (Night at Gate)."


def test_overnight_shift_meets_an_absence_of_its_second_date() -> None:
    """Known fault: bare clock times were compared, so 22:00–06:00 met nothing of the next morning."""
    tuesday_morning = Absence(NIGHT.end - 60, NIGHT.end + 240)
    alice = replace(ALICE, absences=(tuesday_morning,))
    assert objection(rule("availability"), alice, NIGHT) == "Alice: not available (Night at Gate)."
    assert objection(rule("availability"), alice, shift(1, "L", "14:00")) is None


def test_overnight_absence_meets_an_early_shift_of_its_second_date() -> None:
    alice = replace(ALICE, absences=(Absence(NIGHT.start, NIGHT.end),))
    assert objection(rule("availability"), alice, shift(1, "E", "05:00")) is not None
    assert objection(rule("availability"), alice, shift(1, "E", "06:00")) is None


def test_employment_covers_the_whole_shift() -> None:
    employed = rule("employment")
    alice = replace(ALICE, employed_from=0, employed_until=1)
    assert objection(employed, alice, NIGHT) is None
    assert objection(employed, alice, shift(-1)) == "Alice: not yet employed (D-1)."
    assert objection(employed, alice, night(1)) == "Alice: employment ends before the shift does (N1)."


def test_barred_sites_are_closed_and_allowed_ones_alone_are_open() -> None:
    access = rule("site_access")
    assert objection(access, ALICE, shift(0)) is None
    assert objection(access, replace(ALICE, barred_sites=frozenset({"gate"})), shift(0)) == (
        "Alice: barred from the site (D0)."
    )
    assert objection(access, replace(ALICE, allowed_sites=frozenset({"park"})), shift(0)) == (
        "Alice: the site is not among those allowed (D0)."
    )
    assert objection(access, replace(ALICE, allowed_sites=frozenset({"gate"})), shift(0)) is None


def test_dates_of_a_rule_hold_by_the_day_a_shift_starts() -> None:
    later = rule("site_access", valid_from=date(2026, 3, 3))
    alice = replace(ALICE, barred_sites=frozenset({"gate"}))
    assert objection(later, alice, night(0)) is None
    assert objection(later, alice, shift(1)) is not None


def test_a_dated_rule_on_single_shifts_asks_when_the_roster_starts() -> None:
    with pytest.raises(ValueError, match="say when the roster starts"):
        registry.build("site_access", valid_from=MONDAY)


def test_checks_on_single_shifts_are_on_by_default() -> None:
    """Known fault: certification and availability were not checked unless somebody asked."""
    pair_rules, rules = registry.split(registry.defaults())
    assert {r.kind for r in pair_rules if r.required} == {"certification", "availability", "employment", "site_access"}
    assert {r.kind for r in rules if r.required} == {"overlap"}
    alice = replace(
        ALICE,
        pair_rules=pair_rules,
        rules=rules,
        absences=(Absence(NIGHT.start, NIGHT.end, "leave"),),
        barred_sites=frozenset({"gate"}),
        employed_until=-1,
    )
    verdict = judge(Problem(calendar(), (NIGHT,), (alice,)), [("alice", "N0")])
    assert sorted(match.rule for match in verdict.broken) == [
        "availability",
        "certification",
        "employment",
        "site_access",
    ]


def test_a_contract_may_weigh_wishes_anew_but_not_switch_a_required_rule_off() -> None:
    own = rule("wishes", weight=4)
    pair_rules, rules = registry.split([*registry.defaults(), own, rule("availability", required=False)])
    assert [r.weight for r in rules if r.kind == "wishes"] == [4]
    assert sorted(r.required for r in pair_rules if r.kind == "availability") == [False, True]


def test_wishes_cost_their_weight_when_not_met() -> None:
    zero = shift(0, clock="00:00").start
    day = 1440
    alice = replace(
        ALICE, wishes=(Wish(zero, zero + day, 3, wanted=False), Wish(zero + day, zero + 2 * day, 2, True, "N"))
    )
    wishes = rule("wishes", weight=2)
    assert check(wishes, [night(1)], staff=alice) == []
    found = check(wishes, [shift(0), shift(1)], staff=alice)
    assert {match.sentence: match.cost for match in found} == {
        "Alice: D on Mon 2 Mar was asked off.": 6,
        "Alice: the wish for an N shift is not met.": 4,
    }
    assert check(wishes, [], context=[night(1, site="other")], staff=alice) == []
