"""The builders themselves: what they promise to every other test."""

from __future__ import annotations

from datetime import datetime

import pytest

from rostering.access import Action, may
from rostering.models import Role
from tests import builders as b

pytestmark = pytest.mark.django_db


def test_everything_is_built_in_the_same_organization_without_saying_so() -> None:
    roster = b.make_roster()
    assignment = b.make_assignment(roster)
    gap = b.make_gap(roster)
    assert {
        assignment.organization,
        assignment.shift.organization,
        assignment.staff.organization,
        gap.organization,
    } == {b.make_organization()}


def test_related_objects_decide_the_organization() -> None:
    site = b.make_site(organization=b.make_organization("beta"))
    assert b.make_shift(site=site).organization.slug == "beta"
    assert b.make_staff(home_site=site).organization.slug == "beta"


def test_naive_times_are_local_to_the_site() -> None:
    site = b.make_site(time_zone="Europe/Berlin")
    shift = b.make_shift(datetime(2027, 2, 1, 22), site=site)  # noqa: DTZ001 – local time is the point
    assert shift.starts_at == b.local(b.MONDAY, "22:00", "Europe/Berlin")
    assert shift.minutes == 480


def test_a_shift_follows_its_type() -> None:
    night = b.make_shift_type("N", start="22:00", hours=10, unpaid_break_minutes=45)
    shift = b.make_shift(shift_type=night)
    assert (shift.minutes, shift.paid_minutes) == (600, 555)


def test_a_member_has_the_role_asked_for() -> None:
    organization = b.make_organization()
    scheduler = b.make_member(organization, Role.SCHEDULER)
    assert may(scheduler, organization, Action.SCHEDULE)
    assert not may(scheduler, organization, Action.MANAGE)


def test_an_assignment_takes_its_state_from_the_roster() -> None:
    assignment = b.make_assignment(b.make_roster(status="published"))
    assignment.refresh_from_db()
    assert assignment.state == "published"


def test_other_builders_save_valid_rows() -> None:
    staff = b.make_staff("Alice Novak")
    rows = [
        b.make_availability(staff),
        b.make_weekly_availability(staff),
        b.make_staff_certification(staff),
        b.make_overtime_tier(staff.contract),
        b.make_shift_pattern(),
        b.make_notification(),
    ]
    for row in rows:
        row.full_clean()
