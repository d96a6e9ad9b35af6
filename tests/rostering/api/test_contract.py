"""Shapes, slashes, pages, filters: what existing clients rely on."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from rostering.api.urls import router
from rostering.models import Membership, Role, Shift, Site, Staff
from tests import builders
from tests.builders import MONDAY
from tests.rostering.api.conftest import SignIn
from tests.rostering.api.routes import Route, api_routes
from tests.rostering.api.worlds import World, resources

pytestmark = pytest.mark.django_db

READABLE = [route for route in api_routes() if not route.key and "get" in route.methods and not route.platform]


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


def test_the_schema_generates_without_warnings_and_is_valid(tmp_path: Path, owner: APIClient) -> None:
    written = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(written))
    schema = written.read_text()
    assert "/api/v1/jobs/roster/generate/" in schema
    assert "operationId: sites_list" in schema, "operations are named by resource, not by /api/v1"
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


def test_the_start_page_of_the_api_leads_to_every_resource_and_call_that_needs_no_id(owner: APIClient) -> None:
    listed = owner.get("/api/v1/").json()
    assert owner.get("/api/v1").json() == listed
    assert {path for path, _, _ in router.registry} <= set(listed)
    calls = {"jobs/list", "jobs/roster/generate", "roster/confirm", "dashboard/metrics", "cache/stats"}
    assert calls <= set(listed)
    posted = {"auth/token", "jobs/roster/generate", "roster/confirm"}
    for path, address in listed.items():
        assert address == f"http://testserver/api/v1/{path}"
        assert owner.get(address).status_code == (405 if path in posted else 200)


def test_the_browsable_page_of_the_main_job_suggests_what_to_send(ours: World) -> None:
    browser = Client()
    browser.force_login(ours.members[Role.OWNER], backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get("/api/v1/jobs/roster/generate", headers={"Accept": "text/html"}).content.decode()
    assert "Muster API" in page
    assert "Django REST framework" not in page
    written = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert written is not None
    suggested: dict[str, Any] = json.loads(html.unescape(written.group(1)))
    assert suggested["algorithm"] == "production"
    suggested |= {"start_date": "2027-02-05", "end_date": "2027-02-01"}
    answer = browser.post("/api/v1/jobs/roster/generate", suggested, content_type="application/json")
    assert list(answer.json()) == ["end_date"], "what stands in the form, dates aside, is accepted"
    assert "Muster API" in Client().get("/api/auth/login/").content.decode()
