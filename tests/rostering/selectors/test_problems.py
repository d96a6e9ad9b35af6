"""Rows become a Problem: real minutes over clock changes, whose history counts, what is left out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rostering.models import Availability, Organization, Roster
from rostering.selectors.problems import load_problem, minutes
from rostering.solver.problem import Shift as SolverShift
from tests.builders import (
    MONDAY,
    at,
    local,
    make_assignment,
    make_availability,
    make_certification,
    make_organization,
    make_roster,
    make_shift,
    make_shift_type,
    make_site,
    make_staff,
    make_staff_certification,
    make_weekly_availability,
)

pytestmark = pytest.mark.django_db


def only_shift(organization: Organization, day: date) -> SolverShift:
    roster = make_roster(organization=organization, start_date=day, days=1)
    (shift,) = load_problem(roster).problem.shifts
    return shift


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 27), 7), (date(2027, 10, 30), 9), (date(2027, 6, 5), 8)])
def test_a_night_has_its_real_length_over_a_clock_change(day: date, hours: int) -> None:
    berlin = make_organization("berlin", time_zone="Europe/Berlin")
    site = make_site(organization=berlin)
    start = local(day, "22:00", site.tz)
    end = local(day + timedelta(days=1), "06:00", site.tz)
    make_shift(start, site=site, ends_at=end, unpaid_break_minutes=30)
    shift = only_shift(berlin, day)
    assert shift.end - shift.start == 60 * hours
    assert shift.paid_minutes == 60 * hours - 30
    assert (shift.day, shift.end_day) == (0, 1)
    assert "22:00–06:00" in shift.label


def test_a_shift_ending_at_midnight_does_not_touch_the_next_day() -> None:
    make_shift(at(0, "16:00"), hours=8)
    shift = only_shift(make_organization(), MONDAY)
    assert (shift.day, shift.end_day) == (0, 0)


def test_a_shift_belongs_to_its_date_at_its_site_not_in_utc() -> None:
    auckland = make_organization("auckland", time_zone="Pacific/Auckland")
    make_shift(at(0, "06:00"), site=make_site(organization=auckland))
    make_shift(at(-1, "22:00"), site=make_site(organization=auckland))
    assert only_shift(auckland, MONDAY).day == 0


def test_published_work_outside_the_roster_is_context_and_drafts_are_not() -> None:
    staff, here, there = make_staff(), make_site("HERE"), make_site("THERE")
    make_shift(at(0, "08:00"), site=here)
    published = make_roster(status=Roster.Status.PUBLISHED, start_date=MONDAY - timedelta(days=7), days=14)
    before = make_shift(at(-1, "22:00"), site=here)
    elsewhere = make_shift(at(0, "10:00"), site=there)
    make_assignment(published, before, staff)
    make_assignment(published, elsewhere, staff)
    make_assignment(make_roster(), make_shift(at(1, "08:00"), site=there), staff)
    loaded = load_problem(make_roster(sites=[here]))
    (person,) = loaded.problem.staff
    assert [shift.id for shift in person.context] == [str(before.pk), str(elsewhere.pk)]
    assert [shift.day for shift in person.context] == [-1, 0]
    assert loaded.problem.calendar.known_before == 7


def test_days_before_count_as_known_only_without_a_break() -> None:
    make_shift(at(0, "08:00"))
    make_roster(status=Roster.Status.PUBLISHED, start_date=MONDAY - timedelta(days=3), days=3)
    make_roster(status=Roster.Status.PUBLISHED, start_date=MONDAY - timedelta(days=14), days=7)
    assert load_problem(make_roster()).problem.calendar.known_before == 3


def test_certifications_of_site_type_and_shift_add_up_and_only_blocking_ones_block() -> None:
    guard, dog, aid = make_certification("GUARD"), make_certification("DOG"), make_certification("AID", blocks=False)
    site = make_site(required_certifications=[guard])
    shift_type = make_shift_type(required_certifications=[aid])
    make_shift(site=site, shift_type=shift_type, required_certifications=[dog])
    (shift,) = load_problem(make_roster()).problem.shifts
    assert shift.certifications == {"GUARD", "DOG"}
    assert shift.wanted_certifications == {"AID"}


def test_a_certification_is_valid_to_the_end_of_its_last_day() -> None:
    make_shift()
    staff = make_staff()
    make_staff_certification(staff, make_certification("GUARD"), issued=date(2026, 1, 1), expires=MONDAY)
    (person,) = load_problem(make_roster()).problem.staff
    (holding,) = person.holdings
    midnight = datetime.combine(MONDAY + timedelta(days=1), time(), tzinfo=staff.organization.tz)
    assert holding.end == minutes(midnight)


def test_weekly_unavailability_overnight_reaches_into_the_next_day() -> None:
    make_shift()
    make_weekly_availability(make_staff(), weekdays=[0], start="22:00", end="06:00", starts_on=MONDAY)
    (person,) = load_problem(make_roster(days=14)).problem.staff
    spans = [(absence.start, absence.end) for absence in person.absences]
    start = minutes(datetime.combine(MONDAY, time(22), tzinfo=make_organization().tz))
    assert spans[0] == (start, start + 8 * 60)
    assert spans[1] == (start + 7 * 1440, start + 7 * 1440 + 8 * 60)


def test_only_approved_availability_binds() -> None:
    make_shift()
    staff = make_staff()
    make_availability(staff, approval=Availability.Approval.REQUESTED)
    make_availability(staff, at(0, "09:00"), at(0, "10:00"), kind=Availability.Kind.WANTED, weight=7)
    (person,) = load_problem(make_roster()).problem.staff
    assert person.absences == ()
    assert [(wish.wanted, wish.weight) for wish in person.wishes] == [(True, 7)]


def test_people_who_left_or_are_inactive_are_not_rostered_but_still_judged_when_named() -> None:
    make_shift()
    make_staff("Gone", employed_until=MONDAY - timedelta(days=1))
    idle = make_staff("Idle", active=False)
    roster = make_roster()
    assert load_problem(roster).problem.staff == ()
    make_assignment(roster, make_shift(at(0, "12:00")), idle)
    (person,) = load_problem(roster).problem.staff
    assert person.employed_until == -1


def test_another_organization_has_no_part_in_a_problem() -> None:
    beta = make_organization("beta")
    make_shift(organization=beta)
    make_staff(organization=beta)
    make_shift()
    alice = make_staff("Alice")
    problem = load_problem(make_roster()).problem
    assert [person.id for person in problem.staff] == [str(alice.pk)]
    assert len(problem.shifts) == 1


def test_loading_takes_the_same_number_of_queries_at_any_size() -> None:
    def count() -> int:
        roster = Roster.objects.select_related("organization").get(pk=make_roster().pk)
        with CaptureQueriesContext(connection) as queries:
            load_problem(roster)
        return len(queries)

    make_shift()
    make_staff()
    small = count()
    for number in range(6):
        staff = make_staff()
        make_staff_certification(staff)
        make_availability(staff)
        make_shift(at(number, "09:00"))
    assert count() == small
    assert small <= 20
