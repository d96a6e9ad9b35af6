"""Who is told of which certification, on which days, once."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rostering.models import Membership, Notification, Organization, Role, Roster, StaffCertification
from rostering.selectors.demand import local_midnight
from rostering.services.expiry_alerts import create_alerts, due_alerts, people_told_of, tightest
from tests.builders import (
    hold_guard_license,
    make_assignment,
    make_member,
    make_organization,
    make_roster,
    make_shift,
    make_site,
    make_staff,
    make_user,
)

pytestmark = pytest.mark.django_db

TODAY = date(2027, 2, 1)


def now(organization: Organization, day: int = 0) -> datetime:
    return local_midnight(TODAY + timedelta(days=day), organization)


def told(organization: Organization, day: int = 0) -> list[str]:
    return [notice.subject for notice in create_alerts(organization=organization, now=now(organization, day))]


def days_told(organization: Organization, days: range) -> list[tuple[int, int]]:
    """(day of the run, alert day) of each notification when the job runs on each of the days."""
    found = []
    for day in days:
        notices = create_alerts(organization=organization, now=now(organization, day))
        found += [(day, notice.data["days"]) for notice in notices]
    return found


def hold(organization: Organization, left: int, name: str = "Alice Smith", **fields: Any) -> StaffCertification:
    """The person's guard license with so many days left."""
    staff = fields.pop("staff", None) or make_staff(name, organization=organization)
    return hold_guard_license(staff, TODAY + timedelta(days=left), **fields)


@pytest.fixture
def alpha(db: None) -> Organization:
    return make_organization("alpha", time_zone="Europe/Berlin")


@pytest.fixture
def olga(alpha: Organization) -> User:
    return make_member(alpha, Role.OWNER, "olga", email="olga@alpha.example")


def test_each_alert_day_is_told_once_however_often_the_job_runs(alpha: Organization, olga: User) -> None:
    hold(alpha, 100)
    assert days_told(alpha, range(135)) == [(10, 90), (40, 60), (70, 30), (93, 7), (100, 0)]
    assert Notification.objects.count() == 5


@pytest.mark.parametrize(
    ("left", "alert"), [(91, None), (90, 90), (61, 90), (60, 60), (31, 60), (29, 30), (7, 7), (1, 7), (0, 0), (-3, 0)]
)
def test_the_tightest_day_reached_is_told(left: int, alert: int | None) -> None:
    assert tightest([90, 60, 30, 7, 0], left) == alert
    assert tightest([], left) is None


def test_a_certification_entered_late_is_told_of_once_and_not_for_each_day_missed(
    alpha: Organization, olga: User
) -> None:
    hold(alpha, 20)
    assert days_told(alpha, range(14)) == [(0, 30), (13, 7)]


def test_days_without_a_run_are_made_up_for_by_one_alert(alpha: Organization, olga: User) -> None:
    hold(alpha, 100)
    assert days_told(alpha, range(95, 96)) == [(95, 7)]
    assert days_told(alpha, range(112, 113)) == [(112, 0)]


def test_what_expired_more_than_a_month_ago_is_not_told(alpha: Organization, olga: User) -> None:
    hold(alpha, -31)
    assert told(alpha) == []
    hold(alpha, -30, "Bob Jones")
    assert told(alpha) == ["GUARD of Bob Jones expired 30 days ago, on Sat 02 Jan 2027"]


def test_the_sentence_says_whose_what_and_when(alpha: Organization, olga: User) -> None:
    hold(alpha, 30)
    hold(alpha, 1, "Bob Jones")
    hold(alpha, 0, "Carol King")
    assert sorted(told(alpha)) == [
        "GUARD of Alice Smith expires in 30 days, on Wed 03 Mar 2027",
        "GUARD of Bob Jones expires in 1 day, on Tue 02 Feb 2027",
        "GUARD of Carol King expires today, Mon 01 Feb 2027",
    ]


def test_the_future_shifts_are_named_with_the_time_of_their_site(alpha: Organization, olga: User) -> None:
    held = hold(alpha, 10)
    site = make_site("HARB", organization=alpha, name="Harbor", time_zone="Asia/Tokyo")
    site.required_certifications.set([held.certification])
    roster = make_roster(organization=alpha, start_date=TODAY, days=60, status=Roster.Status.PUBLISHED)
    for day in (12, 13, 14, 15, 16):
        start = datetime.combine(TODAY + timedelta(days=day), time(22))
        make_assignment(roster, make_shift(start, site=site), held.staff)
    create_alerts(organization=alpha, now=now(alpha))
    lines = Notification.objects.get().body.splitlines()
    assert lines[0] == "5 shifts become uncovered if nobody renews:"
    assert lines[1].endswith("Sat 13 Feb 2027 22:00–06:00 JST at HARB – Harbor")
    assert len(lines) == 5
    assert lines[4] == "– and 2 more"


def test_shifts_that_nobody_was_rostered_for_yet_are_named(alpha: Organization, olga: User) -> None:
    held = hold(alpha, 10)
    site = make_site(organization=alpha, required_certifications=[held.certification])
    make_shift(datetime.combine(TODAY + timedelta(days=12), time(6)), site=site)
    create_alerts(organization=alpha, now=now(alpha))
    first, shift = Notification.objects.get().body.splitlines()
    assert first == "1 shift becomes uncovered if nobody renews:"
    assert "Sat 13 Feb 2027 06:00–14:00 CET" in shift


def test_a_certification_without_future_shifts_is_told_of_too(alpha: Organization, olga: User) -> None:
    hold(alpha, 10)
    told(alpha)
    assert Notification.objects.get().body == "No shift made so far becomes uncovered."


