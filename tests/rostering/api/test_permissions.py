"""Role × endpoint × status."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import JobRun
from jobs.services import cancel, enqueue
from rostering.models import Role
from tests.builders import make_user
from tests.rostering.api.conftest import SignIn
from tests.rostering.api.worlds import World, resources

pytestmark = pytest.mark.django_db

WRITER: dict[str, Role] = {
    "memberships": Role.OWNER,
    "sites": Role.MANAGER,
    "staff": Role.MANAGER,
    "certifications": Role.MANAGER,
    "staff-certifications": Role.MANAGER,
    "contracts": Role.MANAGER,
    "overtime-tiers": Role.MANAGER,
    "rules": Role.MANAGER,
    "shift-types": Role.MANAGER,
    "shift-patterns": Role.SCHEDULER,
    "shifts": Role.SCHEDULER,
    "availability": Role.SCHEDULER,
    "rosters": Role.SCHEDULER,
    "assignments": Role.SCHEDULER,
    "notifications": Role.SCHEDULER,
}
"""The least role that may change each resource. Organizations have rules of their own, below."""

CALLS = [
    ("GET", "dashboard/metrics", Role.VIEWER),
    ("GET", "dashboard/upcoming-shifts", Role.VIEWER),
    ("GET", "dashboard/expiring-certifications", Role.VIEWER),
    ("GET", "dashboard/cost-trends", Role.VIEWER),
    ("GET", "dashboard/employee-utilization", Role.VIEWER),
    ("GET", "dashboard/site-coverage", Role.VIEWER),
    ("GET", "dashboard/weekly-summary", Role.VIEWER),
    ("GET", "roster/unfilled-shifts", Role.VIEWER),
    ("GET", "roster/employee-hours", Role.VIEWER),
    ("GET", "roster/budget-summary", Role.VIEWER),
    ("GET", "cache/stats", Role.VIEWER),
    ("GET", "jobs/list", Role.VIEWER),
    ("GET", "rosters/{roster}/gaps", Role.VIEWER),
    ("GET", "rosters/{roster}/score", Role.VIEWER),
    ("GET", "rosters/{roster}/diff", Role.VIEWER),
    ("GET", "shifts/{shift}/candidates", Role.VIEWER),
    ("POST", "jobs/roster/generate", Role.SCHEDULER),
    ("POST", "roster/confirm", Role.SCHEDULER),
    ("POST", "rosters/{roster}/publish", Role.SCHEDULER),
    ("POST", "rosters/{roster}/reoptimize", Role.SCHEDULER),
    ("POST", "rosters/{roster}/remedies", Role.SCHEDULER),
    ("POST", "shift-patterns/materialize", Role.SCHEDULER),
]
"""Everything else, with the least role that may call it."""


def test_every_resource_is_in_the_matrix() -> None:
    assert set(resources()) == {*WRITER, "organizations"}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("resource", WRITER)
def test_members_read_everything_and_change_what_their_role_lets_them(
    resource: str, role: Role, ours: World, sign_in: SignIn
) -> None:
    client = sign_in(ours.members[role])
    url = f"/api/v1/{resource}/"
    detail = f"{url}{ours.rows[resource].pk}/"
    allowed = role.rank >= WRITER[resource].rank
    assert client.get(url).status_code == 200
    assert client.get(detail).status_code == 200
    # An empty body is refused for its emptiness, but only once the role is found good enough.
    assert client.post(url, {}, format="json").status_code == (400 if allowed else 403)
    assert client.patch(detail, {}, format="json").status_code == (200 if allowed else 403)
    gone = client.delete(detail).status_code
    assert gone in ((204, 409) if allowed else (403,))


@pytest.mark.parametrize(("method", "path", "least"), CALLS)
@pytest.mark.parametrize("role", Role)
def test_calls_are_open_from_the_least_role_up(
    *, method: str, path: str, least: Role, role: Role, ours: World, sign_in: SignIn
) -> None:
    answer = _call(sign_in(ours.members[role]), method, path, ours)
    if role.rank < least.rank:
        assert answer.status_code == 403
        assert least.value in answer.json()["detail"]
    else:
        assert answer.status_code in ((200,) if method == "GET" else (200, 202, 400, 409))


@pytest.mark.parametrize(("method", "path", "least"), CALLS)
def test_nobody_gets_in_without_signing_in(method: str, path: str, least: Role, ours: World) -> None:
    answer = _call(APIClient(), method, path, ours)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("resource", [*WRITER, "organizations"])
def test_resources_are_closed_to_strangers(resource: str, ours: World) -> None:
    for url in (f"/api/v1/{resource}/", f"/api/v1/{resource}/{ours.rows[resource].pk}/"):
        for method in ("get", "post", "put", "patch", "delete"):
            assert getattr(APIClient(), method)(url).status_code in (401, 405)


def test_an_inactive_account_or_organization_opens_nothing(ours: World, sign_in: SignIn) -> None:
    user = ours.members[Role.OWNER]
    client = sign_in(user)
    ours.organization.active = False
    ours.organization.save()
    assert client.get("/api/v1/sites/").status_code == 403
    user.is_active = False
    user.save()
    assert client.get("/api/v1/sites/").status_code == 401


def test_a_member_of_no_organization_is_told_so(sign_in: SignIn) -> None:
    answer = sign_in(make_user("drifter")).get("/api/v1/sites/")
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You are a member of no organization; ask an owner to add you."}


@pytest.mark.parametrize("role", Role)
def test_owners_change_their_organization_and_platform_staff_make_and_remove_them(
    role: Role, ours: World, sign_in: SignIn
) -> None:
    client, detail = sign_in(ours.members[role]), f"/api/v1/organizations/{ours.organization.pk}/"
    assert client.get(detail).status_code == 200
    renamed = client.patch(detail, {"name": "Renamed", "slug": "stolen", "active": False}, format="json")
    assert renamed.status_code == (200 if role is Role.OWNER else 403)
    ours.organization.refresh_from_db()
    assert (ours.organization.slug, ours.organization.active) == ("alpha", True)
    assert (ours.organization.name == "Renamed") is (role is Role.OWNER)
    assert client.post("/api/v1/organizations/", {"name": "New", "slug": "new"}, format="json").status_code == 403
    assert client.delete(detail).status_code == 403


def test_platform_staff_see_all_and_change_one_they_chose(ours: World, theirs: World, sign_in: SignIn) -> None:
    client = sign_in(make_user("root", superuser=True))
    assert client.get("/api/v1/sites/").json()["count"] == 2
    body = {"code": "NEW", "name": "New site"}
    unchosen = client.post("/api/v1/sites/", body, format="json")
    assert (unchosen.status_code, "X-Organization" in unchosen.json()["detail"]) == (400, True)
    made = client.post("/api/v1/sites/", body, format="json", headers={"X-Organization": "beta"})
    assert (made.status_code, made.json()["organization"]) == (201, theirs.organization.pk)
    new = client.post("/api/v1/organizations/", {"name": "New", "slug": "new"}, format="json")
    assert new.status_code == 201
    job = enqueue(kind="roster.generate", organization_id=theirs.organization.pk, params={})
    busy = client.delete(f"/api/v1/organizations/{theirs.organization.pk}/")
    assert (busy.status_code, "cancel it first" in busy.json()["detail"]) == (409, True)
    cancel(job)
    assert client.delete(f"/api/v1/organizations/{theirs.organization.pk}/").status_code == 204
    assert not JobRun.objects.exists(), "results hold names and pay, so they go with their organization"
    assert client.get("/api/v1/sites/").json()["count"] == 1


def _call(client: APIClient, method: str, path: str, world: World) -> Any:
    url = "/api/v1/" + path.format(roster=world.roster.pk, shift=world.shift.pk)
    return client.get(url) if method == "GET" else client.post(url, {}, format="json")
