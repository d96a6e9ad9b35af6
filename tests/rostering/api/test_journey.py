"""The seed's calls, as its TypeScript and curl make them: start, poll, cancel, confirm. Only the token is new."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import JobRun
from jobs.runner import run_job
from rostering.models import Assignment, Organization, Role, Roster, Shift
from tests import builders

pytestmark = pytest.mark.django_db

FIRST = date(2025, 11, 10)
PAYLOAD: dict[str, Any] = {"start_date": "2025-11-10", "end_date": "2025-11-16", "algorithm": "production"}


@pytest.fixture
def organization(db: None) -> Organization:
    return builders.make_organization("alpha")


@pytest.fixture
def client(organization: Organization) -> APIClient:
    """Signed in as the integrator does it: username and password for a token, sent with each call."""
    user = builders.make_member(organization, Role.SCHEDULER, "integrator")
    api = APIClient()
    answer = api.post("/api/v1/auth/token/", {"username": user.username, "password": builders.PASSWORD}, format="json")
    assert answer.status_code == 200
    api.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    return api


@pytest.fixture
def week(organization: Organization) -> list[Shift]:
    """A day shift each day of the seed's week, and two people to work them."""
    site = builders.make_site(organization=organization)
    builders.make_staff("Alice", organization=organization)
    builders.make_staff("Bob", organization=organization)
    return [builders.make_shift(datetime.combine(FIRST + timedelta(days=day), time(8)), site=site) for day in range(7)]


def start(client: APIClient, **more: Any) -> Any:
    return client.post("/api/v1/jobs/roster/generate", {**PAYLOAD, "time_limit_seconds": 2, **more}, format="json")


def test_start_poll_and_confirm_as_the_seed_does(
    client: APIClient, organization: Organization, week: list[Shift]
) -> None:
    me = organization.memberships.get().user_id
    started = start(client, site_ids=[week[0].site_id], user_id=me, org_id=organization.pk)
    assert started.status_code == 202
    job_id = started.json()["job_id"]
    assert {**started.json(), "poll_url": started.json()["poll_url"].rstrip("/")} == {
        "job_id": job_id,
        "status": "pending",
        "message": "Roster generation started",
        "poll_url": f"/api/v1/jobs/status/{job_id}",
    }
    assert client.get(f"/api/v1/jobs/status/{job_id}").json()["status"] == "PENDING"
    run_job(JobRun.objects.get(pk=job_id).pk, worker="test", inline=True)

    status = client.get(f"/api/v1/jobs/status/{job_id}").json()
    assert (status["status"], status["progress"], status["error"]) == ("SUCCESS", 100, None)
    assert status["started_at"] and status["completed_at"]
    result = status["result"]
    assert set(result) >= {"roster_id", "assignments", "summary", "unfilled_shifts"}
    assert result["summary"]["fill_rate"] == 100
    assert set(result["summary"]) >= {
        *("fill_rate", "total_shifts", "filled", "unfilled", "total_cost", "total_hours"),
        *("objective", "bound", "gap", "solver_status", "solve_seconds"),
    }
    assert set(result["assignments"][0]) >= {
        *("shift_id", "employee_id", "employee_name", "site_id", "site_name", "start_time", "end_time", "cost"),
    }
    assert {row["shift_id"] for row in result["assignments"]} == {shift.pk for shift in week}

    confirmed = client.post("/api/v1/roster/confirm", {"roster_id": result["roster_id"]}, format="json")
    assert confirmed.status_code == 200
    assert confirmed.json() == {"success": True, "confirmed_shifts": 7, "total_assignments": 7}
    again = client.post("/api/v1/roster/confirm", {"roster_id": result["roster_id"]}, format="json")
    assert again.status_code == 409
    assert "already" in again.json()["detail"]


def test_a_second_overlapping_publish_is_refused_with_a_sentence(client: APIClient, week: list[Shift]) -> None:
    for expected in (200, 409):
        job = JobRun.objects.get(pk=start(client, seed=expected).json()["job_id"])
        run_job(job.pk, worker="test", inline=True)
        roster_id = client.get(f"/api/v1/jobs/status/{job.pk}").json()["result"]["roster_id"]
        answer = client.post("/api/v1/roster/confirm", {"roster_id": roster_id}, format="json")
        assert answer.status_code == expected
    assert "published for some of the same shifts" in answer.json()["detail"]
    assert Assignment.objects.filter(state="published").count() == 7


def test_cancel_as_the_seed_does(client: APIClient, week: list[Shift]) -> None:
    job_id = start(client).json()["job_id"]
    cancelled = client.delete(f"/api/v1/jobs/cancel/{job_id}")
    assert cancelled.status_code == 200
    assert {name: cancelled.json()[name] for name in ("success", "job_id")} == {"success": True, "job_id": job_id}
    assert client.get(f"/api/v1/jobs/status/{job_id}").json()["status"] == "CANCELLED"


def test_the_same_start_twice_makes_one_job(client: APIClient, week: list[Shift]) -> None:
    assert start(client).json()["job_id"] == start(client).json()["job_id"]
    assert (JobRun.objects.count(), Roster.objects.count()) == (1, 1)


def test_an_empty_confirm_as_in_the_seeds_curl_publishes_nothing_and_succeeds(client: APIClient) -> None:
    bodies: list[Any] = [{"assignments": []}, []]
    for body in bodies:
        answer = client.post("/api/v1/roster/confirm", body, format="json")
        assert answer.status_code == 200
        assert answer.json() == {"success": True, "confirmed_shifts": 0, "total_assignments": 0}
    assert not Roster.objects.exists()


