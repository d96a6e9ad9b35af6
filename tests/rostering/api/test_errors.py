"""What the database refuses, and what sign-in refuses, is a sentence; never a 500."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from rest_framework.test import APIClient

from rostering.api.exceptions import Refused, translate
from rostering.models import Assignment, Organization, Role, Roster, Site
from tests import builders
from tests.builders import MONDAY
from tests.rostering.api.conftest import SignIn
from tests.rostering.api.worlds import World

TOKEN = "/api/v1/auth/token"


@pytest.mark.django_db
def test_moving_a_published_shift_onto_another_of_the_same_person_is_a_conflict(
    ours: World, scheduler: APIClient
) -> None:
    later = builders.make_shift(datetime.combine(MONDAY + timedelta(days=1), time(8)), site=ours.rows["sites"])
    other = builders.make_roster(sites=[ours.rows["sites"]], start_date=MONDAY)
    builders.make_assignment(other, later, ours.staff)
    Roster.objects.filter(organization=ours.organization).update(status="published")
    times = {"starts_at": ours.shift.starts_at.isoformat(), "ends_at": ours.shift.ends_at.isoformat()}
    times["starts_at"] = (ours.shift.starts_at + timedelta(hours=1)).isoformat()
    answer = scheduler.patch(f"/api/v1/shifts/{later.pk}/", times, format="json")
    assert answer.status_code == 409
    assert answer.json() == {"detail": "This person already works at that time in another published roster."}
    later.refresh_from_db()
    assert later.starts_at.date() == MONDAY + timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("resource", "named"), [("sites", "shifts"), ("staff", "assignments"), ("contracts", "staff"), ("shift-types", "")]
)
def test_what_is_still_used_cannot_be_deleted_and_says_by_what(
    resource: str, named: str, ours: World, owner: APIClient
) -> None:
    answer = owner.delete(f"/api/v1/{resource}/{ours.rows[resource].pk}/")
    assert answer.status_code == 409
    assert "still used by" in answer.json()["detail"]
    assert named in answer.json()["detail"]


@pytest.mark.django_db
def test_a_published_shift_cannot_be_deleted_under_those_who_work_it(ours: World, scheduler: APIClient) -> None:
    Roster.objects.filter(pk=ours.roster.pk).update(status="published")
    answer = scheduler.delete(f"/api/v1/shifts/{ours.shift.pk}/")
    assert answer.status_code == 409
    assert "published for 1 person" in answer.json()["detail"]
    assert Assignment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_deferred_constraint_is_told_as_a_conflict_too(sign_in: SignIn) -> None:
    organization = builders.make_organization("alpha")
    foreign = builders.make_site(organization=builders.make_organization("beta"))
    staff = builders.make_staff(organization=organization)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        type(staff).objects.filter(pk=staff.pk).update(home_site=foreign)
    answer = translate(caught.value, {})
    assert isinstance(answer, Refused) and isinstance(answer.detail, dict)
    assert (answer.status_code, answer.detail["detail"]) == (
        409,
        "This collides with something that exists already; nothing was saved.",
    )


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_told_as_try_again() -> None:
    """Two real transactions that lock two rows in opposite order; PostgreSQL ends one of them."""
    first, second = (builders.make_organization(slug).pk for slug in ("alpha", "beta"))
    both_hold_one = threading.Barrier(2, timeout=20)
    ended: list[OperationalError] = []

    def lock(one: int, other: int) -> None:
        try:
            with transaction.atomic():
                Organization.objects.select_for_update().get(pk=one)
                both_hold_one.wait()
                Organization.objects.select_for_update().get(pk=other)
        except OperationalError as error:
            ended.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=lock, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(ended) == 1
    answer = translate(ended[0], {})
    assert isinstance(answer, Refused) and isinstance(answer.detail, dict)
    assert answer.status_code == 409
    assert str(answer.detail["detail"]).endswith("Try again.")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_down_is_told_as_503(sign_in: SignIn, ours: World) -> None:
    client = sign_in(ours.members[Role.VIEWER])
    port = connection.settings_dict["PORT"]
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict.update({"HOST": "127.0.0.1", "PORT": "1"})
    try:
        answer = client.get("/api/v1/sites/")
    finally:
        connection.close()
        connection.settings_dict.update({"HOST": host, "PORT": port})
    assert answer.status_code == 503
    assert "does not answer" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_path_that_leads_nowhere_is_told_in_json(method: str) -> None:
    for path in ("/api/v1/nowhere", "/api/v1/sites/1/nothing/"):
        answer = getattr(APIClient(enforce_csrf_checks=True), method)(path)
        assert (answer.status_code, path in answer.json()["detail"]) == (404, True)


def test_a_bug_stays_a_bug() -> None:
    bug = KeyError("x")
    assert translate(bug, {}) is bug


def test_a_sentence_about_no_field_is_the_detail() -> None:
    answer = translate(ValidationError("There are no shifts."), {})
    assert isinstance(answer, Refused) and isinstance(answer.detail, dict)
    assert answer.detail == {"detail": "There are no shifts."}


@pytest.mark.django_db
def test_a_value_out_of_range_in_the_address_is_refused(ours: World, owner: APIClient) -> None:
    assert owner.get("/api/v1/sites/99999999999999999999999999/").status_code == 404
    assert owner.get("/api/v1/sites/abc/").status_code == 404
    for query in ({"site": "99999999999999999999999"}, {"site": "x"}, {"start_date": "soon"}):
        assert owner.get("/api/v1/shifts/", query).status_code == 400
    assert owner.get("/api/v1/assignments/", {"site": "99999999999999999999999"}).status_code in (200, 400)


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["[]", "[1]", '"text"', "1", "null"])
def test_a_body_that_is_no_object_is_refused(body: str, ours: World, owner: APIClient) -> None:
    for url in ("/api/v1/sites/", "/api/v1/jobs/roster/generate", "/api/v1/shift-patterns/materialize"):
        answer = owner.post(url, body, content_type="application/json")
        assert answer.status_code == 400, answer.content
    assert Site.objects.count() == 1


@pytest.mark.django_db
def test_forms_are_not_taken_for_json(ours: World, owner: APIClient) -> None:
    answer = owner.post("/api/v1/sites/", "code=1", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415


@pytest.mark.django_db
@pytest.mark.parametrize("url", [TOKEN, f"{TOKEN}/"])
@pytest.mark.parametrize("form", [False, True])
def test_a_sign_in_gives_the_same_token_each_time(url: str, form: bool) -> None:
    user = builders.make_member(username="alice")
    body = {"username": "alice", "password": builders.PASSWORD}
    client = APIClient()
    kind: dict[str, Any] = (
        {"data": "&".join(f"{name}={value}" for name, value in body.items()).replace(" ", "+")} if form else {}
    )
    answers = [
        client.post(url, kind["data"], content_type="application/x-www-form-urlencoded")
        if form
        else client.post(url, body, format="json")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == {"token": user.auth_token.key}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "alice", "password": "wrong"}, "detail"),
        ({"username": "nobody", "password": "wrong"}, "detail"),
        ({"username": "alice"}, "password"),
        ({"username": ["a"], "password": "wrong"}, "username"),
        ({"username": "\x00", "password": "wrong"}, "username"),
        ([], "non_field_errors"),
    ],
)
def test_a_wrong_sign_in_gives_a_sentence_and_no_token(body: Any, field: str) -> None:
    builders.make_member(username="alice")
    answer = APIClient().post(TOKEN, body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


@pytest.mark.django_db
def test_an_inactive_user_gets_no_token() -> None:
    builders.make_member(username="alice", is_active=False)
    answer = APIClient().post(TOKEN, {"username": "alice", "password": builders.PASSWORD}, format="json")
    assert answer.status_code == 400


@pytest.mark.django_db
def test_guessing_passwords_locks_the_name_out_even_for_the_right_one(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    builders.make_member(username="alice")
    builders.make_member(username="bob")
    client = APIClient()
    wrong = {"username": "alice", "password": "wrong"}
    statuses = [client.post(TOKEN, wrong, format="json").status_code for _ in range(4)]
    assert statuses == [400, 400, 429, 429]
    right = client.post(TOKEN, {"username": "alice", "password": builders.PASSWORD}, format="json")
    assert right.status_code == 429
    assert right.headers["Content-Type"] == "application/json"
    assert "Too many failed sign-ins" in right.json()["detail"]
    other = client.post(TOKEN, {"username": "bob", "password": builders.PASSWORD}, format="json")
    assert other.status_code == 200, "only the name that was guessed is locked"
    assert AccessAttempt.objects.filter(username="alice").exists()
