"""Forbidden successions."""

from __future__ import annotations

from tests.rostering.rules.world import check, night, rule, sentences, shift

NEXT_DAY = rule("succession", shift_types=["N"], then_types=["E", "D"])


def test_a_day_off_between_is_enough_for_the_next_day_ban() -> None:
    assert check(NEXT_DAY, [night(0), shift(2)]) == []


def test_an_early_shift_the_day_after_a_night_is_forbidden() -> None:
    assert sentences(NEXT_DAY, [night(0), shift(1, "E", "14:00")]) == [
        "Alice: E on Tue 3 Mar follows N on Mon 2 Mar within 1 day."
    ]


def test_a_longer_ban_reaches_over_days_off() -> None:
    ban = rule("succession", tags=["night"], then_types=["D"], period_days=3)
    assert len(check(ban, [night(0), shift(3)])) == 1
    assert check(ban, [night(0), shift(4)]) == []


def test_the_same_day_is_not_a_succession() -> None:
    assert check(NEXT_DAY, [shift(0, "N", "00:00", 6), shift(0, "D", "20:00", 3)]) == []


def test_a_night_published_before_the_roster_counts() -> None:
    assert len(check(NEXT_DAY, [shift(0)], context=[night(-1)])) == 1


def test_a_shift_published_after_the_roster_counts() -> None:
    assert len(check(NEXT_DAY, [night(13)], context=[shift(14)])) == 1


def test_a_shift_between_does_not_lift_a_ban_of_two_days() -> None:
    ban = rule("succession", shift_types=["N"], then_types=["D"], period_days=2)
    assert len(check(ban, [night(0), night(1), shift(2)])) == 2


def test_its_sentence_names_both_sides() -> None:
    assert NEXT_DAY.sentence() == "No D or E shift the day after an N shift."
