"""Rest between shifts."""

from __future__ import annotations

from datetime import date

from tests.rostering.rules.world import calendar, check, night, rule, sentences, shift

ELEVEN = rule("rest", minimum=660)
BERLIN = "Europe/Berlin"


def test_eleven_hours_between_two_shifts_are_enough() -> None:
    assert check(ELEVEN, [shift(0, clock="08:00", hours=10), shift(1, "E", clock="05:00")]) == []


def test_one_minute_less_is_not() -> None:
    assert sentences(ELEVEN, [shift(0, clock="08:00", hours=10), shift(1, "E", clock="04:59")]) == [
        "Alice: 10 h 59 min rest between D on Mon 2 Mar and E on Tue 3 Mar, at least 11 h needed."
    ]


def test_back_to_back_twelve_hour_shifts_break_rest() -> None:
    """Known fault: a rest of zero minutes was legal, for the test was `0 < gap < minimum`."""
    twelves = [shift(0, "D", "06:00", 12), shift(0, "N", "18:00", 12)]
    assert sentences(ELEVEN, twelves) == [
        "Alice: 0 h rest between D on Mon 2 Mar and N on Mon 2 Mar, at least 11 h needed."
    ]


def test_overlapping_shifts_have_no_rest() -> None:
    assert sentences(ELEVEN, [shift(0), shift(0, "E", "10:00")]) == [
        "Alice: no rest between D on Mon 2 Mar and E on Mon 2 Mar, which overlap."
    ]


def test_published_night_before_the_roster_counts() -> None:
    """Known fault: existing assignments were ignored by rest."""
    found = check(ELEVEN, [shift(0)], context=[night(-1)])
    assert [match.sentence for match in found] == [
        "Alice: 2 h rest between N on Sun 1 Mar and D on Mon 2 Mar, at least 11 h needed."
    ]
    assert found[0].shifts == ("D0",)


def test_published_shift_after_the_roster_counts() -> None:
    assert len(check(ELEVEN, [night(13)], context=[shift(14)])) == 1


def test_work_at_another_site_between_two_shifts_counts_on_both_sides() -> None:
    assert len(check(ELEVEN, [shift(0), shift(1)], context=[shift(0, "X", "18:00", 4, site="other")])) == 2


def test_rest_broken_by_published_work_alone_is_not_this_rosters_fault() -> None:
    assert check(ELEVEN, [shift(5)], context=[shift(0), night(0, suffix="x")]) == []


def test_longer_rest_after_nights_holds_for_nights_alone() -> None:
    after_nights = rule("rest", minimum=2880, tags=["night"])
    assert check(after_nights, [shift(0), shift(1)]) == []
    assert sentences(after_nights, [night(0), shift(2)]) == [
        "Alice: 26 h rest between N on Mon 2 Mar and D on Wed 4 Mar, at least 48 h needed."
    ]
    assert check(after_nights, [night(0), shift(3, clock="06:00")]) == []


def test_several_shifts_a_day_are_each_held_to_rest() -> None:
    split = [shift(0, "A", "06:00", 3), shift(0, "B", "10:00", 3), shift(0, "C", "14:00", 3)]
    assert len(check(rule("rest", minimum=120), split)) == 2


def test_rest_outside_its_dates_is_not_asked() -> None:
    march = rule("rest", minimum=660, valid_from=date(2026, 3, 4))
    assert check(march, [shift(0), night(0)]) == []
    assert len(check(march, [shift(2), night(2)])) == 1


def test_preferred_rest_costs_its_weight_each_time() -> None:
    found = check(rule("rest", minimum=660, required=False, weight=7), [shift(0), night(0), shift(1)])
    assert [match.cost for match in found] == [7, 7]


def test_rest_over_the_night_clocks_go_forward_is_an_hour_shorter() -> None:
    """2026-03-29, 02:00 → 03:00: from 20:00 to 07:00 on the clock are ten hours."""
    sunday = date(2026, 3, 28)
    work = [shift(0, "D", "12:00", 8, start=sunday, zone=BERLIN), shift(1, "E", "07:00", 8, start=sunday, zone=BERLIN)]
    assert sentences(ELEVEN, work, over=calendar(start=sunday)) == [
        "Alice: 10 h rest between D on Sat 28 Mar and E on Sun 29 Mar, at least 11 h needed."
    ]


def test_rest_over_the_night_clocks_go_back_is_an_hour_longer() -> None:
    """2026-10-25, 03:00 → 02:00: from 20:00 to 06:00 on the clock are eleven hours."""
    saturday = date(2026, 10, 24)
    work = [
        shift(0, "D", "12:00", 8, start=saturday, zone=BERLIN),
        shift(1, "E", "06:00", 8, start=saturday, zone=BERLIN),
    ]
    assert check(ELEVEN, work, over=calendar(start=saturday)) == []


def test_its_sentence_names_the_hours_and_the_shifts() -> None:
    assert ELEVEN.sentence() == "At least 11 h rest between shifts."
    assert rule("rest", minimum=2880, tags=["night"]).sentence() == "At least 48 h rest after night shifts."
