"""What would fill an open place, looked for when somebody asks; and doing it, where only assignments move."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from rostering.exceptions import Conflict
from rostering.models import Assignment, Gap, Roster
from rostering.services.assignments import hold
from rostering.services.scoring import Judged, judge_roster, remedy_row, write_figures
from rostering.solver.checker import judge
from rostering.solver.neighborhood import OutOfTimeError
from rostering.solver.remedies import remedies
from rostering.solver.standing import AS_IS, Moves, Standing

SECONDS = 8.0
"""The longest a person waits for an answer."""
CARRIED_OUT = ("move", "points")
"""Kinds of remedies that change nothing but assignments."""


def look_for_remedies(*, gap: Gap, seconds: float = SECONDS) -> Gap:
    """Look thoroughly for the smallest changes that fill one place of the gap, and store them with it.

    Raises Conflict while the roster is being generated or is archived, and when it was edited meanwhile.
    """
    roster = hold(gap.roster, lock=False)
    judged = judge_roster(roster)
    short = {entry.shift for entry in judged.judgement.shortfalls}
    if str(gap.shift_id) not in short:
        raise Conflict(f"{gap.shift} has no open place in {roster}.")
    standing = Standing(judged.loaded.problem, judged.assignments, judged.judgement)
    try:
        found = remedies(standing, str(gap.shift_id), seconds=seconds)
    except OutOfTimeError as late:
        raise Conflict(
            f"{seconds:g} seconds were not enough to ask everybody; try again when less is going on."
        ) from late
    # Whoever edits a roster writes its gaps anew, so that a number still there means nothing has changed.
    stored = Gap.objects.filter(pk=gap.pk).update(
        remedies=[remedy_row(remedy) for remedy in found.remedies], remedies_thorough=found.thorough
    )
    if not stored:
        raise Conflict("Somebody changed the roster meanwhile; look again.")
    gap.refresh_from_db()
    return gap


def carry_out(*, gap: Gap, position: int) -> str:
    """Make the moves of a remedy that changes nothing but assignments; answers with its sentence.

    All of it or nothing: it is judged again first. Raises Conflict for a remedy that changes more, one that no longer
    fills the place, and one gone since.
    """
    with transaction.atomic():
        roster = hold(gap.roster)
        row = _row(gap, position)
        moves = Moves(_pairs(row["gains"]), _pairs(row["losses"]))
        _make(roster, gap, moves)
    return str(row["sentence"])


def _row(gap: Gap, position: int) -> dict[str, Any]:
    current = Gap.objects.filter(pk=gap.pk).values_list("remedies", flat=True).first() or []
    if not 0 <= position < len(current):
        raise Conflict("Somebody changed the roster meanwhile; look again.")
    row: dict[str, Any] = current[position]
    if row["kind"] not in CARRIED_OUT:
        raise Conflict("This needs more than other assignments; make the change first, then re-optimize the roster.")
    return row


def _pairs(rows: list[dict[str, int]]) -> frozenset[tuple[str, str]]:
    return frozenset((str(row["staff"]), str(row["shift"])) for row in rows)


def _make(roster: Roster, gap: Gap, moves: Moves) -> None:
    judged = judge_roster(roster)
    standing = Standing(judged.loaded.problem, judged.assignments, judged.judgement)
    people = {staff for staff, _ in moves.gains | moves.losses}
    known = people <= standing.problem.staff_index.keys() and moves.losses <= judged.assignments
    if not known or moves.gains & judged.assignments or standing.effect(AS_IS, moves, str(gap.shift_id)) is None:
        raise Conflict("This no longer fills the place without breaking a required rule; look again.")
    for staff, shift in sorted(moves.losses):
        Assignment.objects.filter(roster=roster, staff_id=int(staff), shift_id=int(shift)).delete()
    gained = [
        Assignment(
            organization_id=roster.organization_id,
            roster=roster,
            staff_id=int(staff),
            shift_id=int(shift),
            source=Assignment.Source.MANUAL,
        )
        for staff, shift in sorted(moves.gains)
    ]
    try:
        with transaction.atomic():
            Assignment.objects.bulk_create(gained)
    except IntegrityError as error:
        raise Conflict("Somebody already works at that time in another published roster.") from error
    pairs = judged.assignments - moves.losses | moves.gains
    write_figures(roster=roster, judged=Judged(judged.loaded, pairs, judge(judged.loaded.problem, pairs)))
