"""What would fill a gap: stored by the job and after edits, looked for on demand, and carried out."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from jobs.context import JobContext
from jobs.runner import run_job
from jobs.states import ShouldStop
from rostering.exceptions import Conflict
from rostering.models import Assignment, Gap, Roster, Shift
from rostering.services import remedies as service
from rostering.services.assignments import assign, unassign
from rostering.services.remedies import carry_out, look_for_remedies
from rostering.services.rosters import start_roster
from rostering.services.scoring import judge_roster, refresh
from rostering.solver import remedies
from tests.builders import (
    MONDAY,
    make_assignment,
    make_availability,
    make_certification,
    make_gap,
    make_member,
    make_organization,
    make_roster,
    make_rule,
    make_site,
    make_staff,
    shift_at,
)

pytestmark = pytest.mark.django_db


def swap() -> tuple[Roster, Shift, Shift]:
    """Alice alone may work at the vault and is at the gate; Bob could be at the gate."""
    make_rule("one_shift_per_day")
    gate, vault = make_site("GATE"), make_site("VAULT")
    roster = make_roster()
    busy, wanted = shift_at(8, site=gate), shift_at(16, site=vault)
    make_assignment(roster, busy, make_staff("Alice"))
    make_staff("Bob", barred_sites=[vault])
    refresh(roster=roster)
    return roster, busy, wanted


def given(roster: Roster) -> set[tuple[str, int]]:
    return set(Assignment.objects.filter(roster=roster).values_list("staff__first_name", "shift_id"))


def generated(**fields: Any) -> Roster:
    values: dict[str, Any] = {"algorithm": "fast", "time_limit_seconds": 2, **fields}
    roster = start_roster(
        organization=make_organization(),
        requested_by=None,
        start_date=MONDAY,
        end_date=MONDAY + timedelta(days=6),
        **values,
    )
    assert roster.job_id is not None
    job = run_job(roster.job_id, inline=True)
    assert job is not None and job.status == "succeeded", job and job.error_detail
    roster.refresh_from_db()
    return roster


def test_the_job_stores_what_fills_each_gap_and_answers_with_it() -> None:
    make_staff("Alice")
    make_availability(make_staff("Bob"), reason="Annual leave")
    diver = shift_at(8, required_certifications=[make_certification("DIVER")])
    roster = generated()
    gap = roster.gaps.get()
    assert gap.remedies_thorough
    assert gap.remedies is not None
    assert [row["kind"] for row in gap.remedies] == ["certification", "waiver", "hire"]
    assert gap.remedies[0]["headline"].startswith("Have Alice")
    assert gap.remedies[0]["gains"] == [{"staff": gap.remedies[0]["staff"], "shift": diver.pk}]
    assert roster.job is not None and roster.job.result is not None
    assert roster.job.result["unfilled_shifts"][0]["remedies"] == gap.remedies


def test_the_score_is_stored_with_weights_units_and_rules() -> None:
    make_rule("days", maximum=1, required=False, weight=3.0)
    make_staff("Alice")
    for day in range(3):
        shift_at(8, day)
    roster = generated()
    rows = {row["rule"]: row for row in roster.score}
    assert rows["days"]["weights"] == [3.0]
    assert rows["days"]["unit"] == "Points for each day over or under."
    assert rows["days"]["meanings"] and rows["days"]["matches"][0]["units"] == 2
    assert rows["days"]["points"] == pytest.approx(6)


def test_stopping_early_asks_everybody_but_solves_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make_rule("rest", minimum=660)
    make_rule("fairness", required=False, weight=3.0)
    for number in range(8):
        make_staff(f"Person{number}")
    for day in range(7):
        shift_at(8, day, headcount=2), shift_at(16, day, headcount=2)
    diver = shift_at(12, required_certifications=[make_certification("DIVER")])
    monkeypatch.setattr(JobContext, "should_stop", lambda self: ShouldStop.STOP)
    began = monotonic()
    roster = generated(algorithm="production", time_limit_seconds=600)
    assert monotonic() - began < 20, "two seconds, and room for a busy machine"
    assert roster.solver_status == "stopped"
    gap = roster.gaps.get(shift=diver)
    assert gap.remedies and gap.remedies[0]["kind"] == "certification" and not gap.remedies_thorough


def test_an_edit_keeps_the_remedies_of_the_gaps_that_stay() -> None:
    roster, busy, wanted = swap()
    gap = roster.gaps.get()
    assert (gap.shift_id, gap.remedies_thorough) == (wanted.pk, False)
    assert gap.remedies is not None and gap.remedies[0]["kind"] == "limit"
    unassign(assignment=Assignment.objects.get(roster=roster))
    stored = {row.shift_id: row.remedies for row in roster.gaps.all()}
    assert {shift: rows and rows[0]["kind"] for shift, rows in stored.items()} == {busy.pk: "move", wanted.pk: "move"}


def test_looking_thoroughly_finds_the_swap_and_carrying_it_out_fills_the_place() -> None:
    roster, busy, wanted = swap()
    gap = look_for_remedies(gap=roster.gaps.get())
    assert gap.remedies_thorough and gap.remedies is not None
    assert gap.remedies[0]["kind"] == "move"
    assert "Bob" in gap.remedies[0]["sentence"] and "from Alice" in gap.remedies[0]["sentence"]
    sentence = carry_out(gap=gap, position=0)
    assert sentence == gap.remedies[0]["sentence"]
    assert given(roster) == {("Alice", wanted.pk), ("Bob", busy.pk)}
    assert not roster.gaps.exists()
    roster.refresh_from_db()
    assert roster.coverage == 100.0 and judge_roster(roster).judgement.legal


def test_what_no_longer_fills_the_place_is_refused_and_nothing_moves() -> None:
    roster, busy, _ = swap()
    gap = look_for_remedies(gap=roster.gaps.get())
    Assignment.objects.filter(roster=roster).delete()
    make_assignment(roster, busy, make_staff("Cleo"))
    before = given(roster)
    with pytest.raises(Conflict, match="no longer fills"):
        carry_out(gap=gap, position=0)
    assert given(roster) == before


def test_a_pinned_shift_is_not_taken_away() -> None:
    roster, _, _ = swap()
    gap = look_for_remedies(gap=roster.gaps.get())
    Assignment.objects.filter(roster=roster).update(pinned=True)
    with pytest.raises(Conflict, match="no longer fills"):
        carry_out(gap=gap, position=0)


def test_a_change_beyond_assignments_is_not_carried_out() -> None:
    roster, _, _ = swap()
    gap = roster.gaps.get()
    with pytest.raises(Conflict, match="more than other assignments"):
        carry_out(gap=gap, position=0)
    with pytest.raises(Conflict, match="look again"):
        carry_out(gap=gap, position=7)


def test_an_edit_meanwhile_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    roster, _, wanted = swap()
    gap = roster.gaps.get()
    found = remedies.remedies

    def edited_meanwhile(*words: Any, **more: Any) -> Any:
        answer = found(*words, **more)
        refresh(roster=roster)
        return answer

    monkeypatch.setattr(service, "remedies", edited_meanwhile)
    with pytest.raises(Conflict, match="meanwhile"):
        look_for_remedies(gap=gap)
    assert Gap.objects.get(roster=roster, shift=wanted).remedies_thorough is False


def test_a_gap_filled_by_now_an_archived_roster_and_one_being_generated_are_refused() -> None:
    roster, busy, _ = swap()
    gap = roster.gaps.get()
    filled = make_gap(roster, busy)
    with pytest.raises(Conflict, match="no open place"):
        look_for_remedies(gap=filled)
    Roster.objects.filter(pk=roster.pk).update(status=Roster.Status.ARCHIVED)
    for attempt in (lambda: look_for_remedies(gap=gap), lambda: carry_out(gap=gap, position=0)):
        with pytest.raises(Conflict, match="archived"):
            attempt()


def test_an_assignment_by_hand_leaves_the_other_gap_with_its_remedy() -> None:
    roster, _, wanted = swap()
    other = shift_at(8, 2, site=wanted.site)
    refresh(roster=roster)
    alice = Assignment.objects.get(roster=roster).staff
    assign(roster=roster, shift=other, staff=alice, by=make_member())
    assert [(gap.shift_id, bool(gap.remedies)) for gap in roster.gaps.all()] == [(wanted.pk, True)]
