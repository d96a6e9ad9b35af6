"""Edits by hand are judged like the solver's, in sentences; a manager may override with a reason."""

from __future__ import annotations

import pytest

from rostering.exceptions import Conflict
from rostering.models import Assignment, Role, Roster
from rostering.services.assignments import assign, move, set_pinned, unassign
from rostering.services.replacements import candidates
from tests.builders import (
    make_assignment,
    make_availability,
    make_member,
    make_roster,
    make_rule,
    make_site,
    make_staff,
    shift_at,
)

pytestmark = pytest.mark.django_db


def test_assigning_fills_a_place_and_rewrites_the_rosters_figures() -> None:
    roster, alice = make_roster(), make_staff("Alice")
    shift = shift_at(8, headcount=2)
    edited = assign(roster=roster, shift=shift, staff=alice, by=make_member())
    assert edited.assignment.starts_at == shift.starts_at
    roster.refresh_from_db()
    assert (roster.places, roster.filled, roster.coverage) == (2, 1, 50.0)
    assert [(gap.shift_id, gap.short) for gap in roster.gaps.all()] == [(shift.pk, 1)]


def test_a_broken_rule_is_refused_in_a_sentence_until_a_manager_gives_a_reason() -> None:
    make_rule("rest", minimum=660)
    roster, alice = make_roster(), make_staff("Alice")
    make_assignment(roster, shift_at(8), alice)
    late = shift_at(16)
    scheduler = make_member(role=Role.SCHEDULER)
    with pytest.raises(Conflict, match="cannot take") as refusal:
        assign(roster=roster, shift=late, staff=alice, by=scheduler)
    assert "rest" in refusal.value.violations[0]
    with pytest.raises(Conflict, match="Only a manager"):
        assign(roster=roster, shift=late, staff=alice, by=scheduler, override_reason="Please")
    edited = assign(roster=roster, shift=late, staff=alice, by=make_member(), override_reason="Agreed by phone")
    assert edited.assignment.override_reason == "Agreed by phone"


def test_nobody_works_two_shifts_at_once_whatever_the_reason() -> None:
    roster, alice = make_roster(), make_staff("Alice")
    make_assignment(roster, shift_at(8), alice)
    with pytest.raises(Conflict, match="already works at that time"):
        assign(roster=roster, shift=shift_at(12), staff=alice, by=make_member(), override_reason="Cloned")
    assert Assignment.objects.count() == 1


def test_headcount_is_a_limit_for_hands_too() -> None:
    roster, shift = make_roster(), shift_at(8)
    make_assignment(roster, shift, make_staff("Alice"))
    with pytest.raises(Conflict) as refusal:
        assign(roster=roster, shift=shift, staff=make_staff("Bob"), by=make_member())
    assert "its one place is taken" in refusal.value.violations[0]


def test_a_shift_outside_the_roster_is_refused() -> None:
    roster = make_roster(sites=[make_site("HERE")])
    with pytest.raises(Conflict, match="is not part of"):
        assign(roster=roster, shift=shift_at(8, site=make_site("THERE")), staff=make_staff(), by=make_member())


def test_a_move_that_cannot_be_made_leaves_the_first_person_in_place() -> None:
    roster, shift = make_roster(), shift_at(8)
    alice, bob = make_staff("Alice"), make_staff("Bob")
    assignment = make_assignment(roster, shift, alice, pinned=True)
    make_availability(bob, reason="leave")
    with pytest.raises(Conflict):
        move(assignment=assignment, staff=bob, by=make_member())
    assert Assignment.objects.get().staff == alice
    moved = move(assignment=Assignment.objects.get(), staff=make_staff("Carol"), by=make_member())
    assert moved.assignment.pinned
    assert Assignment.objects.get().staff.first_name == "Carol"


def test_an_archived_roster_cannot_be_changed() -> None:
    assignment = make_assignment(make_roster(), shift_at(8))
    Roster.objects.update(status=Roster.Status.ARCHIVED)
    with pytest.raises(Conflict, match="archived"):
        unassign(assignment=assignment)
    with pytest.raises(Conflict, match="archived"):
        set_pinned(assignment=assignment, pinned=True)


def test_unassigning_opens_the_place_again() -> None:
    roster = make_roster()
    unassign(assignment=make_assignment(roster, shift_at(8)))
    assert [gap.short for gap in roster.gaps.all()] == [1]


def test_candidates_are_ranked_with_every_rule_they_would_break() -> None:
    make_rule("rest", minimum=660)
    roster, wanted = make_roster(), shift_at(16)
    free, tired, away = make_staff("Free"), make_staff("Tired"), make_staff("Away")
    make_assignment(roster, shift_at(8), tired)
    make_availability(away, reason="leave")
    make_assignment(roster, shift_at(8, day=1), away)
    ranked = candidates(shift=wanted, roster=roster)
    assert [one.staff_id for one in ranked] == [free.pk, tired.pk, away.pk]
    assert [len(one.broken) for one in ranked] == [0, 1, 2]
    assert ranked[1].rest_before_minutes == 0
    assert ranked[2].rest_after_minutes == 8 * 60
