"""Certifications that run out, and the shifts of one person: exactly those the roster's own rule objects to."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rostering.models import Certification, Organization, Roster, Shift, Staff, StaffCertification
from rostering.rules.certification import Certification as CertificationRule
from rostering.selectors.demand import local_midnight
from rostering.selectors.expiry import Outlooks, current_certifications, expiring, first_shifts, uncovering
from rostering.selectors.problems import load_problem
from tests.builders import (
    MONDAY,
    at,
    local,
    make_assignment,
    make_certification,
    make_organization,
    make_roster,
    make_shift,
    make_shift_type,
    make_site,
    make_staff,
    make_staff_certification,
)

pytestmark = pytest.mark.django_db

TODAY = MONDAY
BERLIN = "Europe/Berlin"


def now(organization: Organization) -> datetime:
    return local_midnight(TODAY, organization)


def published(organization: Organization, **fields: Any) -> Roster:
    return make_roster(organization=organization, start_date=TODAY, days=90, status=Roster.Status.PUBLISHED, **fields)


class Scene:
    """An organization, a license its one site asks for, Alice with it, and a published roster."""

    def __init__(self, slug: str = "alpha", zone: str = BERLIN, site_zone: str = "") -> None:
        self.organization = make_organization(slug, time_zone=zone)
        self.license = make_certification("GUARD", organization=self.organization)
        self.site = make_site(
            organization=self.organization, time_zone=site_zone, required_certifications=[self.license]
        )
        self.alice = make_staff("Alice", organization=self.organization)
        self.roster = published(self.organization)

    def holds(self, until: int | None, since: int = -400, staff: Staff | None = None, **fields: Any) -> Any:
        expires = None if until is None else TODAY + timedelta(days=until)
        fields.setdefault("certification", self.license)
        return make_staff_certification(
            staff or self.alice, issued=TODAY + timedelta(days=since), expires=expires, **fields
        )

    def works(self, starts_at: datetime, hours: float = 8, staff: Staff | None = None, **fields: Any) -> Shift:
        fields.setdefault("site", self.site)
        shift = make_shift(starts_at, hours=hours, organization=self.organization, **fields)
        make_assignment(fields.pop("roster", self.roster), shift, staff or self.alice)
        return shift

    def found(self, **days: int) -> dict[int, int]:
        rows = expiring(self.organization, now=now(self.organization), **days)
        return {row.pk: row.uncovered for row in rows}

    def shifts(self) -> dict[int, list[Shift]]:
        return first_shifts(expiring(self.organization, now=now(self.organization)))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_shifts_that_end_after_the_last_valid_day_are_uncovered_in_order(scene: Scene) -> None:
    held = scene.holds(10)
    scene.works(at(10, "08:00"))
    night = scene.works(at(10, "22:00"))
    later = scene.works(at(12, "08:00"))
    assert scene.found() == {held.pk: 2}
    assert scene.shifts() == {held.pk: [night, later]}


@pytest.mark.parametrize(("start", "hours", "uncovered"), [("16:00", 8, 0), ("16:00", 8.25, 1), ("23:59", 1, 1)])
def test_a_certification_covers_a_shift_only_to_the_end_of_its_last_day(
    scene: Scene, start: str, hours: float, uncovered: int
) -> None:
    held = scene.holds(10)
    scene.works(at(10, start), hours=hours)
    assert scene.found() == {held.pk: uncovered}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "UTC"])
def test_the_last_day_ends_by_the_clock_of_the_place(zone: str) -> None:
    scene = Scene(zone=zone)
    held = scene.holds(10)
    scene.works(at(10, "16:00"))
    scene.works(at(11, "00:00"))
    assert scene.found() == {held.pk: 1}


def test_a_night_over_the_clock_change_is_judged_by_real_instants() -> None:
    organization = make_organization(time_zone=BERLIN)
    license_ = make_certification(organization=organization)
    site, alice = make_site(organization=organization, required_certifications=[license_]), make_staff()
    held = make_staff_certification(alice, license_, expires=date(2027, 3, 28))
    roster = published(organization)
    make_assignment(roster, make_shift(local(date(2027, 3, 28), "16:00", BERLIN), hours=8, site=site), alice)
    rows = expiring(organization, now=local(date(2027, 3, 1), "00:00", BERLIN))
    assert [(row.pk, row.uncovered) for row in rows] == [(held.pk, 0)]
    make_assignment(roster, make_shift(local(date(2027, 3, 29), "00:00", BERLIN), hours=1, site=site), alice)
    rows = expiring(organization, now=local(date(2027, 3, 1), "00:00", BERLIN))
    assert [row.uncovered for row in rows] == [1]


def test_the_certification_may_be_asked_for_by_site_type_or_shift_and_counts_once(scene: Scene) -> None:
    plain = make_site(organization=scene.organization)
    kind = make_shift_type(organization=scene.organization, required_certifications=[scene.license])
    held = scene.holds(10)
    by_shift = scene.works(at(11), site=plain, required_certifications=[scene.license])
    by_type = scene.works(at(12), site=plain, shift_type=kind)
    by_all = scene.works(at(13), shift_type=kind, required_certifications=[scene.license])
    scene.works(at(14), site=plain)
    assert scene.found() == {held.pk: 3}
    assert scene.shifts() == {held.pk: [by_shift, by_type, by_all]}


def test_where_others_remain_only_what_is_published_with_the_person_counts(scene: Scene) -> None:
    held = scene.holds(-5)
    bob = make_staff("Bob", organization=scene.organization)
    scene.holds(None, staff=bob)
    scene.works(at(-2))
    scene.works(at(11), staff=bob)
    draft = make_roster(organization=scene.organization, start_date=TODAY, days=30)
    make_assignment(draft, make_shift(at(12), site=scene.site), scene.alice)
    assert scene.found() == {held.pk: 0}
    scene.works(at(13))
    assert scene.found() == {held.pk: 1}


def test_a_renewal_that_follows_at_once_takes_the_place_of_the_old_one(scene: Scene) -> None:
    old = scene.holds(10)
    scene.works(at(10, "22:00"))
    scene.works(at(12))
    assert scene.found() == {old.pk: 2}
    scene.holds(500, since=11)
    assert scene.found() == {}
    assert [row.pk for row in current_certifications(scene.organization, TODAY)] != [old.pk]


def test_a_renewal_without_end_counts_as_one(scene: Scene) -> None:
    scene.holds(10)
    scene.holds(None, since=5)
    assert scene.found() == {}


def test_days_without_between_old_and_new_are_told_of_only_when_shifts_lie_in_them(scene: Scene) -> None:
    old = scene.holds(10)
    scene.holds(500, since=15)
    scene.works(at(16))
    assert scene.found() == {}
    between = scene.works(at(12))
    assert scene.shifts() == {old.pk: [between]}


def test_each_shift_is_told_of_under_the_certification_that_ended_last_before_it(scene: Scene) -> None:
    first, second = scene.holds(10), scene.holds(20, since=15)
    in_between, after = scene.works(at(12)), scene.works(at(25))
    assert scene.shifts() == {first.pk: [in_between], second.pk: [after]}


def test_of_two_records_that_end_together_one_is_told(scene: Scene) -> None:
    scene.holds(10)
    second = scene.holds(10, since=-300)
    scene.works(at(12))
    assert scene.found() == {second.pk: 1}


def test_another_kind_renews_nothing(scene: Scene) -> None:
    held = scene.holds(10)
    scene.holds(None, certification=make_certification(organization=scene.organization))
    assert scene.found() == {held.pk: 0}


def test_of_what_was_told_before_only_what_is_still_so_is_looked_at_and_a_shift_counts_once(scene: Scene) -> None:
    bob = make_staff("Bob", organization=scene.organization)
    moved, hers, his = scene.holds(5, staff=make_staff("Carol")), scene.holds(10), scene.holds(11, staff=bob)
    make_shift(at(20), site=scene.site)
    told = {moved.pk: TODAY, hers.pk: hers.expires, his.pk: his.expires}
    rows, number = uncovering(scene.organization, told, now=now(scene.organization))
    assert ([(row.pk, row.uncovered) for row in rows], number) == ([(hers.pk, 1), (his.pk, 1)], 1)
    scene.holds(None, since=11)
    rows, number = uncovering(scene.organization, told, now=now(scene.organization))
    assert ([(row.pk, row.uncovered) for row in rows], number) == ([(his.pk, 0)], 0)


def test_people_told_of_the_same_within_a_minute_share_one_look_and_hear_what_each_would_alone(scene: Scene) -> None:
    bob = make_staff("Bob", organization=scene.organization)
    hers, his = scene.holds(10), scene.holds(11, staff=bob)
    make_shift(at(20), site=scene.site)
    outlooks, moment = Outlooks(), now(scene.organization)

    def told(*held: StaffCertification, later: timedelta = timedelta()) -> tuple[list[tuple[int, int]], int, int]:
        last_days = {row.pk: row.expires for row in held if row.expires}
        with CaptureQueriesContext(connection) as captured:
            rows, number = uncovering(scene.organization, last_days, now=moment + later, outlooks=outlooks)
        return [(row.pk, row.uncovered) for row in rows], number, len(captured)

    both = [(hers.pk, 1), (his.pk, 1)]
    assert [told(hers, his), told(hers, his)] == [(both, 1, 2), (both, 1, 1)]
    assert [told(hers), told(his)] == [([(hers.pk, 1)], 1, 2), ([(his.pk, 1)], 1, 1)]
    make_shift(at(22), site=scene.site)
    later = timedelta(seconds=61)
    assert told(hers, his, later=later) == ([(hers.pk, 2), (his.pk, 2)], 2, 2)


def test_only_the_days_asked_for_are_looked_at(scene: Scene) -> None:
    def person(until: int) -> Any:
        return scene.holds(until, staff=make_staff(organization=scene.organization)).pk

    gone, lately, today, soon, far = person(-31), person(-30), person(0), person(90), person(91)
    assert set(scene.found()) == {lately, today, soon}
    assert set(scene.found(within_days=91, expired_days=31)) == {gone, lately, today, soon, far}
    assert set(scene.found(within_days=0, expired_days=0)) == {today}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"active": False}, False),
        ({"employed_until": TODAY - timedelta(days=1)}, False),
        ({"employed_until": TODAY + timedelta(days=10)}, False),
        ({"employed_until": TODAY + timedelta(days=11)}, True),
    ],
)
def test_people_who_left_or_leave_by_then_are_not_told_of(scene: Scene, fields: dict[str, Any], told: bool) -> None:
    held = scene.holds(10)
    Staff.objects.filter(pk=scene.alice.pk).update(**fields)
    assert list(scene.found()) == ([held.pk] if told else [])


def test_another_organizations_certifications_and_shifts_stay_its_own(scene: Scene) -> None:
    held = scene.holds(10)
    scene.works(at(12))
    other = Scene("beta")
    theirs = other.holds(10)
    other.works(at(12))
    other.works(at(13))
    assert scene.found() == {held.pk: 1}
    assert other.found() == {theirs.pk: 2}


def test_the_number_of_queries_does_not_grow(scene: Scene) -> None:
    def ask() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert scene.shifts()
        return len(captured)

    scene.holds(10)
    scene.works(at(12))
    few = ask()
    for number in range(12):
        person = make_staff(organization=scene.organization)
        scene.holds(number, staff=person)
        scene.works(at(20), staff=person, site=make_site(organization=scene.organization, time_zone="Asia/Tokyo"))
    assert ask() == few == 3


@pytest.mark.parametrize("seed", range(25))
def test_uncovered_shifts_are_those_the_roster_rule_objects_to(seed: int) -> None:
    """Random spans and shifts, at sites in several zones, against `rules.certification` on the solver's own problem."""
    rng = random.Random(seed)
    scene = Scene(zone=rng.choice([BERLIN, "America/New_York", "Pacific/Auckland"]))
    sites = [
        make_site(organization=scene.organization, time_zone=zone, required_certifications=[scene.license])
        for zone in ("", "Asia/Tokyo", "America/Los_Angeles")
    ]
    for since in rng.sample(range(-40, 30), k=rng.randint(1, 4)):
        scene.holds(since + rng.randint(0, 25), since=since)
    for day in range(1, 40, 3):
        scene.works(at(day, f"{rng.randint(0, 23):02}:00"), hours=rng.choice([4, 8, 12, 24]), site=rng.choice(sites))
    problem = load_problem(make_roster(organization=scene.organization, start_date=TODAY, days=60)).problem
    rule, (alice,) = CertificationRule(required=True), problem.staff
    ends = [held.end for held in alice.holdings]
    objected = {int(shift.id) for shift in problem.shifts if rule.reason(alice, shift) and min(ends) < shift.end}
    rows = expiring(scene.organization, now=now(scene.organization), within_days=999, expired_days=999)
    assert sum(row.uncovered for row in rows) == len(objected)
    for shifts in first_shifts(rows).values():
        assert {shift.pk for shift in shifts} <= objected
    assert {row.certification.pk for row in rows} <= set(Certification.objects.values_list("pk", flat=True))
    assert StaffCertification.objects.filter(pk__in=[row.pk for row in rows]).count() == len(rows)
