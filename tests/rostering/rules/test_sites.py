"""Sites per period, travel between them, preferred and familiar ones."""

from __future__ import annotations

from dataclasses import replace

from tests.rostering.rules.world import ALICE, check, objection, rule, sentences, shift

TWO = rule("sites", maximum=2, period="week")
HOUR = rule("travel", minimum=60)


def test_two_sites_a_week_are_allowed_and_a_third_is_not() -> None:
    two = [shift(0, site="a"), shift(1, site="b"), shift(2, site="a"), shift(8, site="c")]
    assert check(TWO, two) == []
    assert sentences(TWO, [*two, shift(3, site="c")]) == [
        "Alice: 3 different sites in Mon 2 Mar – Sun 8 Mar, at most 2 allowed."
    ]


def test_sites_of_other_rosters_count() -> None:
    assert len(check(TWO, [shift(0, site="a"), shift(1, site="b")], context=[shift(2, site="c")])) == 1


def test_an_hour_to_get_from_one_site_to_another_is_enough() -> None:
    assert check(HOUR, [shift(0, "A", "06:00", 4, site="a"), shift(0, "B", "11:00", 4, site="b")]) == []


def test_half_an_hour_is_not() -> None:
    assert sentences(HOUR, [shift(0, "A", "06:00", 4, site="a"), shift(0, "B", "10:30", 4, site="b")]) == [
        "Alice: 30 min to travel between A on Mon 2 Mar and B on Mon 2 Mar, at least 1 h needed."
    ]


def test_no_travel_within_a_site() -> None:
    assert check(HOUR, [shift(0, "A", "06:00", 4, site="a"), shift(0, "B", "10:00", 4, site="a")]) == []


def test_travel_from_published_work_elsewhere_counts() -> None:
    assert len(check(HOUR, [shift(0, "B", "10:30", 4)], context=[shift(0, "A", "06:00", 4, site="b")])) == 1


def test_home_and_preferred_sites_are_preferred() -> None:
    preferred = rule("preferred_site")
    alice = replace(ALICE, home_site="home", preferred_sites=frozenset({"park"}))
    assert objection(preferred, alice, shift(0, site="home")) is None
    assert objection(preferred, alice, shift(0, site="park")) is None
    assert objection(preferred, alice, shift(0, site="gate", label="Day at Gate")) == (
        "Alice: the site is not among those preferred (Day at Gate)."
    )


def test_who_prefers_no_site_has_no_objection() -> None:
    assert objection(rule("preferred_site"), ALICE, shift(0)) is None


def test_sites_worked_at_lately_are_familiar() -> None:
    familiar = rule("continuity")
    alice = replace(ALICE, context=(shift(-9, site="park"),))
    assert objection(familiar, alice, shift(0, site="park")) is None
    assert objection(familiar, alice, shift(0, site="gate")) == "Alice: has not worked at the site lately (D0)."
    assert objection(familiar, ALICE, shift(0, site="gate")) is None


def test_their_sentences() -> None:
    assert TWO.sentence() == "At most 2 different sites per week."
    assert HOUR.sentence() == "At least 1 h between shifts at different sites."
