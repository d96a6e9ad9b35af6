"""Publishing is all or nothing, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError

from rostering.exceptions import Conflict
from rostering.models import Assignment, Notification, Organization, Roster, Shift, Staff
from rostering.services.publishing import publish_assignments, publish_roster
from tests.builders import (
    MONDAY,
    make_assignment,
    make_certification,
    make_member,
    make_organization,
    make_roster,
    make_rule,
    make_site,
    make_staff,
    shift_at,
)

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    return [roster.status for roster in Roster.objects.order_by("pk")]


def test_publishing_a_draft_publishes_all_its_assignments() -> None:
    roster, alice = make_roster(), make_staff("Alice")
    make_assignment(roster, shift_at(8), alice)
    make_assignment(roster, shift_at(8, day=1), alice)
    by = make_member()
    done = publish_roster(roster=roster, by=by)
    assert (done.confirmed_shifts, done.total_assignments) == (2, 2)
    roster.refresh_from_db()
    assert (roster.status, roster.published_by) == (Roster.Status.PUBLISHED, by)
    assert set(Assignment.objects.values_list("state", flat=True)) == {"published"}


def test_a_second_overlapping_publish_is_refused_with_a_sentence() -> None:
    shift = shift_at(8)
    first, second = make_roster(name="First"), make_roster(name="Second")
    make_assignment(first, shift, make_staff("Alice"))
    make_assignment(second, shift, make_staff("Bob"))
    publish_roster(roster=first, by=make_member())
    with pytest.raises(Conflict, match="“First” is published for some of the same shifts"):
        publish_roster(roster=second, by=make_member())
    assert states() == ["published", "draft"]


def test_publishing_twice_is_refused() -> None:
    roster = make_roster()
    make_assignment(roster, shift_at(8))
    publish_roster(roster=roster, by=make_member())
    with pytest.raises(Conflict, match="is published already; only a draft can be published"):
        publish_roster(roster=roster, by=make_member())


def test_a_replacement_archives_what_it_covers_and_tells_each_affected_person_once() -> None:
    shift, kept = shift_at(8), shift_at(8, day=1)
    alice, bob, carol = make_staff("Alice"), make_staff("Bob"), make_staff("Carol")
    old, new = make_roster(), make_roster()
    make_assignment(old, shift, alice)
    make_assignment(old, kept, carol)
    make_assignment(new, shift, bob)
    make_assignment(new, kept, carol)
    publish_roster(roster=old, by=make_member())
    Notification.objects.all().delete()
    publish_roster(roster=new, by=make_member(), replace=True)
    assert states() == ["archived", "published"]
    assert set(Notification.objects.values_list("staff", flat=True)) == {alice.pk, bob.pk}


def test_a_replacement_that_would_lose_shifts_elsewhere_is_refused() -> None:
    here, there = make_site("HERE"), make_site("THERE")
    old, new = make_roster(), make_roster(sites=[here])
    shift = shift_at(8, site=here)
    make_assignment(old, shift, make_staff("Alice"))
    make_assignment(old, shift_at(8, site=there), make_staff("Bob"))
    make_assignment(new, shift, make_staff("Carol"))
    publish_roster(roster=old, by=make_member())
    with pytest.raises(Conflict, match="1 assignments outside this roster's dates and sites"):
        publish_roster(roster=new, by=make_member(), replace=True)
    assert states() == ["published", "draft"]


def test_each_broken_rule_is_told_and_nothing_is_published() -> None:
    make_rule("rest", minimum=660)
    license_ = make_certification("GUARD")
    roster, alice = make_roster(), make_staff("Alice")
    make_assignment(roster, shift_at(8), alice)
    make_assignment(roster, shift_at(16), alice)
    make_assignment(roster, shift_at(8, day=3, required_certifications=[license_]), alice)
    with pytest.raises(Conflict) as refusal:
        publish_roster(roster=roster, by=make_member())
    assert len(refusal.value.violations) == 2
    assert any("GUARD" in sentence for sentence in refusal.value.violations)
    assert any("rest" in sentence for sentence in refusal.value.violations)
    assert states() == ["draft"]


def test_a_manager_s_override_reason_lets_a_broken_rule_stand() -> None:
    make_rule("rest", minimum=660)
    roster, alice = make_roster(), make_staff("Alice")
    make_assignment(roster, shift_at(8), alice)
    make_assignment(roster, shift_at(16), alice, override_reason="Storm; Alice agreed by phone.")
    assert publish_roster(roster=roster, by=make_member()).total_assignments == 2


def test_history_counts_existing_assignments_for_rest() -> None:
    """A known fault: work already published was ignored by hours, rest and overlap."""
    make_rule("rest", minimum=660)
    alice = make_staff("Alice")
    published = make_roster(start_date=MONDAY - timedelta(days=7))
    make_assignment(published, shift_at(20, day=-1), alice)
    publish_roster(roster=published, by=make_member())
    roster = make_roster()
    make_assignment(roster, shift_at(8), alice)
    with pytest.raises(Conflict) as refusal:
        publish_roster(roster=roster, by=make_member())
    assert "rest" in refusal.value.violations[0]


def test_an_empty_draft_is_not_published() -> None:
    with pytest.raises(Conflict, match="has no assignments"):
        publish_roster(roster=make_roster(), by=make_member())


def pairs(*rows: tuple[Shift, Staff]) -> list[tuple[int, int]]:
    return [(shift.pk, staff.pk) for shift, staff in rows]


def confirm(rows: list[tuple[int, int]], organization: Organization | None = None) -> Any:
    return publish_assignments(organization=organization or make_organization(), by=make_member(), assignments=rows)


def test_bare_assignments_are_published_as_a_roster_of_their_own() -> None:
    alice, bob = make_staff("Alice"), make_staff("Bob")
    shift = shift_at(8, headcount=2)
    done = confirm(pairs((shift, alice), (shift, bob), (shift_at(8, day=2), alice)))
    assert (done.confirmed_shifts, done.total_assignments) == (2, 3)
    assert states() == ["published"]


def test_confirming_nothing_publishes_nothing() -> None:
    assert confirm([]).total_assignments == 0
    assert not Roster.objects.exists()


def test_bare_assignments_are_refused_whole_for_one_bad_row() -> None:
    alice = make_staff("Alice")
    good = shift_at(8)
    with pytest.raises(Conflict) as overlapping:
        confirm(pairs((good, alice), (shift_at(10), alice)))
    assert "at the same time" in overlapping.value.violations[0]
    with pytest.raises(ValidationError, match="given the same shift twice"):
        confirm(pairs((good, alice), (good, alice)))
    foreign = make_staff(organization=make_organization("beta"))
    with pytest.raises(ObjectDoesNotExist, match=f"No employee {foreign.pk}"):
        confirm(pairs((good, alice), (good, foreign)))
    with pytest.raises(Conflict) as crowded:
        confirm(pairs((good, alice), (good, make_staff("Bob"))))
    assert "1 more than the 1 place" in crowded.value.violations[0]
    assert not Roster.objects.exists()
    assert not Assignment.objects.exists()


def test_confirming_shifts_already_published_is_refused() -> None:
    shift = shift_at(8)
    confirm(pairs((shift, make_staff("Alice"))))
    with pytest.raises(Conflict, match="is published for some of the same shifts"):
        confirm(pairs((shift, make_staff("Bob"))))


def test_people_told_of_a_publish_are_written_to_where_they_have_an_address() -> None:
    roster = make_roster()
    with_address: list[dict[str, Any]] = [
        {"email": "alice@home.example"},
        {},
        {"user": make_member(email="c@a.example")},
    ]
    for fields in with_address:
        make_assignment(roster, shift_at(8, site=make_site()), make_staff(**fields))
    publish_roster(roster=roster, by=make_member())
    states = list(Notification.objects.order_by("staff").values_list("delivery", flat=True))
    assert states == ["pending", "none", "pending"]


def test_nobody_is_written_to_about_shifts_that_are_over() -> None:
    roster = make_roster(start_date=MONDAY - timedelta(days=2002))
    make_assignment(roster, shift_at(8, day=-2002), make_staff("Alice", email="alice@home.example"))
    publish_roster(roster=roster, by=make_member())
    assert [notice.delivery for notice in Notification.objects.all()] == ["none"]
