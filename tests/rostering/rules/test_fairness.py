"""Fairness: targets from shares and history, and the price of being off them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostering.rules.fairness import Fairness, aimed, fair_targets, standard
from tests.rostering.rules.world import ALICE, calendar, check, night, rule, sentences, shift


def nights(target: float) -> Fairness:
    """Nights shared out, with a target."""
    found = rule("fairness", required=False, tags=["night"], weight=2)
    assert isinstance(found, Fairness)
    return replace(found, target=target)


def test_a_fair_share_costs_nothing() -> None:
    assert check(nights(2), [night(0), night(1), shift(5)]) == []


def test_the_further_off_the_dearer_each_night() -> None:
    assert sentences(nights(2), [night(0)]) == ["Alice: 1 night shift, fair share 2 night shifts."]
    assert [check(nights(0), [night(day) for day in range(n)])[0].cost for n in (1, 2, 3)] == [2, 6, 12]


def test_nights_at_other_sites_during_the_roster_count() -> None:
    assert check(nights(2), [night(0)], context=[night(5, site="other"), night(-1)]) == []


def test_working_time_is_weighed_by_the_hour_beyond_the_tolerance() -> None:
    hours = replace(Fairness(weight=3, tolerance=60), target=480)
    assert check(hours, [shift(0, hours=9)]) == []
    assert [match.cost for match in check(hours, [shift(0, hours=11)])] == [6]


def test_without_a_target_it_says_nothing() -> None:
    assert check(Fairness(), [shift(0)]) == []


def test_shares_go_by_contract() -> None:
    assert fair_targets(90, {"full": 40, "half": 20}, {}) == {"full": 60, "half": 30}


def test_who_did_more_than_the_share_does_less() -> None:
    assert fair_targets(10, {"a": 1, "b": 1}, {"a": 4}) == {"a": 3, "b": 7}


def test_who_is_far_ahead_does_nothing_and_the_others_share_all() -> None:
    assert fair_targets(6, {"a": 1, "b": 1, "c": 1}, {"a": 20, "b": 2}) == {"a": 0, "b": 2, "c": 4}


def test_who_has_no_share_gets_nothing() -> None:
    assert fair_targets(6, {"a": 0, "b": 1}, {}) == {"a": 0, "b": 6}
    assert fair_targets(6, {"a": 0}, {}) == {"a": 0}


@given(
    total=st.integers(0, 100),
    people=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 60)), min_size=1, max_size=8),
)
def test_targets_add_up_and_level_out(total: int, people: list[tuple[int, int]]) -> None:
    shares = {str(n): float(share) for n, (share, _) in enumerate(people)}
    done = {str(n): float(past) for n, (_, past) in enumerate(people)}
    targets = fair_targets(total, shares, done)
    assert sum(targets.values()) == pytest.approx(total)
    levels = {p: (done[p] + targets[p]) / shares[p] for p in shares}
    working = [levels[p] for p in shares if targets[p] > 1e-6]
    assert all(level == pytest.approx(working[0]) for level in working)
    assert all(levels[p] >= working[0] - 1e-6 for p in shares if working)


def test_targets_are_set_for_everybody_under_the_same_rule() -> None:
    rules = standard(1.0, tags=("night",))
    alice = replace(ALICE, rules=rules, balances=(("night", 2.0),))
    bob = replace(ALICE, id="bob", name="Bob", rules=rules, context=(night(3, site="other"),))
    carol = replace(ALICE, id="carol", name="Carol")
    demand = [night(0, headcount=2), night(1), shift(2)]
    people = aimed([alice, bob, carol], demand, calendar(), {"alice": 2400, "bob": 2400, "carol": 2400})
    targets = [[rule.target for rule in person.rules if isinstance(rule, Fairness)] for person in people]
    assert targets == [[1200, 1], [1200, 3], []]


def test_its_sentence_names_what_is_shared() -> None:
    assert Fairness(tolerance=60).sentence() == "Working time is shared out fairly, within 1 h, counting history."
    assert nights(1).sentence() == "Night shifts are shared out fairly, counting history."
