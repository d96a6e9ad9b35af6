"""As a member of one organization, nothing of another can be seen, named or changed, by any path.

Routes, serializer fields and filters are found by introspection, so new ones are walked as they appear.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django_filters import ModelChoiceFilter, ModelMultipleChoiceFilter
from rest_framework.authtoken.models import Token
from rest_framework.relations import ManyRelatedField, RelatedField
from rest_framework.test import APIClient

from jobs.models import JobRun
from jobs.services import enqueue
from rostering.api.urls import router
from rostering.api.views.base import OwnedViewSet
from rostering.models import Gap, Membership, Organization, OwnedModel, Role
from tests import builders
from tests.rostering.api.conftest import MARK, SignIn
from tests.rostering.api.routes import Route, api_routes
from tests.rostering.api.worlds import World

pytestmark = pytest.mark.django_db

ROUTES = api_routes()
Row = dict[str, Any]


def registered() -> list[tuple[str, Any, str]]:
    """(path, view set, name) of every resource."""
    return list(router.registry)


def everything() -> dict[str, list[Row]]:
    """Every row of every table of ours."""
    models = [model for app in ("rostering", "jobs") for model in apps.get_app_config(app).get_models()]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


def rows_of_theirs(world: World) -> dict[str, list[Row]]:
    """Every row of one organization."""
    owned = [model for model in apps.get_app_config("rostering").get_models() if issubclass(model, OwnedModel)]
    return {
        model.__name__: list(model._default_manager.filter(organization=world.organization).order_by("pk").values())
        for model in owned
    }


def test_every_view_set_is_scoped_and_declares_no_rows_of_its_own() -> None:
    for prefix, view, _ in registered():
        assert view.queryset is not None and view.queryset.query.is_empty(), f"{prefix} declares real rows"


def test_every_owned_model_has_a_scoped_resource() -> None:
    served = {view.queryset.model for _, view, _ in registered() if issubclass(view, OwnedViewSet)}
    owned = {model for model in apps.get_app_config("rostering").get_models() if issubclass(model, OwnedModel)}
    assert owned - served == {Gap}, "gaps are read on their roster"
    assert served - owned == {Membership}


def test_the_walk_sees_all_resources() -> None:
    paths = {route.path for route in ROUTES}
    assert {"api/v1/sites/", "api/v1/sites/{pk}/", "api/v1/jobs/status/{job_id}/", "api/v1/roster/confirm/"} <= paths
    assert len(ROUTES) > 50


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if not route.key and "get" in route.methods and not route.platform],
    ids=lambda route: route.path,
)
def test_no_list_or_report_shows_a_word_of_another_organization(
    route: Route, ours: World, theirs: World, owner: APIClient
) -> None:
    answer = owner.get(f"{route.url()}?page_size=500&limit=500&start_date={builders.MONDAY}")
    assert answer.status_code == 200
    assert MARK not in answer.content.decode()
    described = owner.options(route.url())
    assert described.status_code == 200
    assert MARK not in described.content.decode()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.key], ids=lambda route: route.path)
def test_anothers_id_does_not_exist_on_any_route_and_nothing_changes(
    route: Route, ours: World, theirs: World, owner: APIClient
) -> None:
    value = _foreign_id(route, theirs)
    before = everything()
    for method in route.methods:
        answer = getattr(owner, method)(route.url(value), {}, format="json")
        assert answer.status_code == 404, f"{method} {route.path}: {answer.content!r}"
        assert MARK not in answer.content.decode()
        unknown = getattr(owner, method)(route.url(_unknown_id(route)), {}, format="json")
        assert unknown.status_code == 404
        assert unknown.content.decode().replace(str(_unknown_id(route)), "") == answer.content.decode().replace(
            str(value), ""
        ), "a foreign id must look like one that was never given out"
    assert everything() == before


def _foreign_id(route: Route, theirs: World) -> object:
    if route.key == "job_id":
        return enqueue(kind="roster.generate", organization_id=theirs.organization.pk, params={}).pk
    assert route.model is not None, f"{route.path} has an id of nobody knows what"
    return theirs.row_of(route.model).pk


def _unknown_id(route: Route) -> object:
    return "7a1c4f0e-6d0f-4f4b-9d3c-1f2e3d4c5b6a" if route.key == "job_id" else 987654321


def relational_fields() -> list[tuple[str, str]]:
    """(resource, field) of every field of a resource by which a client can name another row."""
    found = []
    for prefix, view, _ in registered():
        for name, declared in view.serializer_class().get_fields().items():
            if isinstance(declared, RelatedField | ManyRelatedField) and not declared.read_only:
                found.append((prefix, name))
    return found


def test_the_field_walk_sees_all_links() -> None:
    fields = relational_fields()
    assert ("staff", "allowed_sites") in fields and ("staff", "user") in fields and ("shifts", "site") in fields
    assert len(fields) > 25


@pytest.mark.parametrize(("resource", "name"), relational_fields())
def test_naming_anothers_row_in_a_field_says_it_does_not_exist(
    resource: str, name: str, ours: World, theirs: World, owner: APIClient
) -> None:
    own = ours.rows[resource]
    model: type[Model] = own._meta.get_field(name).related_model
    foreign = theirs.row_of(model).pk
    value = [foreign] if own._meta.get_field(name).many_to_many else foreign
    url = f"/api/v1/{resource}/"
    body = owner.get(f"{url}{own.pk}/").json()
    before = everything()
    for answer in (
        owner.patch(f"{url}{own.pk}/", {name: value}, format="json"),
        owner.put(f"{url}{own.pk}/", {**body, name: value}, format="json"),
        owner.post(url, {**body, name: value}, format="json"),
    ):
        assert answer.status_code == 400, answer.content
        assert "does not exist" in str(answer.json()[name])
        assert MARK not in answer.content.decode()
    assert everything() == before


def choice_filters() -> list[tuple[str, str]]:
    """(resource, filter) of every filter that takes the id of a row."""
    return [
        (prefix, name)
        for prefix, view, _ in registered()
        for name, found in getattr(getattr(view, "filterset_class", None), "base_filters", {}).items()
        if isinstance(found, ModelChoiceFilter | ModelMultipleChoiceFilter)
    ]


def test_the_filter_walk_sees_all_filters() -> None:
    assert ("shifts", "site") in choice_filters() and ("rosters", "sites") in choice_filters()
    assert len(choice_filters()) > 15


@pytest.mark.parametrize(("resource", "name"), choice_filters())
def test_filtering_by_anothers_row_is_no_valid_choice(
    resource: str, name: str, ours: World, theirs: World, owner: APIClient
) -> None:
    own = ours.rows[resource]
    model: type[Model] = own._meta.get_field(name).related_model
    answer = owner.get(f"/api/v1/{resource}/", {name: theirs.row_of(model).pk})
    assert answer.status_code == 400
    assert list(answer.json()) == [name]
    assert MARK not in answer.content.decode()
    assert owner.get(f"/api/v1/{resource}/", {name: ours.row_of(model).pk}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("roster/confirm", {"roster_id": "{roster}"}),
        ("roster/confirm", {"assignments": [{"shift_id": "{shift}", "employee_id": "{own_staff}"}]}),
        ("roster/confirm", {"assignments": [{"shift_id": "{own_shift}", "employee_id": "{staff}"}]}),
        ("roster/confirm", [{"shift_id": "{shift}", "employee_id": "{staff}"}]),
        ("jobs/roster/generate", {"start_date": "2027-02-01", "end_date": "2027-02-07", "site_ids": ["{site}"]}),
        ("jobs/roster/generate", {"start_date": "2027-02-01", "end_date": "2027-02-07", "base_roster_id": "{roster}"}),
        ("shift-patterns/materialize", {"start": "2027-02-01", "end": "2027-02-07", "patterns": ["{pattern}"]}),
    ],
)
def test_naming_anothers_row_in_a_call_says_it_does_not_exist(
    path: str, body: Any, ours: World, theirs: World, owner: APIClient
) -> None:
    ids = {
        "{roster}": theirs.roster.pk,
        "{shift}": theirs.shift.pk,
        "{staff}": theirs.staff.pk,
        "{site}": theirs.rows["sites"].pk,
        "{pattern}": theirs.rows["shift-patterns"].pk,
        "{own_shift}": ours.shift.pk,
        "{own_staff}": ours.staff.pk,
    }
    before = everything()
    answer = owner.post(f"/api/v1/{path}", _filled(body, ids), format="json")
    assert answer.status_code == 404
    assert MARK not in answer.content.decode()
    assert everything() == before


def _filled(body: Any, ids: dict[str, int]) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, ids) for value in body]
    return ids.get(body, body)


@pytest.mark.parametrize("path", ["unfilled-shifts", "employee-hours", "budget-summary"])
@pytest.mark.parametrize("name", ["roster_id", "site_id"])
def test_reports_do_not_know_anothers_rosters_and_sites(
    path: str, name: str, ours: World, theirs: World, owner: APIClient
) -> None:
    foreign = {"roster_id": theirs.roster.pk, "site_id": theirs.rows["sites"].pk}[name]
    assert owner.get(f"/api/v1/roster/{path}", {name: foreign}).status_code == 404


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if "post" in route.methods and hasattr(route.view, "write")],
    ids=lambda route: route.path,
)
@pytest.mark.parametrize("claim", ["org_id", "organization", "user_id"])
def test_a_body_that_claims_another_organization_or_user_is_refused_everywhere(
    claim: str, route: Route, ours: World, theirs: World, owner: APIClient
) -> None:
    foreign = theirs.members[Role.OWNER].pk if claim == "user_id" else theirs.organization.pk
    own = ours.row_of(route.model).pk if route.key and route.model else None
    before = everything()
    for value in (foreign, 987654321, str(foreign), [foreign], True):
        answer = owner.post(route.url(own), {claim: value}, format="json")
        assert answer.status_code == 403
        assert "in the body" in answer.json()["detail"]
    assert everything() == before


def test_a_created_row_belongs_to_the_callers_organization_whatever_the_body_says(
    ours: World, theirs: World, owner: APIClient
) -> None:
    own = {"org_id": ours.organization.pk, "organization": "alpha", "code": "NEW", "name": "New"}
    made = owner.post("/api/v1/sites/", own, format="json")
    assert (made.status_code, made.json()["organization"]) == (201, ours.organization.pk)


@pytest.mark.parametrize("named", ["beta", "nowhere", "999999999", "99999999999999999999999", "%00"])
def test_choosing_an_organization_of_others_answers_that_there_is_none(
    named: str, ours: World, theirs: World, owner: APIClient
) -> None:
    for answer in (
        owner.get("/api/v1/sites/", headers={"X-Organization": named}),
        owner.get("/api/v1/sites/", {"organization": named}),
    ):
        assert answer.status_code == 404
        assert MARK not in answer.content.decode()


def test_a_member_of_several_names_one(ours: World, theirs: World, sign_in: SignIn) -> None:
    user = ours.members[Role.VIEWER]
    client = sign_in(user)
    ours.organization.memberships.model.objects.create(organization=theirs.organization, user=user, role=Role.OWNER)
    unnamed = client.get("/api/v1/sites/")
    assert unnamed.status_code == 400
    assert "X-Organization" in unnamed.json()["detail"]
    assert {row["slug"] for row in client.get("/api/v1/organizations/").json()["results"]} == {"alpha", "beta"}
    for slug, count in (("alpha", 403), ("beta", 201)):
        body = {"code": "NEW", "name": "New"}
        assert client.post(f"/api/v1/sites/?organization={slug}", body, format="json").status_code == count
    assert Organization.objects.count() == 2


def test_rows_of_two_organizations_never_meet_even_for_platform_staff(
    ours: World, theirs: World, sign_in: SignIn
) -> None:
    client = sign_in(builders.make_user("root", superuser=True))
    before = rows_of_theirs(theirs)
    url = f"/api/v1/staff/{theirs.staff.pk}/"
    headers = {"X-Organization": "beta"}
    answer = client.patch(url, {"home_site": ours.rows["sites"].pk}, format="json", headers=headers)
    assert answer.status_code == 400
    assert rows_of_theirs(theirs) == before


def test_jobs_of_others_are_neither_listed_nor_found(ours: World, theirs: World, owner: APIClient) -> None:
    own = enqueue(kind="roster.generate", organization_id=ours.organization.pk, params={})
    enqueue(kind="roster.generate", organization_id=theirs.organization.pk, params={})
    assert [job["job_id"] for job in owner.get("/api/v1/jobs/list").json()["results"]] == [str(own.pk)]
    assert JobRun.objects.count() == 2


def test_jobs_are_those_of_the_organization_that_a_request_names(
    ours: World, theirs: World, owner: APIClient, sign_in: SignIn
) -> None:
    jobs = {
        world.organization.slug: str(
            enqueue(kind="roster.generate", organization_id=world.organization.pk, params={}).pk
        )
        for world in (ours, theirs)
    }
    assert owner.get("/api/v1/jobs/list?organization=beta").status_code == 404
    assert owner.get("/api/v1/jobs/list", headers={"X-Organization": "beta"}).status_code == 404
    both = ours.members[Role.VIEWER]
    Membership.objects.create(organization=theirs.organization, user=both, role=Role.VIEWER)
    client = sign_in(both)

    def listed(query: str = "") -> set[str]:
        return {job["job_id"] for job in client.get(f"/api/v1/jobs/list{query}").json()["results"]}

    assert listed() == set(jobs.values())
    assert listed("?organization=alpha") == {jobs["alpha"]}
    assert client.get(f"/api/v1/jobs/status/{jobs['beta']}").status_code == 200
    assert client.get(f"/api/v1/jobs/status/{jobs['beta']}?organization=alpha").status_code == 404


def test_job_api_without_auth_and_unknown_id_reported_as_pending(ours: World, owner: APIClient) -> None:
    """A fault of the earlier system: jobs without sign-in, organization from the body, unknown ids PENDING."""
    job = enqueue(kind="roster.generate", organization_id=ours.organization.pk, params={})
    stranger = APIClient()
    assert stranger.get(f"/api/v1/jobs/status/{job.pk}").status_code == 401
    assert stranger.delete(f"/api/v1/jobs/cancel/{job.pk}").status_code == 401
    asked = {"start_date": "2027-02-01", "end_date": "2027-02-07", "org_id": ours.organization.pk, "user_id": 1}
    assert stranger.post("/api/v1/jobs/roster/generate", asked, format="json").status_code == 401
    unknown = owner.get("/api/v1/jobs/status/7a1c4f0e-6d0f-4f4b-9d3c-1f2e3d4c5b6a")
    assert unknown.status_code == 404
    assert "PENDING" not in unknown.content.decode()
    assert owner.get("/api/v1/jobs/status/abc123-def456").status_code == 404
    assert JobRun.objects.get().requested_by_id is None


def test_tokens_of_one_do_not_open_the_other(ours: World, theirs: World) -> None:
    token = Token.objects.create(user=theirs.members[Role.OWNER])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    assert client.get(f"/api/v1/sites/{ours.rows['sites'].pk}/").status_code == 404
