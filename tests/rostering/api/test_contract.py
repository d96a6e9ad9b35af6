"""Shapes, slashes, pages, filters: what existing clients rely on."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from rostering.models import Assignment, Membership, Role, Roster, Shift, Site, Staff
from tests import builders
from tests.builders import MONDAY
from tests.rostering.api.conftest import SignIn
from tests.rostering.api.routes import Route, api_routes
from tests.rostering.api.worlds import World, resources

pytestmark = pytest.mark.django_db

READABLE = [route for route in api_routes() if not route.key and "get" in route.methods]


@pytest.mark.parametrize("route", READABLE, ids=lambda route: route.path)
def test_paths_answer_alike_with_and_without_a_trailing_slash(route: Route, ours: World, owner: APIClient) -> None:
    with_slash, without = owner.get(route.url()), owner.get(route.url().rstrip("/"))
    if route.path == "api/v1/":  # the index of resources
        assert with_slash.status_code == 200
        return
    assert (with_slash.status_code, without.status_code) == (200, 200)
    if route.path != "api/v1/cache/stats/":  # counts what was asked in between
        assert with_slash.json() == without.json()


@pytest.mark.parametrize("resource", resources())
def test_rows_answer_alike_with_and_without_a_trailing_slash(resource: str, ours: World, owner: APIClient) -> None:
    url = f"/api/v1/{resource}/{ours.rows[resource].pk}"
    assert owner.get(url).json() == owner.get(f"{url}/").json()
    assert owner.patch(url, {}, format="json").status_code == 200


@pytest.mark.parametrize("resource", resources())
def test_what_was_read_can_be_written_back_unchanged(resource: str, ours: World, owner: APIClient) -> None:
    url = f"/api/v1/{resource}/{ours.rows[resource].pk}/"
    body = owner.get(url).json()
    answer = owner.put(url, body, format="json")
    assert answer.status_code == 200, answer.content
    assert answer.json() == body


@pytest.mark.parametrize("resource", resources())
def test_lists_come_in_pages_of_at_most_500(resource: str, ours: World, owner: APIClient) -> None:
    url = f"/api/v1/{resource}/"
    page = owner.get(url, {"page_size": 1}).json()
    assert set(page) == {"count", "next", "previous", "results"}
    assert len(page["results"]) == 1
    if page["count"] > 1:
        after = owner.get(page["next"]).json()
        assert after["results"] != page["results"]
        assert after["previous"]
    beyond = owner.get(url, {"page": 10_000})
    assert beyond.status_code == 404
    assert "There is no page" in beyond.json()["detail"]


def test_a_page_holds_500_rows_and_no_more(ours: World, owner: APIClient) -> None:
    Site.objects.bulk_create(
        Site(organization=ours.organization, code=f"X{number}", name="Many") for number in range(510)
    )
    assert len(owner.get("/api/v1/sites/", {"page_size": 9999}).json()["results"]) == 500
    assert len(owner.get("/api/v1/sites/").json()["results"]) == 50


def test_rows_that_tie_in_the_order_are_neither_lost_nor_doubled_between_pages(ours: World, owner: APIClient) -> None:
    Site.objects.bulk_create(
        Site(organization=ours.organization, code=f"X{number}", name="Same") for number in range(30)
    )
    seen: list[int] = []
    for page in range(1, 8):
        query = f"ordering=name&page_size=5&page={page}"
        rows = owner.get(f"/api/v1/sites/?{query}").json()["results"]
        seen += [row["id"] for row in rows]
    assert len(seen) == len(set(seen)) == 31


def test_lists_filter_search_and_order(ours: World, owner: APIClient) -> None:
    builders.make_site("ZOO", organization=ours.organization, name="Zoo", active=False)
    url = "/api/v1/sites/"
    assert [row["code"] for row in owner.get(url, {"active": "false"}).json()["results"]] == ["ZOO"]
    assert [row["code"] for row in owner.get(url, {"search": "zoo"}).json()["results"]] == ["ZOO"]
    assert [row["code"] for row in owner.get(url, {"ordering": "-code"}).json()["results"]] == ["ZOO", "Alice-S"]


def test_shifts_are_found_by_local_dates_of_the_organization(owner: APIClient, ours: World) -> None:
    ours.organization.time_zone = "Pacific/Auckland"
    ours.organization.save()
    Shift.objects.all().delete()
    local = builders.local(MONDAY, "23:30", "Pacific/Auckland")
    shift = builders.make_shift(local, organization=ours.organization)
    found = {
        str(day): owner.get("/api/v1/shifts/", {"start_date": str(day), "end_date": str(day)}).json()["count"]
        for day in (MONDAY - timedelta(days=1), MONDAY, MONDAY + timedelta(days=1))
    }
    assert list(found.values()) == [0, 1, 0]
    row = owner.get(f"/api/v1/shifts/{shift.pk}/").json()
    assert (row["time_zone"], row["assigned"]) == ("Pacific/Auckland", 0)


BODIES: dict[str, dict[str, Any]] = {
    "sites": {"code": "N", "name": "New", "required_certifications": ["{certifications}"]},
    "certifications": {"code": "N", "name": "New"},
    "staff": {
        "number": "N1",
        "first_name": "New",
        "last_name": "Person",
        "contract": "{contracts}",
        "hourly_rate": "19.50",
        "employed_from": "2026-01-01",
        "allowed_sites": ["{sites}"],
    },
    "staff-certifications": {"staff": "{staff}", "certification": "{certifications}", "issued": "2026-01-01"},
    "contracts": {"name": "New", "weekly_minutes": 1200},
    "overtime-tiers": {"contract": "{contracts}", "after_minutes": 3000, "premium_percent": 50},
    "rules": {"contract": "{contracts}", "kind": "consecutive_days", "maximum": 5},
    "shift-types": {"code": "N", "name": "New", "start_time": "06:00", "duration_minutes": 480},
    "shift-patterns": {
        "site": "{sites}",
        "shift_type": "{shift-types}",
        "weekdays": [0, 1],
        "headcount": 2,
        "starts_on": "2027-02-01",
    },
    "shifts": {
        "site": "{sites}",
        "shift_type": "{shift-types}",
        "starts_at": "2027-03-01T08:00:00Z",
        "ends_at": "2027-03-01T16:00:00Z",
        "headcount": 3,
    },
    "availability": {"staff": "{staff}", "starts_at": "2027-03-01T00:00:00Z", "ends_at": "2027-03-02T00:00:00Z"},
    "rosters": {"start_date": "2027-03-01", "end_date": "2027-03-28", "sites": ["{sites}"]},
    "notifications": {"kind": "note", "subject": "Hello", "staff": "{staff}"},
}


@pytest.mark.parametrize("resource", BODIES)
def test_rows_are_made_and_removed(resource: str, ours: World, owner: APIClient) -> None:
    body = {name: _named(value, ours) for name, value in BODIES[resource].items()}
    made = owner.post(f"/api/v1/{resource}/", body, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["organization"] == ours.organization.pk
    assert {name: made.json()[name] for name in body if not name.endswith(("_at", "_time"))} == {
        name: value for name, value in body.items() if not name.endswith(("_at", "_time"))
    }
    url = f"/api/v1/{resource}/{made.json()['id']}"
    assert owner.delete(url).status_code == 204
    assert owner.get(url).status_code == 404


def _named(value: Any, world: World) -> Any:
    if isinstance(value, list):
        return [_named(one, world) for one in value]
    return world.rows[value[1:-1]].pk if isinstance(value, str) and value.startswith("{") else value


BAD_ROWS: list[tuple[str, dict[str, Any], str, str]] = [
    ("sites", {"code": "Alice-S"}, "code", "Another site already has this code."),
    ("sites", {"time_zone": "Mars/Olympus"}, "time_zone", "is no time zone"),
    ("sites", {"required_certifications": [10**30]}, "required_certifications", "does not exist"),
    ("sites", {"required_certifications": "all"}, "required_certifications", "list"),
    ("sites", {"required_certifications": ["x"]}, "required_certifications", "Incorrect type"),
    ("staff", {"hourly_rate": "-1"}, "hourly_rate", "greater than or equal"),
    ("staff", {"employed_until": "2020-01-01"}, "non_field_errors", "Employment ends before it begins."),
    ("staff", {"contract": 10**30}, "contract", "does not exist"),
    ("staff", {"first_name": "\x00"}, "first_name", "Null characters"),
    ("shifts", {"ends_at": "2027-03-01T07:00:00Z"}, "non_field_errors", "The shift ends before it starts."),
    ("shifts", {"headcount": 0}, "headcount", "greater than or equal to 1"),
    ("availability", {"ends_at": None}, "non_field_errors", "Give either a start and a later end"),
    ("rosters", {"end_date": "2027-02-28"}, "non_field_errors", "The roster ends before it starts."),
    ("rosters", {"end_date": "2027-06-28"}, "end_date", "at most 92 days"),
    ("rules", {"kind": "magic"}, "kind", "not a kind of rule"),
    ("shift-patterns", {"weekdays": [9]}, "weekdays", "valid choice"),
    ("shift-patterns", {"weekdays": []}, "weekdays", "may not be empty"),
    ("shift-types", {"color": "red"}, "color", "Use #RRGGBB."),
    ("overtime-tiers", {"after_minutes": 2400}, "non_field_errors", "already has a tier"),
]


@pytest.mark.parametrize(("resource", "change", "field", "said"), BAD_ROWS)
def test_a_wrong_row_is_refused_in_the_models_own_words(
    *, resource: str, change: dict[str, Any], field: str, said: str, ours: World, owner: APIClient
) -> None:
    body = {name: _named(value, ours) for name, value in BODIES[resource].items()}
    answer = owner.post(f"/api/v1/{resource}/", {**body, **change}, format="json")
    assert answer.status_code == 400
    assert said in str(answer.json()[field])


def test_contracts_show_their_rules_as_sentences_and_their_tiers(ours: World, owner: APIClient) -> None:
    contract = owner.get(f"/api/v1/contracts/{ours.rows['contracts'].pk}").json()
    assert contract["rules"][0]["kind"] == "rest"
    assert contract["rules"][0]["sentence"].endswith(".") or " " in contract["rules"][0]["sentence"]
    assert contract["overtime_tiers"][0]["premium_percent"] == 25


def test_owners_add_members_with_accounts_of_their_own(ours: World, theirs: World, owner: APIClient) -> None:
    url = "/api/v1/memberships/"
    body = {"username": "newcomer", "password": "a very good passphrase", "role": "scheduler"}
    made = owner.post(url, body, format="json")
    assert (made.status_code, made.json()["username"], made.json()["role"]) == (201, "newcomer", "scheduler")
    assert "password" not in made.json()
    for taken in ("newcomer", theirs.members[Role.OWNER].username):
        refused = owner.post(url, {**body, "username": taken}, format="json")
        assert (refused.status_code, list(refused.json())) == (400, ["username"])
    weak = owner.post(url, {**body, "username": "another", "password": "123"}, format="json")
    assert (weak.status_code, list(weak.json())) == (400, ["password"])
    detail = f"{url}{made.json()['id']}/"
    assert owner.patch(detail, {"role": "viewer"}, format="json").json()["role"] == "viewer"
    assert owner.patch(detail, {"username": "renamed"}, format="json").status_code == 400
    assert owner.delete(detail).status_code == 204


def test_the_last_owner_stays(ours: World, owner: APIClient) -> None:
    own = Membership.objects.get(organization=ours.organization, role=Role.OWNER)
    for answer in (
        owner.delete(f"/api/v1/memberships/{own.pk}/"),
        owner.patch(f"/api/v1/memberships/{own.pk}/", {"role": "viewer"}, format="json"),
    ):
        assert answer.status_code == 409
        assert "last owner" in answer.json()["detail"]
    own.refresh_from_db()
    assert own.role == Role.OWNER


def test_platform_staff_add_accounts_that_exist(ours: World, sign_in: SignIn) -> None:
    builders.make_user("consultant")
    root = sign_in(builders.make_user("root", superuser=True))
    headers = {"X-Organization": "alpha"}
    body = {"username": "consultant", "role": "manager"}
    assert root.post("/api/v1/memberships/", body, format="json", headers=headers).status_code == 201
    assert root.post("/api/v1/memberships/", body, format="json", headers=headers).status_code == 409
    unknown = root.post("/api/v1/memberships/", {"username": "nobody"}, format="json", headers=headers)
    assert unknown.status_code == 400


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
        *("headcount", "short", "reasons", "nearest"),
    }


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
    assert answer == {"roster_id": ours.roster.pk, "objective": 12.0, "bound": 9.0, "gap": 0.25, "rules": [rule]}


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


def test_the_schema_generates_without_warnings_and_is_valid(tmp_path: Path, owner: APIClient) -> None:
    written = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(written))
    assert "/api/v1/jobs/roster/generate/" in written.read_text()
    for url in ("/api/schema/", "/api/schema"):
        assert owner.get(url).status_code == 200
    page = owner.get("/api/docs/")
    assert page.status_code == 200
    assert "cdn" not in page.content.decode()


def test_the_browsable_api_takes_a_session_and_lists_no_rows_in_forms(ours: World) -> None:
    browser = Client()
    browser.force_login(ours.members[Role.OWNER], backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get("/api/v1/staff/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page["Content-Type"].startswith("text/html")
    assert "_content_type" in page.content.decode(), "there is a place to type JSON"
    assert 'name="contract"' not in page.content.decode(), "and no form that would list every row it can name"
    assert Staff.objects.count() == 1
