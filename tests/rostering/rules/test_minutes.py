"""Working time per period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.rostering.rules.world import ALICE, calendar, check, night, rule, sentences, shift

FORTY = rule("minutes", period="week", maximum=2400)
BERLIN = "Europe/Berlin"


def test_forty_hours_in_a_week_are_allowed() -> None:
    assert check(FORTY, [shift(day) for day in range(5)]) == []


def test_a_minute_more_is_not_and_hours_are_never_truncated() -> None:
    """Known fault: hours were truncated to integers, so 40 h 59 min passed as 40 h."""
    work = [shift(day) for day in range(4)] + [shift(4, paid_minutes=481)]
    assert sentences(FORTY, work) == ["Alice: 40 h 1 min in Mon 2 Mar – Sun 8 Mar, at most 40 h allowed."]


def test_a_sunday_night_belongs_to_the_week_it_starts_in() -> None:
    assert check(FORTY, [shift(day) for day in range(5)] + [night(13)]) == []
    assert len(check(FORTY, [*(shift(day) for day in range(5)), night(6)])) == 1


def test_weeks_start_where_the_calendar_says() -> None:
    work = [shift(day) for day in range(3, 9)]
    assert check(FORTY, work) == []
    assert len(check(FORTY, work, over=calendar(week_start=3))) == 1


def test_published_work_before_the_roster_counts_in_its_first_week() -> None:
    """Known fault: existing assignments were ignored by hours."""
    thursday = date(2026, 3, 5)
    before = [shift(day, start=thursday, suffix="x") for day in (-3, -2, -1)]
    work = [shift(day, start=thursday) for day in range(3)]
    assert sentences(FORTY, work, context=before, over=calendar(start=thursday)) == [
        "Alice: 48 h in Mon 2 Mar – Sun 8 Mar, at most 40 h allowed."
    ]


def test_what_published_work_alone_puts_over_the_limit_is_not_charged() -> None:
    preferred = rule("minutes", period="week", maximum=600, required=False, weight=60)
    before = [shift(day, suffix="x") for day in range(3)]
    assert check(preferred, [], context=before) == []
    assert [match.amount for match in check(preferred, [shift(3)], context=before)] == [480]


def test_a_week_over_the_turn_of_the_year_is_one_week() -> None:
    """Known fault: ISO week numbers without a year put 29–31 December and 1–4 January apart, or years together."""
    start = date(2025, 12, 22)
    work = [shift(day, start=start) for day in range(7, 13)]
    assert sentences(FORTY, work, over=calendar(21, start)) == [
        "Alice: 48 h in Mon 29 Dec – Sun 4 Jan, at most 40 h allowed."
    ]


def test_first_weeks_of_two_years_are_not_added_up() -> None:
    start = date(2025, 12, 29)
    year_before = [shift(day, start=start, suffix="x") for day in range(-364, -359)]
    work = [shift(day, start=start) for day in range(5)]
    assert check(FORTY, work, context=year_before, over=calendar(14, start, known_before=400)) == []


def test_rolling_windows_do_not_skip_days_without_shifts() -> None:
    """Known fault: windows were laid over days with shifts only, so a day off shortened the calendar."""
    rolling = rule("minutes", period="rolling", period_days=3, maximum=960)
    assert check(rolling, [shift(0), shift(1), shift(3), shift(4), shift(6)]) == []
    assert len(check(rolling, [shift(0), shift(1), shift(2)])) == 1


def test_rolling_windows_start_in_published_history() -> None:
    rolling = rule("minutes", period="rolling", period_days=3, maximum=960)
    assert len(check(rolling, [shift(0)], context=[shift(-2), shift(-1)])) == 1


def test_a_minimum_is_judged_on_whole_weeks_alone() -> None:
    thirty = rule("minutes", period="week", minimum=1800)
    thursday = date(2026, 3, 5)
    assert check(thirty, [], over=calendar(4, thursday)) == []
    assert sentences(thirty, [], over=calendar(4, thursday, known_before=3)) == [
        "Alice: 0 h in Mon 2 Mar – Sun 8 Mar, at least 30 h needed."
    ]


def test_a_minimum_is_not_asked_of_a_week_in_which_employment_begins() -> None:
    thirty = rule("minutes", period="week", minimum=1800)
    assert len(check(thirty, [])) == 2
    assert len(check(thirty, [], staff=replace(ALICE, employed_from=2))) == 1
    assert check(thirty, [], staff=replace(ALICE, employed_from=2, employed_until=12)) == []


def test_a_preferred_limit_costs_its_weight_an_hour() -> None:
    preferred = rule("minutes", period="week", maximum=2400, required=False, weight=6)
    found = check(preferred, [shift(day) for day in range(5)] + [shift(5, hours=1.5)])
    assert [match.cost for match in found] == [9.0]


def test_months_are_calendar_months() -> None:
    monthly = rule("minutes", period="month", maximum=480)
    start = date(2026, 1, 25)
    assert check(monthly, [shift(6, start=start), shift(7, start=start)], over=calendar(14, start)) == []
    assert len(check(monthly, [shift(7, start=start), shift(13, start=start)], over=calendar(14, start))) == 1


def test_nights_over_a_clock_change_count_their_real_length() -> None:
    """Europe/Berlin: 22:00–06:00 lasts seven hours on 28 March 2026 and nine on 24 October."""
    spring, autumn = date(2026, 3, 28), date(2026, 10, 24)
    short, long = (shift(0, "N", "22:00", 8, start=day, zone=BERLIN) for day in (spring, autumn))
    assert (short.paid_minutes, long.paid_minutes) == (420, 540)
    eight = rule("minutes", period="day", maximum=480)
    assert check(eight, [short], over=calendar(1, spring)) == []
    assert sentences(eight, [long], over=calendar(1, autumn)) == ["Alice: 9 h on Sat 24 Oct, at most 8 h allowed."]


def test_its_sentence_names_limits_and_period() -> None:
    assert FORTY.sentence() == "At most 40 h per week."
    both = rule("minutes", period="rolling", period_days=7, minimum=600, maximum=2910, tags=["night"])
    assert both.sentence() == "Between 10 h and 48 h 30 min of night shifts in any 7 days."
