"""Roster actions, assignments, candidates, notifications and reports: their shapes and what they refuse."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from rostering.models import Assignment, Role, Roster, Shift
from rostering.selectors.results import result_payload
from tests import builders
from tests.builders import MONDAY
from tests.rostering.api.conftest import SignIn
from tests.rostering.api.worlds import World

pytestmark = pytest.mark.django_db


def test_patterns_become_shifts_once(ours: World, scheduler: APIClient) -> None:
    Shift.objects.all().delete()
    body = {"start": "2027-02-01", "end": "2027-02-14"}
    first = scheduler.post("/api/v1/shift-patterns/materialize", body, format="json")
    assert (first.status_code, first.json()) == (200, {"created": 14, "existing": 0})
    named = {**body, "patterns": [ours.rows["shift-patterns"].pk]}
    assert scheduler.post("/api/v1/shift-patterns/materialize/", named, format="json").json() == {
        "created": 0,
        "existing": 14,
    }
    assert Shift.objects.count() == 14
    for wrong in ({"start": "2027-02-01"}, {"start": "2027-02-14", "end": "2027-02-01"}, {**body, "end": "2030-01-01"}):
        assert scheduler.post("/api/v1/shift-patterns/materialize/", wrong, format="json").status_code == 400


def test_a_roster_tells_its_gaps_with_reasons(ours: World, scheduler: APIClient) -> None:
    page = scheduler.get(f"/api/v1/rosters/{ours.roster.pk}/gaps/").json()
    assert page["count"] == 1
    assert set(page["results"][0]) == {
        *("shift", "site", "site_name", "shift_type_code", "starts_at", "ends_at"),
        *("headcount", "short", "reasons", "nearest", "remedies", "remedies_thorough"),
    }
    assert (page["results"][0]["remedies"], page["results"][0]["remedies_thorough"]) == (None, False)


def test_what_fills_a_gap_is_looked_for_on_demand_and_kept(ours: World, scheduler: APIClient) -> None:
    gap = ours.roster.gaps.get()
    url = f"/api/v1/rosters/{ours.roster.pk}/remedies/"
    answer = scheduler.post(url, {"shift_id": gap.shift_id}, format="json")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["shift"], body["remedies_thorough"]) == (gap.shift_id, True)
    first = body["remedies"][0]
    assert set(first) == {
        *("kind", "sentence", "headline", "staff", "size", "points", "cents", "gains", "losses", "also"),
    }
    assert first["sentence"].startswith(first["headline"])
    listed = scheduler.get(f"/api/v1/rosters/{ours.roster.pk}/gaps/").json()["results"]
    assert [row["remedies"] for row in listed if row["shift"] == gap.shift_id] == [body["remedies"]]


def test_remedies_are_refused_for_shifts_without_a_gap_and_of_others(
    ours: World, theirs: World, scheduler: APIClient, sign_in: SignIn
) -> None:
    url, hidden = (f"/api/v1/rosters/{world.roster.pk}/remedies/" for world in (ours, theirs))
    their_shift = theirs.roster.gaps.get().shift_id
    assert scheduler.post(url, {"shift_id": ours.shift.pk}, format="json").status_code == 404
    assert scheduler.post(url, {"shift_id": their_shift}, format="json").status_code == 404
    assert scheduler.post(hidden, {"shift_id": their_shift}, format="json").status_code == 404
    assert scheduler.post(url, {}, format="json").status_code == 400
    viewer = sign_in(ours.members[Role.VIEWER])
    assert viewer.post(url, {"shift_id": ours.roster.gaps.get().shift_id}, format="json").status_code == 403
    assert theirs.roster.gaps.get().remedies is None
    Roster.objects.filter(pk=ours.roster.pk).update(status="archived")
    archived = scheduler.post(url, {"shift_id": ours.roster.gaps.get().shift_id}, format="json")
    assert archived.status_code == 409


def test_a_roster_tells_its_score_by_rule(ours: World, scheduler: APIClient) -> None:
    rule = {
        "rule": "rest",
        "label": "Rest",
        "required": False,
        "points": 12.0,
        "cents": 0,
        "count": 1,
        "matches": [{"sentence": "Alice rests 9 h.", "cost": 12.0, "staff": ours.staff.pk, "shifts": [ours.shift.pk]}],
    }
    Roster.objects.filter(pk=ours.roster.pk).update(score=[rule], objective=12.0, bound=9.0)
    answer = scheduler.get(f"/api/v1/rosters/{ours.roster.pk}/score/").json()
    assert answer == {"roster_id": ours.roster.pk, "objective": 12.0, "bound": 9.0, "gap": 25.0, "rules": [rule]}
    assert scheduler.get(f"/api/v1/rosters/{ours.roster.pk}/").json()["gap"] == 25.0
    ours.roster.refresh_from_db()
    assert result_payload(ours.roster)["summary"]["gap"] == 25.0, "percent everywhere, as in a job's status"


def test_a_roster_tells_who_gains_and_loses_what(ours: World, scheduler: APIClient) -> None:
    site = ours.rows["sites"]
    bob = builders.make_staff("Bob", organization=ours.organization)
    other = builders.make_roster(sites=[site], name="Other")
    builders.make_assignment(other, ours.shift, bob)
    url = f"/api/v1/rosters/{ours.roster.pk}/diff/"
    nothing = scheduler.get(url).json()
    assert (nothing["against"], nothing["gained"], nothing["lost"]) == ([], 1, 0)
    found = scheduler.get(url, {"against": other.pk}).json()
    assert (found["gained"], found["lost"], found["unchanged"]) == (1, 1, 0)
    assert [(row["staff"], len(row["gains"]), len(row["loses"]), row["minutes"]) for row in found["people"]] == [
        (ours.staff.pk, 1, 0, 480),
        (bob.pk, 0, 1, -480),
    ]
    assert found["people"][0]["gains"][0]["shift"] == ours.shift.pk
    Roster.objects.filter(pk=other.pk).update(status="published")
    assert scheduler.get(url).json()["against"][0]["id"] == other.pk
    assert scheduler.get(url, {"against": "x"}).status_code == 400
    assert scheduler.get(url, {"against": 987654321}).status_code == 404


def test_a_shift_ranks_its_candidates(ours: World, scheduler: APIClient) -> None:
    ours.rows["assignments"].delete()
    builders.make_staff("Uma Uncertified", organization=ours.organization, contract=ours.rows["contracts"])
    rows = scheduler.get(f"/api/v1/shifts/{ours.shift.pk}/candidates/").json()
    assert [row["name"].split()[0] for row in rows] == ["Alice", "Uma"]
    assert (rows[0]["eligible"], rows[0]["certified"], rows[0]["cost"]) == (True, True, 160.0)
    assert (rows[1]["eligible"], rows[1]["certified"]) == (False, False)
    assert rows[1]["broken"] and all("Uma" in sentence for sentence in rows[1]["broken"])
    assert set(rows[0]) >= {"rest_before_minutes", "rest_after_minutes", "points", "fairness_points", "warnings"}
    lonely = builders.make_shift(datetime.combine(date(2029, 1, 1), time(8)), site=ours.rows["sites"])
    answer = scheduler.get(f"/api/v1/shifts/{lonely.pk}/candidates/")
    assert answer.status_code == 409
    assert "No roster covers" in answer.json()["detail"]


def test_reoptimizing_starts_a_job_for_a_new_draft_and_leaves_the_old_one(ours: World, scheduler: APIClient) -> None:
    answer = scheduler.post(f"/api/v1/rosters/{ours.roster.pk}/reoptimize/", {"algorithm": "fast"}, format="json")
    assert answer.status_code == 202
    draft = Roster.objects.exclude(pk=ours.roster.pk).get(organization=ours.organization)
    assert (draft.base_id, draft.algorithm, str(draft.job_id)) == (ours.roster.pk, "fast", answer.json()["job_id"])
    wrong = scheduler.post(f"/api/v1/rosters/{ours.roster.pk}/reoptimize/", {"algorithm": "magic"}, format="json")
    assert wrong.status_code == 400


def test_assignments_are_judged_by_the_rules(ours: World, scheduler: APIClient, owner: APIClient) -> None:
    uma = builders.make_staff("Uma", organization=ours.organization, contract=ours.rows["contracts"])
    shift = builders.make_shift(datetime.combine(MONDAY, time(16)), site=ours.rows["sites"])
    body = {"roster": ours.roster.pk, "shift": shift.pk, "staff": uma.pk}
    refused = scheduler.post("/api/v1/assignments/", body, format="json")
    assert refused.status_code == 409
    assert refused.json()["violations"]
    excused = {**body, "override_reason": "Nobody else is near."}
    assert scheduler.post("/api/v1/assignments/", excused, format="json").status_code == 409
    made = owner.post("/api/v1/assignments/", excused, format="json")
    assert (made.status_code, made.json()["source"], made.json()["override_reason"]) == (
        201,
        "manual",
        "Nobody else is near.",
    )
    url = f"/api/v1/assignments/{made.json()['id']}/"
    assert scheduler.patch(url, {"pinned": True}, format="json").json()["pinned"] is True
    assert scheduler.patch(url, {"shift": ours.shift.pk}, format="json").status_code == 409
    assert scheduler.patch(url, {"override_reason": "Changed my mind."}, format="json").status_code == 409
    short_rest = owner.patch(url, {"staff": ours.staff.pk}, format="json")
    assert short_rest.status_code == 409, "Alice works until this shift begins"
    moved = owner.patch(url, {"staff": ours.staff.pk, "override_reason": "She agreed."}, format="json").json()
    assert (moved["staff"], moved["pinned"], moved["override_reason"]) == (ours.staff.pk, True, "She agreed.")
    url = f"/api/v1/assignments/{moved['id']}/"
    assert scheduler.delete(url).status_code == 204
    assert Assignment.objects.filter(shift=shift).count() == 0


@pytest.mark.parametrize("status", ["published", "archived"])
def test_published_rosters_and_their_assignments_are_read_only(status: str, ours: World, owner: APIClient) -> None:
    Roster.objects.filter(pk=ours.roster.pk).update(status=status)
    spare = builders.make_shift(datetime.combine(MONDAY + timedelta(days=1), time(8)), site=ours.rows["sites"])
    own = ours.rows["assignments"]
    body = {"roster": ours.roster.pk, "shift": spare.pk, "staff": ours.staff.pk}
    for answer in (
        owner.post("/api/v1/assignments/", body, format="json"),
        owner.patch(f"/api/v1/assignments/{own.pk}/", {"pinned": True}, format="json"),
        owner.delete(f"/api/v1/assignments/{own.pk}/"),
        owner.patch(f"/api/v1/rosters/{ours.roster.pk}/", {"name": "New"}, format="json"),
        owner.delete(f"/api/v1/rosters/{ours.roster.pk}/"),
    ):
        assert answer.status_code == 409
        assert f"is {status} and cannot be changed" in answer.json()["detail"]
    assert Assignment.objects.filter(roster=ours.roster).count() == 1


def test_a_notification_is_marked_read_by_whom_it_is_addressed_to(ours: World, sign_in: SignIn) -> None:
    url = f"/api/v1/notifications/{ours.rows['notifications'].pk}/read/"
    viewer, scheduler = sign_in(ours.members[Role.VIEWER]), sign_in(ours.members[Role.SCHEDULER])
    assert scheduler.post(url).status_code == 403
    assert viewer.post(url).json()["read_at"]
    listed = viewer.get("/api/v1/notifications/", {"mine": "true", "unread": "true"}).json()
    assert listed["count"] == 0


def publish(world: World) -> None:
    Roster.objects.filter(pk=world.roster.pk).update(status="published", budget=Decimal(500), cost_cents=16000)


DATES: dict[str, str | int] = {"start_date": str(MONDAY), "end_date": str(MONDAY + timedelta(days=6))}


def test_unfilled_shifts_come_with_reasons(ours: World, scheduler: APIClient) -> None:
    open_shift = ours.roster.gaps.get().shift
    reason = {"rule": "rest", "label": "Rest", "count": 1, "staff": [ours.staff.pk], "sentence": "No rest."}
    ours.roster.gaps.update(reasons=[reason])
    of_roster = scheduler.get("/api/v1/roster/unfilled-shifts", {"roster_id": ours.roster.pk}).json()
    assert of_roster["total_open"] == 1
    assert [row["shift_id"] for row in of_roster["unfilled_shifts"]] == [open_shift.pk]
    assert of_roster["unfilled_shifts"][0]["reasons"] == [reason]
    before = scheduler.get("/api/v1/roster/unfilled-shifts", DATES).json()
    assert (before["total_open"], before["roster_id"]) == (2, None), "a draft fills nothing yet"
    publish(ours)
    after = scheduler.get("/api/v1/roster/unfilled-shifts", DATES).json()
    assert [row["shift_id"] for row in after["unfilled_shifts"]] == [open_shift.pk]


def test_employee_hours_are_paid_hours_against_the_contract(ours: World, scheduler: APIClient) -> None:
    publish(ours)
    answer = scheduler.get("/api/v1/roster/employee-hours", DATES).json()
    row = next(one for one in answer["employees"] if one["employee_id"] == ours.staff.pk)
    assert (row["shifts"], row["hours"], row["contract_hours"], row["difference"], row["cost"]) == (
        *(1, 8.0, 40.0, -32.0),
        160.0,
    )
    elsewhere = builders.make_site(organization=ours.organization)
    none = scheduler.get("/api/v1/roster/employee-hours", {**DATES, "site_id": elsewhere.pk}).json()
    assert [one["hours"] for one in none["employees"]] == [0.0]


def test_the_budget_summary_adds_up(ours: World, scheduler: APIClient) -> None:
    publish(ours)
    answer = scheduler.get("/api/v1/roster/budget-summary", DATES).json()
    assert (answer["total_cost"], answer["total_hours"], answer["currency"]) == (160.0, 8.0, "EUR")
    assert (answer["budget"], answer["remaining"]) == (500.0, 340.0)
    assert [(row["site_id"], row["cost"]) for row in answer["by_site"]] == [(ours.rows["sites"].pk, 160.0)]
    assert [row["roster_id"] for row in answer["rosters"]] == [ours.roster.pk]


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2027-02-08", "end_date": "2027-02-01"},
        {"start_date": "2027-01-01", "end_date": "2029-01-01"},
        {"start_date": "soon"},
        {"roster_id": "x"},
        {"site_id": "-1"},
    ],
)
@pytest.mark.parametrize("path", ["unfilled-shifts", "employee-hours", "budget-summary"])
def test_reports_refuse_what_makes_no_sense(
    path: str, query: dict[str, str], ours: World, scheduler: APIClient
) -> None:
    answer = scheduler.get(f"/api/v1/roster/{path}", query)
    assert answer.status_code == 400
    assert len(answer.json()) == 1