@pytest.mark.parametrize("bare", [False, True])
def test_a_list_of_assignments_is_published_whole(client: APIClient, week: list[Shift], bare: bool) -> None:
    person = builders.make_staff("Charlie")
    pairs = [{"shift_id": shift.pk, "employee_id": person.pk} for shift in week[:3]]
    answer = client.post("/api/v1/roster/confirm", pairs if bare else {"assignments": pairs}, format="json")
    assert answer.json() == {"success": True, "confirmed_shifts": 3, "total_assignments": 3}
    assert Assignment.objects.filter(state="published", staff=person).count() == 3


def test_rule_violations_are_refused_each_with_its_sentence_and_nothing_is_published(
    client: APIClient, week: list[Shift]
) -> None:
    person = builders.make_staff("Dora")
    builders.make_rule("consecutive_days", contract=person.contract, maximum=2)
    builders.make_availability(person, datetime.combine(FIRST, time(0)))
    pairs = [{"shift_id": shift.pk, "employee_id": person.pk} for shift in week[:4]]
    answer = client.post("/api/v1/roster/confirm", {"assignments": pairs}, format="json")
    assert answer.status_code == 409
    violations = answer.json()["violations"]
    assert len(violations) >= 2
    assert all("Dora" in sentence for sentence in violations)
    assert not Assignment.objects.exists() and not Roster.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "detail"),
        ({"roster_id": 1, "assignments": []}, "detail"),
        ({"assignments": [{"shift_id": 1}]}, "assignments"),
        ({"assignments": [{"shift_id": "x", "employee_id": 1}]}, "assignments"),
        ({"assignments": "all"}, "assignments"),
        ({"roster_id": "x"}, "roster_id"),
        ("all", "non_field_errors"),
    ],
)
def test_a_confirm_that_says_nothing_sensible_is_refused(client: APIClient, body: Any, field: str) -> None:
    answer = client.post("/api/v1/roster/confirm", body, format="json")
    assert answer.status_code == 400
    assert field in answer.json()


BAD_STARTS: list[tuple[str, dict[str, Any], int, str]] = [
    ("end before start", {"end_date": "2025-11-09"}, 400, "before it starts"),
    ("period over 92 days", {"end_date": "2026-02-10"}, 400, "at most 92 days"),
    ("unknown site", {"site_ids": [987654321]}, 404, "No site 987654321"),
    ("site id out of range", {"site_ids": [10**30]}, 400, "site_ids"),
    ("no site id", {"site_ids": ["north"]}, 400, "valid integer"),
    ("unknown algorithm", {"algorithm": "magic"}, 400, "“magic” is no algorithm"),
    ("negative time limit", {"time_limit_seconds": -1}, 400, "1 to 3600 seconds"),
    ("time limit of nothing", {"time_limit_seconds": 0}, 400, "1 to 3600 seconds"),
    ("negative budget", {"budget_limit": -5}, 400, "cannot be negative"),
    ("no date", {"start_date": "soon"}, 400, "start_date"),
    ("no dates", {"start_date": None}, 400, "start_date"),
    ("unknown base", {"base_roster_id": 987654321}, 404, "No roster 987654321"),
    ("foreign organization", {"org_id": 987654321}, 403, "not the one you work in"),
    ("foreign user", {"user_id": 987654321}, 403, "not yours"),
    ("no shifts", {"start_date": "2031-01-01", "end_date": "2031-01-07"}, 400, "There are no shifts"),
]


@pytest.mark.parametrize(("what", "change", "status", "said"), BAD_STARTS, ids=[case[0] for case in BAD_STARTS])
def test_a_bad_start_gets_a_sentence_and_changes_nothing(
    *, what: str, change: dict[str, Any], status: int, said: str, client: APIClient, week: list[Shift]
) -> None:
    answer = start(client, **change)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert (Roster.objects.count(), JobRun.objects.count()) == (0, 0)


def test_a_start_without_staff_gets_a_sentence(client: APIClient, organization: Organization) -> None:
    builders.make_shift(datetime.combine(FIRST, time(8)))
    answer = start(client)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "There is no active staff to roster; add or import staff first."}
    assert (Roster.objects.count(), JobRun.objects.count()) == (0, 0)


def test_a_start_at_anothers_site_says_there_is_none(client: APIClient, week: list[Shift]) -> None:
    foreign = builders.make_site(organization=builders.make_organization("beta"))
    answer = start(client, site_ids=[foreign.pk])
    assert (answer.status_code, answer.json()) == (404, {"detail": f"No site {foreign.pk}."})
    assert (Roster.objects.count(), JobRun.objects.count()) == (0, 0)


@pytest.mark.parametrize("body", ['{"start_date": ', "{'start_date': 1}", "", "\x00", "[" * 5000, '{"a": NaN}'])
def test_a_malformed_body_gets_a_sentence(client: APIClient, week: list[Shift], body: str) -> None:
    answer = client.post("/api/v1/jobs/roster/generate", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    if body:
        assert "The body cannot be read" in answer.json()["detail"]
    assert (Roster.objects.count(), JobRun.objects.count()) == (0, 0)


def test_too_many_jobs_at_once_are_refused(client: APIClient, week: list[Shift], settings: Any) -> None:
    settings.JOBS_ACTIVE_PER_ORGANIZATION = 1
    assert start(client).status_code == 202
    refused = start(client, end_date="2025-11-15")
    assert refused.status_code == 409
    assert "at most 1" in refused.json()["detail"]
    assert (Roster.objects.count(), JobRun.objects.count()) == (1, 1)
