"""Shifts that become uncovered if nobody renews: cases by hand, and random worlds against a slow, plain judge."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rostering.models import (
    Assignment,
    Certification,
    Organization,
    Priority,
    Roster,
    Shift,
    Site,
    Staff,
    StaffCertification,
)
from rostering.selectors.demand import local_midnight
from rostering.selectors.uncovered import EXPIRED_DAYS, outlook
from tests.builders import (
    MONDAY,
    at,
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
FAR = datetime(2900, 1, 1, tzinfo=UTC)
Spans = list[tuple[datetime, datetime]]


def now(organization: Organization) -> datetime:
    return local_midnight(TODAY, organization)


class Scene:
    """Dog handlers, and a harbor that wants one each night."""

    def __init__(self) -> None:
        self.organization = make_organization("alpha", time_zone="Europe/Berlin")
        self.dog = make_certification("DOG", organization=self.organization)
        self.harbor = make_site("HARB", organization=self.organization, required_certifications=[self.dog])

    def handler(self, until: int | None, *kinds: Certification, since: int = -400, **fields: Any) -> StaffCertification:
        """Somebody who holds the license, or these, until the day; the first of what they hold."""
        person = fields.pop("staff", None) or make_staff(organization=self.organization, **fields)
        expires = None if until is None else TODAY + timedelta(days=until)
        issued = TODAY + timedelta(days=since)
        first, *_ = [
            make_staff_certification(person, kind, issued=issued, expires=expires) for kind in kinds or (self.dog,)
        ]
        return first

    def night(self, day: int, clock: str = "22:00", hours: float = 8, **fields: Any) -> Shift:
        return make_shift(
            at(day, clock), hours=hours, organization=self.organization, **{"site": self.harbor, **fields}
        )

    def found(self, **only: Any) -> dict[int, list[int]]:
        """The first shifts by what is held, and that the count is theirs."""
        looked = outlook(self.organization, now=now(self.organization), **only)
        assert all(item.number == len(item.first) or len(item.first) == 3 for item in looked.by_held.values())
        return {held: list(item.first) for held, item in looked.by_held.items()}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_nights_that_nobody_assigned_or_published_yet_become_uncovered(scene: Scene) -> None:
    held = scene.handler(10)
    nights = [scene.night(day) for day in (5, 10, 11, 12, 13, 14)]
    looked = outlook(scene.organization, now=now(scene.organization))
    assert looked.number == looked.of(held.pk).number == 5
    assert list(looked.of(held.pk).first) == [night.pk for night in nights[1:4]]


def test_a_shift_is_covered_as_long_as_its_headcount_remains(scene: Scene) -> None:
    held = scene.handler(10)
    scene.handler(None)
    scene.night(12)
    assert scene.found() == {}
    pair = scene.night(13, headcount=2)
    assert scene.found() == {held.pk: [pair.pk]}
    scene.handler(300)
    assert scene.found() == {}


def test_of_several_that_run_out_each_is_told_of_the_shift_and_in_all_it_counts_once(scene: Scene) -> None:
    first, second = scene.handler(10), scene.handler(12)
    early, late = scene.night(11), scene.night(20)
    assert scene.found() == {first.pk: [late.pk], second.pk: [late.pk]}
    assert early.pk not in scene.found()[first.pk]  # the second still works it
    assert outlook(scene.organization, now=now(scene.organization)).number == 1
    assert scene.found(only=[second.pk]) == {second.pk: [late.pk]}


@pytest.mark.parametrize(
    "fields",
    [
        {"active": False},
        {"employed_until": TODAY + timedelta(days=12)},
        {"employed_from": TODAY + timedelta(days=13)},
    ],
)
def test_who_is_not_employed_throughout_the_shift_neither_loses_nor_covers_it(
    scene: Scene, fields: dict[str, Any]
) -> None:
    scene.handler(11, **fields)
    night = scene.night(12)
    assert scene.found() == {}
    scene.handler(None, **fields)
    held = scene.handler(11)
    assert scene.found() == {held.pk: [night.pk]}


def test_who_may_not_enter_the_site_neither_loses_nor_covers_its_shifts(scene: Scene) -> None:
    elsewhere = make_site(organization=scene.organization)
    scene.handler(None, barred_sites=[scene.harbor])
    scene.handler(None, allowed_sites=[elsewhere])
    scene.handler(10, barred_sites=[scene.harbor])
    night = scene.night(12)
    assert scene.found() == {}
    held = scene.handler(10, allowed_sites=[elsewhere, scene.harbor])
    assert scene.found() == {held.pk: [night.pk]}


def test_everything_else_the_shift_asks_for_must_be_held_or_be_renewable_too(scene: Scene) -> None:
    fire = make_certification("FIRE", organization=scene.organization)
    night = scene.night(12, required_certifications=[fire])
    scene.handler(None)  # no fire
    scene.handler(10)  # no fire either: a renewal would not help
    assert scene.found() == {}
    held = scene.handler(10, scene.dog, fire)
    both = {held.pk, StaffCertification.objects.get(staff=held.staff, certification=fire).pk}
    assert scene.found() == {pk: [night.pk] for pk in both}
    gone = scene.handler(-EXPIRED_DAYS - 1, fire)
    scene.handler(10, staff=gone.staff)  # fire ran out long ago
    assert set(scene.found()) == both


def test_a_skill_that_does_not_block_uncovers_nothing(scene: Scene) -> None:
    Certification.objects.filter(pk=scene.dog.pk).update(blocks=False)
    held = scene.handler(10)
    roster = make_roster(organization=scene.organization, start_date=TODAY, days=60, status=Roster.Status.PUBLISHED)
    make_assignment(roster, scene.night(12), held.staff)
    assert scene.found() == {}


def test_a_shift_nobody_could_have_worked_anyway_does_not_become_uncovered(scene: Scene) -> None:
    scene.handler(-EXPIRED_DAYS - 1)
    scene.night(12)
    assert scene.found() == {}


def test_one_person_cannot_work_in_two_places_at_once(scene: Scene) -> None:
    """Two remain, each place wants one: three nights at a time are one too many, the last by urgency."""
    quay, yard = (make_site(organization=scene.organization, required_certifications=[scene.dog]) for _ in range(2))
    scene.handler(None)
    scene.handler(None)
    held = scene.handler(10)
    scene.night(12, priority=Priority.HIGH)
    scene.night(12, site=quay, priority=Priority.CRITICAL)
    assert scene.found() == {}
    least = scene.night(12, site=yard)
    assert scene.found() == {held.pk: [least.pk]}
    scene.night(5, site=quay), scene.night(5, site=yard), scene.night(5)  # all three still hold it then
    assert scene.found() == {held.pk: [least.pk]}


def test_shifts_one_after_another_share_their_person(scene: Scene) -> None:
    scene.handler(None)
    scene.handler(10)
    for clock in ("00:00", "08:00", "16:00"):
        scene.night(12, clock)
    assert scene.found() == {}


def test_who_already_works_when_a_shift_begins_is_not_free_for_it(scene: Scene) -> None:
    quay = make_site(organization=scene.organization, required_certifications=[scene.dog])
    scene.handler(None)
    held = scene.handler(10)
    scene.night(12, "20:00")
    overlapping = scene.night(12, "23:00", site=quay, priority=Priority.CRITICAL)
    assert scene.found() == {held.pk: [overlapping.pk]}


def test_places_that_were_too_many_before_are_not_blamed_on_the_renewal(scene: Scene) -> None:
    """Five places and two handlers: with one of them gone one more place is lost, not four."""
    sites = [make_site(organization=scene.organization, required_certifications=[scene.dog]) for _ in range(5)]
    scene.handler(None)
    held = scene.handler(10)
    nights = [scene.night(12, site=site) for site in sites]
    assert scene.found() == {held.pk: [nights[1].pk]}


def test_shifts_of_closed_sites_and_of_the_past_do_not_count(scene: Scene) -> None:
    closed = make_site(organization=scene.organization, required_certifications=[scene.dog], active=False)
    scene.handler(-5)
    scene.night(12, site=closed)
    scene.night(-1, "23:00", hours=1)
    scene.night(-1, "22:00")
    assert scene.found() == {}


def test_what_ran_out_lately_is_still_told_of(scene: Scene) -> None:
    held = scene.handler(-5)
    night = scene.night(12)
    assert scene.found() == {held.pk: [night.pk]}


def test_days_before_a_renewal_that_is_entered_already_are_uncovered_under_the_old_one(scene: Scene) -> None:
    old = scene.handler(10)
    scene.handler(20, staff=old.staff, since=15)
    new = StaffCertification.objects.get(staff=old.staff, issued=TODAY + timedelta(days=15))
    between, _, after = scene.night(12), scene.night(16), scene.night(25)
    assert scene.found() == {old.pk: [between.pk], new.pk: [after.pk]}


def test_another_organizations_people_cover_nothing(scene: Scene) -> None:
    held = scene.handler(10)
    night = scene.night(12)
    other = make_organization("beta")
    make_staff_certification(make_staff(organization=other), make_certification("DOG", organization=other))
    assert scene.found() == {held.pk: [night.pk]}
    assert outlook(other, now=now(other)).number == 0


class World:
    """A small random organization, and what a plain reading of the definition says of it."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.organization = make_organization(time_zone=rng.choice(["Europe/Berlin", "Pacific/Auckland"]))
        self.kinds = [make_certification(organization=self.organization, blocks=number < 3) for number in range(4)]
        self.sites = [
            make_site(
                organization=self.organization,
                time_zone=zone,
                active=zone != "UTC",
                required_certifications=rng.sample(self.kinds, rng.randint(0, 2)),
            )
            for zone in ("", "Asia/Tokyo", "America/Los_Angeles", "UTC")
        ]
        self.types = [
            make_shift_type(organization=self.organization, required_certifications=rng.sample(self.kinds, number))
            for number in (0, 0, 1)
        ]
        self.staff = [self.person() for _ in range(rng.randint(2, 7))]
        self.shifts = [self.shift(number) for number in range(rng.randint(6, 22))]
        self.published = set(self.publish())

    def person(self) -> Staff:
        rng = self.rng
        person = make_staff(
            organization=self.organization,
            active=rng.random() < 0.9,
            employed_from=TODAY + timedelta(days=rng.choice([-900, -900, -900, 8])),
            employed_until=rng.choice([None, None, None, TODAY + timedelta(days=rng.randint(9, 30))]),
            allowed_sites=rng.sample(self.sites, rng.choice([0, 0, 2, 3])),
            barred_sites=rng.sample(self.sites, rng.choice([0, 0, 0, 1])),
        )
        for kind in self.kinds:
            for since in rng.sample(range(-60, 25), rng.choice([0, 1, 1, 1, 2])):
                last = TODAY + timedelta(days=since + rng.randint(0, 60))
                self.hold(person, kind, since, rng.choice([None, last, last, last]))
        return person

    def hold(self, person: Staff, kind: Certification, since: int, last: date | None) -> None:
        make_staff_certification(person, kind, issued=TODAY + timedelta(days=since), expires=last)

    def shift(self, number: int) -> Shift:
        rng = self.rng
        start = at(rng.randint(-1, 40), f"{rng.choice([0, 6, 6, 14, 22])}:{number % 60:02}".zfill(5))
        return make_shift(
            start if rng.random() < 0.6 else at(20, f"06:{number:02}" if rng.random() < 0.5 else "06:00"),
            hours=rng.choice([4, 8, 8, 12, 24]),
            site=rng.choice(self.sites),
            shift_type=make_shift_type(
                organization=self.organization,
                required_certifications=rng.choice(self.types).required_certifications.all(),
            ),
            headcount=rng.choice([1, 1, 1, 2, 3]),
            priority=rng.choice(Priority.values),
            required_certifications=rng.sample(self.kinds, rng.choice([0, 0, 1])),
        )

    def publish(self) -> list[tuple[int, int]]:
        roster = make_roster(organization=self.organization, start_date=TODAY, days=60, status=Roster.Status.PUBLISHED)
        given: dict[int, list[Shift]] = defaultdict(list)
        for shift in self.rng.sample(self.shifts, len(self.shifts) // 4):
            person = self.rng.choice(self.staff)
            if all(shift.ends_at <= mine.starts_at or mine.ends_at <= shift.starts_at for mine in given[person.pk]):
                given[person.pk].append(shift)
                make_assignment(roster, shift, person)
        return list(Assignment.objects.filter(roster=roster).values_list("staff_id", "shift_id"))


class Judge:
    """The definition, read slowly: every person against every shift, every moment against every other."""

    def __init__(self, world: World) -> None:
        self.world, self.organization = world, world.organization
        self.now = now(self.organization)
        self.staff = {person.pk: person for person in world.staff if person.active}
        self.asked = {shift.pk: self.asks(shift) for shift in world.shifts}
        self.held: dict[tuple[int, int], list[StaffCertification]] = defaultdict(list)
        for row in StaffCertification.objects.filter(staff__in=self.staff, certification__blocks=True):
            self.held[row.staff_id, row.certification_id].append(row)
        self.ending_kinds = {
            row.certification_id for rows in self.held.values() for row in rows if self.ends(row, rows)
        }

    def asks(self, shift: Shift) -> set[int]:
        owners = (shift, shift.site, shift.shift_type)
        return {kind.pk for owner in owners for kind in owner.required_certifications.all() if kind.blocks}

    def ends(self, row: StaffCertification, rows: list[StaffCertification]) -> bool:
        """It runs out, and nothing follows at once."""
        return row.expires is not None and not any(
            other.pk != row.pk
            and other.issued <= row.expires + timedelta(days=1)
            and (
                other.expires is None
                or other.expires > row.expires
                or (other.expires == row.expires and other.pk > row.pk)
            )
            for other in rows
        )

    def runs_out(self, row: StaffCertification) -> datetime:
        return local_midnight(row.expires + timedelta(days=1), self.organization) if row.expires else FAR

    def spans(self, person: int, kind: int, *, renewed: bool) -> Spans:
        rows = self.held[person, kind]
        spans = [(local_midnight(row.issued, self.organization), self.runs_out(row)) for row in rows]
        renewable = TODAY - timedelta(days=EXPIRED_DAYS)
        if renewed and any(row.expires is None or row.expires >= renewable for row in rows):
            return [(min(begin for begin, _ in spans), FAR)]
        return spans

    def may(self, person: int, shift: Shift, *, renewed: bool) -> bool:
        who = self.staff[person]
        first = shift.starts_at.astimezone(shift.site.tz).date()
        last = (shift.ends_at - timedelta(microseconds=1)).astimezone(shift.site.tz).date()
        allowed: set[int] = {site.pk for site in who.allowed_sites.all()} or {shift.site_id}
        return (
            who.employed_from <= first
            and (who.employed_until is None or last <= who.employed_until)
            and shift.site_id in allowed - {site.pk for site in who.barred_sites.all()}
            and all(
                covers(self.spans(person, kind, renewed=renewed), shift.starts_at, shift.ends_at)
                for kind in self.asked[shift.pk]
            )
        )

    def able(self, shift: Shift, *, renewed: bool) -> set[int]:
        return {person for person in self.staff if self.may(person, shift, renewed=renewed)}

    def fillable(self, shift: Shift, *, renewed: bool) -> int:
        return min(shift.headcount, len(self.able(shift, renewed=renewed)))

    def left_at_start(self, shift: Shift, kind: int, *, renewed: bool) -> int:
        """Places of the shift for which a holder is left when it begins."""
        order = list(reversed(Priority.values))

        def goes_before(other: Shift) -> bool:
            first = (other.starts_at, order.index(other.priority), other.pk)
            return first <= (shift.starts_at, order.index(shift.priority), shift.pk)

        asked = sum(
            other.headcount
            for other in self.world.shifts
            if kind in self.asked[other.pk] and other.site.active and goes_before(other)
            if other.starts_at <= shift.starts_at < other.ends_at and other.ends_at > self.now
        )
        moment = (shift.starts_at, shift.starts_at + timedelta(microseconds=1))
        holders = sum(
            self.employed_at(who, shift.starts_at) and covers(self.spans(pk, kind, renewed=renewed), *moment)
            for pk, who in self.staff.items()
        )
        return min(shift.headcount, max(0, shift.headcount + holders - asked))

    def employed_at(self, who: Staff, moment: datetime) -> bool:
        day = moment.astimezone(self.organization.tz).date()
        return who.employed_from <= day and (who.employed_until is None or day <= who.employed_until)

    def lost(self, shift: Shift, kind: int) -> bool:
        return self.fillable(shift, renewed=False) < self.fillable(shift, renewed=True) or (
            kind in self.ending_kinds
            and self.left_at_start(shift, kind, renewed=False) < self.left_at_start(shift, kind, renewed=True)
        )

    def told(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for shift in self.world.shifts:
            if shift.starts_at < self.now:
                continue
            for kind in self.asked[shift.pk]:
                losers = self.able(shift, renewed=True) if shift.site.active and self.lost(shift, kind) else set()
                losers |= {person for person, worked in self.world.published if worked == shift.pk}
                for person in losers & self.staff.keys():
                    if row := self.blamed(person, kind, shift):
                        found[row.pk].add(shift.pk)
        return found

    def blamed(self, person: int, kind: int, shift: Shift) -> StaffCertification | None:
        """What the person holds of the kind that ended last before the shift does; None where all of it is covered."""
        rows = self.held[person, kind]
        if covers(self.spans(person, kind, renewed=False), shift.starts_at, shift.ends_at):
            return None
        ended = [row for row in rows if self.runs_out(row) < shift.ends_at]
        last = max(ended, key=lambda row: (self.runs_out(row), row.pk), default=None)
        return last if last and self.ends(last, rows) else None


def covers(spans: Spans, start: datetime, end: datetime) -> bool:
    reached = start
    for begin, finish in sorted(spans):
        if begin <= reached:
            reached = max(reached, finish)
    return reached >= end


@pytest.mark.parametrize("seed", range(60))
def test_random_worlds_are_judged_like_the_definition(seed: int) -> None:
    world = World(seed)
    judge = Judge(world)
    expected = judge.told()
    looked = outlook(world.organization, now=judge.now)
    starts = {shift.pk: (shift.starts_at, shift.pk) for shift in world.shifts}
    assert {held: item.number for held, item in looked.by_held.items()} == {
        held: len(shifts) for held, shifts in expected.items()
    }
    for held, shifts in expected.items():
        assert list(looked.of(held).first) == sorted(shifts, key=starts.__getitem__)[:3]
    assert looked.number == len(set().union(*expected.values()))
    some = sorted(expected)[::2]
    part = outlook(world.organization, now=judge.now, only=some)
    assert part.by_held == {held: looked.of(held) for held in some}
    assert part.number == len(set().union(*(expected[held] for held in some)))


def test_the_random_worlds_have_something_to_tell() -> None:
    """Guards the test above: most of its worlds must uncover something, by each of the reasons."""
    told = by_people = by_moment = by_person = 0
    for seed in range(0, 60, 4):
        world = World(seed)
        judge = Judge(world)
        for shift in world.shifts:
            coming = shift.site.active and shift.starts_at >= judge.now
            people = judge.fillable(shift, renewed=False) < judge.fillable(shift, renewed=True)
            by_people += coming and people
            by_moment += coming and not people and any(judge.lost(shift, kind) for kind in judge.asked[shift.pk])
        told += bool(judge.told())
        by_person += len(world.published)
    assert told >= 10
    assert min(by_people, by_moment, by_person) >= 5


def test_one_statement_whatever_the_size(scene: Scene) -> None:
    for number in range(12):
        scene.handler(number)
        scene.night(number + 5)
    with CaptureQueriesContext(connection) as captured:
        assert outlook(scene.organization, now=now(scene.organization)).number
    assert len(captured) == 1


def test_an_organization_without_anything_uncovers_nothing() -> None:
    organization = make_organization("empty")
    assert not Site.objects.owned_by(organization).exists()
    looked = outlook(organization, now=now(organization))
    assert (looked.by_held, looked.number) == ({}, 0)
