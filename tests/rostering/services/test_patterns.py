"""Shift patterns become shifts in site time, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from rostering.models import Priority, Shift, ShiftPattern
from rostering.services.patterns import Materialized, materialize, shift_times
from tests import builders as b

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
LONDON = ZoneInfo("Europe/London")


def night_pattern(zone: str, **fields: Any) -> ShiftPattern:
    organization = b.make_organization(time_zone=zone)
    night = b.make_shift_type("N", organization=organization, start="22:00", hours=8, unpaid_break_minutes=30)
    return b.make_shift_pattern(shift_type=night, starts_on=date(2026, 1, 1), **fields)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London"])
@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 27), 7), (date(2027, 10, 30), 9), (date(2027, 3, 20), 8)])
def test_a_night_over_a_clock_change_has_its_real_length(zone: str, day: date, hours: int) -> None:
    pattern = night_pattern(zone)
    materialize(organization=pattern.organization, first_day=day, last_day=day)
    shift = Shift.objects.get()
    assert shift.minutes == hours * 60
    assert shift.paid_minutes == hours * 60 - 30
    assert shift.starts_at.astimezone(ZoneInfo(zone)).time() == time(22)
    assert shift.ends_at.astimezone(ZoneInfo(zone)).time() == time(6)


def test_a_start_the_clock_skips_moves_an_hour_on() -> None:
    start, end = shift_times(date(2027, 3, 28), time(2, 30), 240, BERLIN)
    assert start == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert start.astimezone(BERLIN).time() == time(3, 30)
    assert end.astimezone(BERLIN).time() == time(6, 30)


def test_a_shift_the_skipped_hour_would_swallow_keeps_its_duration() -> None:
    start, end = shift_times(date(2027, 3, 28), time(2, 30), 30, BERLIN)
    assert (end - start).total_seconds() == 30 * 60


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    start, _ = shift_times(date(2027, 10, 31), time(1, 30), 240, LONDON)
    assert start == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert shift_times(date(2027, 10, 30), time(18), 450, LONDON)[1] == start


def test_a_site_abroad_keeps_its_own_time() -> None:
    organization = b.make_organization(time_zone="Europe/Berlin")
    site = b.make_site(organization=organization, time_zone="America/New_York")
    b.make_shift_pattern(site=site)
    materialize(organization=organization, first_day=b.MONDAY, last_day=b.MONDAY)
    assert Shift.objects.get().starts_at == b.local(b.MONDAY, "08:00", "America/New_York")


def test_running_again_makes_nothing_twice() -> None:
    pattern = b.make_shift_pattern(headcount=3, priority=Priority.HIGH)
    run = partial(materialize, organization=pattern.organization, first_day=b.MONDAY, last_day=date(2027, 2, 14))
    assert run() == Materialized(created=14, existing=0)
    assert run() == Materialized(created=0, existing=14)
    assert set(Shift.objects.values_list("headcount", "priority", "pattern")) == {(3, "high", pattern.pk)}


def test_edits_to_a_shift_survive_running_again() -> None:
    pattern = b.make_shift_pattern(headcount=2)
    run = partial(materialize, organization=pattern.organization, first_day=b.MONDAY, last_day=b.MONDAY)
    run()
    Shift.objects.update(headcount=7, notes="gala")
    run()
    assert Shift.objects.values_list("headcount", "notes").get() == (7, "gala")


def test_patterns_asking_for_the_same_shift_add_up() -> None:
    first = b.make_shift_pattern(headcount=2)
    b.make_shift_pattern(site=first.site, shift_type=first.shift_type, headcount=1)
    assert materialize(organization=first.organization, first_day=b.MONDAY, last_day=b.MONDAY).created == 1
    assert Shift.objects.get().headcount == 3


def test_weekdays_and_dates_of_the_pattern_bound_its_shifts() -> None:
    pattern = b.make_shift_pattern(weekdays=[0, 5], starts_on=date(2027, 2, 3), ends_on=date(2027, 2, 15))
    materialize(organization=pattern.organization, first_day=b.MONDAY, last_day=date(2027, 3, 31))
    days = [start.date() for start in Shift.objects.values_list("starts_at", flat=True)]
    assert days == [date(2027, 2, 6), date(2027, 2, 8), date(2027, 2, 13), date(2027, 2, 15)]


@pytest.mark.parametrize(
    ("holidays", "days"),
    [("as_usual", [29, 30, 1]), ("skip", [29, 30]), ("only", [1])],
)
def test_public_holidays_follow_the_pattern(holidays: str, days: list[int]) -> None:
    organization = b.make_organization(country="DE", subdivision="BE", time_zone="Europe/Berlin")
    b.make_shift_pattern(organization=organization, holidays=holidays, starts_on=date(2026, 1, 1))
    materialize(organization=organization, first_day=date(2026, 4, 29), last_day=date(2026, 5, 1))
    # 1 May is a public holiday.
    assert [start.astimezone(BERLIN).day for start in Shift.objects.values_list("starts_at", flat=True)] == days


def test_holidays_of_a_subdivision_count() -> None:
    organization = b.make_organization(country="DE", subdivision="BY", time_zone="Europe/Berlin")
    b.make_shift_pattern(organization=organization, holidays="only", starts_on=date(2026, 1, 1))
    assert materialize(organization=organization, first_day=date(2027, 1, 5), last_day=date(2027, 1, 7)).created == 1
    elsewhere = b.make_organization("beta", country="DE", subdivision="HH", time_zone="Europe/Berlin")
    b.make_shift_pattern(organization=elsewhere, holidays="only", starts_on=date(2026, 1, 1))
    assert materialize(organization=elsewhere, first_day=date(2027, 1, 5), last_day=date(2027, 1, 7)).created == 0


def test_inactive_sites_get_no_shifts() -> None:
    pattern = b.make_shift_pattern(site=b.make_site(active=False))
    assert materialize(organization=pattern.organization, first_day=b.MONDAY, last_day=b.MONDAY).created == 0


def test_only_the_patterns_asked_for_and_only_the_own_organizations() -> None:
    mine, other = b.make_shift_pattern(), b.make_shift_pattern(site=b.make_site())
    foreign = b.make_shift_pattern(organization=b.make_organization("beta"))
    run = partial(materialize, organization=mine.organization, first_day=b.MONDAY, last_day=b.MONDAY)
    assert run(patterns=[mine, foreign]).created == 1
    assert Shift.objects.get().pattern == mine
    assert run().created == 1
    assert set(Shift.objects.values_list("pattern", flat=True)) == {mine.pk, other.pk}


def test_wrong_days_are_refused_with_a_sentence() -> None:
    organization = b.make_organization()
    with pytest.raises(ValidationError, match="lies before the first day"):
        materialize(organization=organization, first_day=date(2027, 2, 2), last_day=date(2027, 2, 1))
    with pytest.raises(ValidationError, match="too many at once"):
        materialize(organization=organization, first_day=date(2027, 2, 1), last_day=date(2029, 2, 1))


@pytest.mark.parametrize("sites", [1, 12])
def test_queries_do_not_grow_with_patterns(sites: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    organization = b.make_organization()
    for _ in range(sites):
        b.make_shift_pattern(site=b.make_site(organization=organization))
    with django_assert_num_queries(7):  # savepoint and its release, lock, patterns, existing, insert, how far
        materialize(organization=organization, first_day=b.MONDAY, last_day=date(2027, 2, 28))
