"""What the database refuses whatever path a row takes: other tenants' rows, overlaps, drifting copies."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from rostering.models import Assignment, Roster, Shift
from tests.builders import (
    MONDAY,
    make_assignment,
    make_certification,
    make_organization,
    make_roster,
    make_rule,
    make_shift,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db


def at(hour: int, day: int = 0) -> datetime:
    return datetime.combine(MONDAY + timedelta(days=day), datetime.min.time()) + timedelta(hours=hour)


def check_constraints_now() -> None:
    """Deferred foreign keys are judged at commit; ask for it inside the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("table", "column"),
    [("assignment", "shift_id"), ("assignment", "staff_id"), ("gap", "shift_id"), ("rule", "contract_id")],
)
def test_no_row_can_name_a_row_of_another_organization(table: str, column: str) -> None:
    beta = make_organization("beta")
    foreign = {
        "shift_id": make_shift(organization=beta).pk,
        "staff_id": make_staff(organization=beta).pk,
        "contract_id": make_staff(organization=beta).contract_id,
    }[column]
    alpha = make_organization("alpha")
    roster = make_roster(organization=alpha)
    rows = {
        "assignment": lambda: make_assignment(roster).pk,
        "gap": lambda: roster.gaps.create(organization=alpha, shift=make_shift(organization=alpha), short=1).pk,
        "rule": lambda: make_rule("rest", organization=alpha, minimum=660).pk,
    }
    pk = rows[table]()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE rostering_{table} SET {column} = %s WHERE id = %s", [foreign, pk])  # noqa: S608
        check_constraints_now()


def test_no_many_to_many_table_joins_two_organizations() -> None:
    site = make_site(organization=make_organization("alpha"))
    foreign = make_certification(organization=make_organization("beta"))
    with pytest.raises(IntegrityError, match="different organizations"), transaction.atomic():
        site.required_certifications.add(foreign)
    staff = make_staff(organization=make_organization("beta"))
    for sites in (staff.allowed_sites, staff.preferred_sites, staff.barred_sites):
        with pytest.raises(IntegrityError, match="different organizations"), transaction.atomic():
            sites.add(site)


def test_nobody_works_two_overlapping_shifts_in_one_roster() -> None:
    roster, staff = make_roster(), make_staff()
    make_assignment(roster, make_shift(at(8)), staff)
    with pytest.raises(IntegrityError, match="assignment_no_overlap_in_roster"), transaction.atomic():
        make_assignment(roster, make_shift(at(15)), staff)
    make_assignment(roster, make_shift(at(16)), staff)


def test_drafts_may_overlap_each_other_but_published_rosters_may_not() -> None:
    staff, one, two = make_staff(), make_roster(), make_roster()
    make_assignment(one, make_shift(at(8)), staff)
    make_assignment(two, make_shift(at(12)), staff)
    Roster.objects.filter(pk=one.pk).update(status=Roster.Status.PUBLISHED)
    with pytest.raises(IntegrityError, match="assignment_no_overlap_published"), transaction.atomic():
        Roster.objects.filter(pk=two.pk).update(status=Roster.Status.PUBLISHED)


def test_assignments_follow_their_shift_and_their_roster() -> None:
    roster, shift = make_roster(), make_shift(at(8))
    assignment = make_assignment(roster, shift, starts_at=at(1).replace(tzinfo=roster.organization.tz))
    assignment.refresh_from_db()
    assert assignment.starts_at == shift.starts_at
    Shift.objects.filter(pk=shift.pk).update(ends_at=shift.ends_at + timedelta(hours=1))
    Roster.objects.filter(pk=roster.pk).update(status=Roster.Status.PUBLISHED)
    assignment.refresh_from_db()
    assert assignment.ends_at == shift.ends_at + timedelta(hours=1)
    assert assignment.state == Roster.Status.PUBLISHED


def test_a_bulk_insert_gets_its_times_and_state_from_the_database() -> None:
    roster, shift, staff = make_roster(), make_shift(at(8)), make_staff()
    Assignment.objects.bulk_create(
        [Assignment(organization=roster.organization, roster=roster, shift=shift, staff=staff)]
    )
    row = Assignment.objects.get()
    assert (row.starts_at, row.ends_at, row.state) == (shift.starts_at, shift.ends_at, "draft")


def test_moving_a_shift_onto_another_of_the_same_person_is_refused() -> None:
    roster, staff = make_roster(), make_staff()
    make_assignment(roster, make_shift(at(8)), staff)
    later = make_shift(at(16))
    make_assignment(roster, later, staff)
    with pytest.raises(IntegrityError, match="assignment_no_overlap_in_roster"), transaction.atomic():
        Shift.objects.filter(pk=later.pk).update(starts_at=later.starts_at - timedelta(hours=2))
