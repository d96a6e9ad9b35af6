"""Editing a roster by hand: every edit is judged first, and says in sentences which rules it would break."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from jobs.states import ACTIVE
from rostering.access import Action, may
from rostering.exceptions import Conflict
from rostering.models import Assignment, Roster, Shift, Staff
from rostering.selectors.problems import Loaded, load_problem
from rostering.services.scoring import Judged, refresh, write_figures
from rostering.solver.checker import judge
from rostering.solver.explain import objections
from rostering.solver.problem import Timeline

User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True)
class Edited:
    """What an edit did: the assignment, and what it costs by preferred rules, each as a sentence."""

    assignment: Assignment
    warnings: tuple[str, ...]


def assign(
    *, roster: Roster, shift: Shift, staff: Staff, by: User, override_reason: str = "", pinned: bool = False
) -> Edited:
    """Put a person on a shift.

    Raises Conflict with a sentence for each required rule it would break, unless a manager gives `override_reason`;
    nobody can work two shifts at once, whatever the reason.
    """
    with transaction.atomic():
        roster = hold(roster)
        return _assign(roster, shift, staff, by=by, override_reason=override_reason, pinned=pinned)


def move(*, assignment: Assignment, staff: Staff, by: User, override_reason: str = "") -> Edited:
    """Give an assignment to somebody else, all or nothing. Raises Conflict as `assign` does."""
    with transaction.atomic():
        roster = hold(assignment.roster)
        assignment.delete()
        pinned = assignment.pinned
        return _assign(roster, assignment.shift, staff, by=by, override_reason=override_reason, pinned=pinned)


def unassign(*, assignment: Assignment) -> None:
    """Take a person off a shift. Raises Conflict while the roster is being generated or is archived."""
    with transaction.atomic():
        roster = hold(assignment.roster)
        assignment.delete()
        refresh(roster=roster)


def set_pinned(*, assignment: Assignment, pinned: bool) -> None:
    """Pin an assignment so that the solver keeps it, or let it go."""
    with transaction.atomic():
        hold(assignment.roster)
        assignment.pinned = pinned
        assignment.save(update_fields=["pinned"])


def hold(roster: Roster, *, lock: bool = True) -> Roster:
    """The roster as it is now, locked for an edit. Raises Conflict while it is being generated or is archived."""
    rows = Roster.objects.select_related("organization", "job")
    held: Roster = (rows.select_for_update(of=("self",)) if lock else rows).get(pk=roster.pk)
    if held.status == Roster.Status.ARCHIVED:
        raise Conflict(f"{held} is archived and cannot be changed.")
    if held.job is not None and held.job.status in ACTIVE:
        raise Conflict(f"{held} is being generated; wait for its job, or stop it and keep the best so far.")
    return held


def _assign(roster: Roster, shift: Shift, staff: Staff, *, by: User, override_reason: str, pinned: bool) -> Edited:
    loaded = load_problem(roster, including=staff)
    if shift.pk not in loaded.shifts:
        raise Conflict(f"{shift} is not part of {roster}: its dates or sites differ.")
    broken, warnings = _judge(roster, loaded, shift, staff)
    if broken and not override_reason:
        raise Conflict(f"{staff} cannot take {shift}.", broken)
    if broken and not may(by, roster.organization_id, Action.MANAGE):
        raise Conflict("Only a manager can override a required rule.", broken)
    assignment = Assignment(
        organization_id=roster.organization_id,
        roster=roster,
        shift=shift,
        staff=staff,
        pinned=pinned,
        source=Assignment.Source.MANUAL,
        override_reason=override_reason if broken else "",
    )
    try:
        with transaction.atomic():
            assignment.save()
    except IntegrityError as error:
        raise Conflict(f"{staff} already works at that time.", broken) from error
    _rewrite(roster, loaded)
    assignment.refresh_from_db()
    return Edited(assignment, tuple(warnings))


def _rewrite(roster: Roster, loaded: Loaded) -> None:
    """Rewrite a roster's figures from a problem already loaded; the assignments are read anew."""
    rows = Assignment.objects.filter(roster=roster).values_list("staff_id", "shift_id")
    pairs = frozenset((str(person), str(shift)) for person, shift in rows if shift in loaded.shifts)
    write_figures(roster=roster, judged=Judged(loaded, pairs, judge(loaded.problem, pairs)))


def _judge(roster: Roster, loaded: Loaded, shift: Shift, staff: Staff) -> tuple[list[str], list[str]]:
    """Required and preferred rules the edit would break, as sentences."""
    problem = loaded.problem
    person = problem.staff[problem.staff_index[str(staff.pk)]]
    rows = Assignment.objects.filter(roster=roster)
    mine = [pk for pk in rows.filter(staff=staff).values_list("shift_id", flat=True) if pk in loaded.shifts]
    shifts = [problem.shifts[problem.shift_index[str(pk)]] for pk in mine]
    wanted = problem.shifts[problem.shift_index[str(shift.pk)]]
    found = objections(Timeline(person, problem.calendar, tuple(shifts)), wanted)
    broken = [objection.sentence for objection in found if objection.required]
    if wanted.over_cost is None and rows.filter(shift=shift).count() >= wanted.headcount:
        places = "its one place is" if wanted.headcount == 1 else f"all {wanted.headcount} places are"
        broken.append(f"{wanted.label}: {places} taken; remove somebody first.")
    return broken, [objection.sentence for objection in found if not objection.required and objection.points > 0]
