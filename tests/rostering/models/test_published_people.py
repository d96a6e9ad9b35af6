"""A shift's count of published people is right whatever path a write takes, and whoever else writes meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Case, Count, F, Q, Value, When

from rostering.models import Assignment, Organization, Roster, Shift
from tests import builders
from tests.builders import MONDAY
from tests.threads import in_parallel

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return builders.make_organization()


@pytest.fixture
def roster(organization: Organization) -> Roster:
    return builders.make_roster(organization=organization, status="published")


def counts(*shifts: Shift) -> list[int]:
    found = Shift.objects.in_bulk([shift.pk for shift in shifts])
    return [found[shift.pk].published_people for shift in shifts]


def assert_all_right() -> None:
    counted = Shift.objects.annotate(n=Count("assignments", filter=Q(assignments__state="published")))
    assert not counted.exclude(n=F("published_people")).exists()


def make_shifts(number: int) -> list[Shift]:
    return [builders.make_shift(datetime.combine(MONDAY + timedelta(days=day), time(8))) for day in range(number)]


def assign(roster: Roster, shifts: Iterable[Shift]) -> list[Assignment]:
    return [builders.make_assignment(roster, shift, builders.make_staff()) for shift in shifts]


def test_publishing_archiving_and_returning_to_draft_count_whole_rosters(organization: Organization) -> None:
    roster = builders.make_roster(organization=organization)
    shifts = make_shifts(3)
    assign(roster, [*shifts, shifts[0]])
    assert counts(*shifts) == [0, 0, 0]
    for status, expected in (("published", [2, 1, 1]), ("archived", [0, 0, 0]), ("published", [2, 1, 1])):
        roster.status = status
        roster.save()
        assert counts(*shifts) == expected


def test_single_and_bulk_writes_and_raw_sql_count_alike(roster: Roster) -> None:
    first, second = make_shifts(2)
    one, two = assign(roster, [first, first])
    assert counts(first, second) == [2, 0]
    one.shift = second
    one.save()
    assert counts(first, second) == [1, 1]
    Assignment.objects.filter(pk=two.pk).update(shift=second)
    assert counts(first, second) == [0, 2]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rostering_assignment WHERE id = %s", [one.pk])
    assert counts(first, second) == [0, 1]
    people = [builders.make_staff() for _ in range(3)]
    Assignment.objects.bulk_create(
        Assignment(organization=roster.organization, roster=roster, shift=first, staff=person) for person in people
    )
    assert counts(first, second) == [3, 1]
    roster.delete()
    assert counts(first, second) == [0, 0]


def test_rosters_that_change_places_in_one_statement_count_right(organization: Organization) -> None:
    rosters = [builders.make_roster(organization=organization, status=status) for status in ("published", "draft")]
    first, second = make_shifts(2)
    assign(rosters[0], [first, first, second])
    assign(rosters[1], [first, second, second])
    assert counts(first, second) == [2, 1]
    swapped = Case(When(status="published", then=Value("archived")), default=Value("published"))
    Roster.objects.update(status=swapped)
    assert counts(first, second) == [1, 2]
    assert_all_right()


def test_emptying_the_assignments_leaves_nobody(roster: Roster) -> None:
    shifts = make_shifts(2)
    assign(roster, shifts)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE rostering_assignment CASCADE")
    assert counts(*shifts) == [0, 0]


def test_saving_a_shift_read_earlier_does_not_bring_back_its_old_count(roster: Roster) -> None:
    (shift,) = make_shifts(1)
    early = Shift.objects.get(pk=shift.pk)
    assign(roster, [shift])
    early.headcount = 4
    early.save()
    Shift.objects.filter(pk=shift.pk).update(published_people=9)
    assert counts(shift) == [1]


def test_a_copy_of_a_shift_begins_without_people(roster: Roster) -> None:
    (shift,) = make_shifts(1)
    assign(roster, [shift])
    copy = Shift.objects.get(pk=shift.pk)
    copy.pk, copy.starts_at, copy.ends_at = None, copy.starts_at + timedelta(days=9), copy.ends_at + timedelta(days=9)
    copy.save()
    assert counts(shift, copy) == [1, 0]


def test_moving_a_shift_in_time_keeps_its_people(roster: Roster) -> None:
    (shift,) = make_shifts(1)
    assign(roster, [shift, shift])
    shift.starts_at, shift.ends_at = shift.starts_at + timedelta(hours=1), shift.ends_at + timedelta(hours=1)
    shift.save()
    assert counts(shift) == [2]
    assert set(Assignment.objects.values_list("starts_at", flat=True)) == {shift.starts_at}


def test_what_is_rolled_back_does_not_count(roster: Roster) -> None:
    (shift,) = make_shifts(1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assign(roster, [shift])
        raise ZeroDivisionError
    assert counts(shift) == [0]


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_do_not_lose_one_anothers_people(organization: Organization) -> None:
    roster = builders.make_roster(organization=organization, status="published")
    shifts = make_shifts(4)
    people = [[builders.make_staff() for _ in range(12)] for _ in range(4)]

    def work(turn: int) -> None:
        for index, person in enumerate(people[turn]):
            mine = [shifts[(turn + index) % 4], shifts[(turn + index + 1) % 4]]
            rows = [Assignment(organization=organization, roster=roster, shift=shift, staff=person) for shift in mine]
            Assignment.objects.bulk_create(rows)
            if index % 3 == 0:
                Assignment.objects.filter(staff=person, shift=mine[0]).delete()

    in_parallel(4, work)
    assert sum(counts(*shifts)) == 4 * (12 * 2 - 4)
    assert_all_right()