def test_a_renewal_ends_the_alerts_and_its_own_end_begins_them_anew(alpha: Organization, olga: User) -> None:
    held = hold(alpha, 20)
    assert len(told(alpha)) == 1
    hold(alpha, 200, staff=held.staff, issued=TODAY)
    assert told(alpha, 19) == []
    assert told(alpha, 180) == ["GUARD of Alice Smith expires in 20 days, on Fri 20 Aug 2027"]


def test_an_expiry_date_moved_on_in_the_same_row_begins_anew(alpha: Organization, olga: User) -> None:
    held = hold(alpha, 20)
    assert len(told(alpha)) == 1
    StaffCertification.objects.filter(pk=held.pk).update(expires=TODAY + timedelta(days=25))
    assert told(alpha) == ["GUARD of Alice Smith expires in 25 days, on Fri 26 Feb 2027"]


@pytest.mark.parametrize("fields", [{"active": False}, {"employed_until": TODAY + timedelta(days=5)}])
def test_people_who_left_or_leave_before_are_not_told_of(
    alpha: Organization, olga: User, fields: dict[str, Any]
) -> None:
    hold(alpha, 20, staff=make_staff("Gone", organization=alpha, **fields))
    assert told(alpha) == []


def test_today_is_the_organizations_today(olga: User) -> None:
    """At 11:30 UTC it is already the next day in Auckland."""
    moment = datetime.fromisoformat("2027-01-31T11:30:00+00:00")
    left = {}
    for zone in ("Pacific/Auckland", "Europe/Berlin"):
        organization = make_organization(zone[:3].lower(), time_zone=zone)
        hold(organization, 7)
        left[zone] = [alert.days_left for alert in due_alerts(organization, moment)]
    assert left == {"Pacific/Auckland": [7], "Europe/Berlin": [8]}


def test_members_from_the_chosen_role_up_are_told_and_inactive_ones_are_not(alpha: Organization, olga: User) -> None:
    people = {role: make_member(alpha, role, email=f"{role}@alpha.example") for role in Role}
    make_member(alpha, Role.OWNER, "asleep", is_active=False)
    hold(alpha, 20)

    def addressed() -> set[Any]:
        create_alerts(organization=alpha, now=now(alpha))
        found = set(Notification.objects.values_list("user", flat=True))
        Notification.objects.all().delete()
        return found

    assert addressed() == {olga.pk, people[Role.OWNER].pk, people[Role.MANAGER].pk, people[Role.SCHEDULER].pk}
    alpha.expiry_alert_role = Role.OWNER
    assert addressed() == {olga.pk, people[Role.OWNER].pk}
    alpha.expiry_alert_role = Role.VIEWER
    assert addressed() == {olga.pk, *(person.pk for person in people.values())}


def test_the_people_themselves_are_told_where_the_organization_wishes_once_and_of_their_own_only(
    alpha: Organization, olga: User
) -> None:
    alice = make_user("alice", email="alice@alpha.example")
    hold(alpha, 20, staff=make_staff("Alice Smith", organization=alpha, user=alice))
    hold(alpha, 20, staff=make_staff("Olga Owner", organization=alpha, user=olga))
    assert len(told(alpha)) == 2
    assert not Notification.objects.filter(user=alice).exists()
    alpha.expiry_alert_staff = True
    alpha.save()
    assert told(alpha) == ["Your GUARD expires in 20 days, on Sun 21 Feb 2027"]
    assert Notification.objects.get(user=alice).staff == alice.staff_record
    assert people_told_of(alpha, alice) == {alice.staff_record.pk}
    assert people_told_of(alpha, olga) is None


def test_an_organization_without_alert_days_tells_nothing(alpha: Organization, olga: User) -> None:
    alpha.expiry_alert_days = []
    hold(alpha, 0)
    assert told(alpha) == []


def test_who_has_no_address_is_told_in_the_back_office_alone(alpha: Organization, olga: User) -> None:
    make_member(alpha, Role.OWNER, "mute")
    hold(alpha, 20)
    told(alpha)
    assert dict(Notification.objects.values_list("user__username", "delivery")) == {"olga": "pending", "mute": "none"}


def test_another_organizations_members_are_told_nothing(alpha: Organization, olga: User) -> None:
    beta = make_organization("beta")
    ben = make_member(beta, Role.OWNER, "ben", email="ben@beta.example")
    hold(alpha, 20)
    hold(beta, 20, "Zoe Zhang")
    told(alpha)
    told(beta)
    assert {(notice.user_id, notice.organization_id) for notice in Notification.objects.all()} == {
        (olga.pk, alpha.pk),
        (ben.pk, beta.pk),
    }
    Membership.objects.filter(user=ben).update(organization=alpha)
    assert people_told_of(beta, ben) == set()


def test_the_number_of_queries_does_not_grow(alpha: Organization, olga: User) -> None:
    def ask() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert due_alerts(alpha, now(alpha))
            create_alerts(organization=alpha, now=now(alpha))
        return len(captured)

    hold(alpha, 20)
    few = ask()
    for number in range(10):
        make_member(alpha, Role.MANAGER, email=f"{number}@alpha.example")
        hold(alpha, number, f"Person {number}")
    assert ask() == few


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_write_each_alert_once() -> None:
    alpha = make_organization("alpha")
    make_member(alpha, Role.OWNER, email="olga@alpha.example")
    for number in range(20):
        hold(alpha, 20, f"Person {number}")
    gate = threading.Barrier(4)

    def run() -> None:
        gate.wait(timeout=10)
        create_alerts(organization=alpha, now=now(alpha))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Notification.objects.count() == 20
