"""The contract of the job endpoints, and that a foreign job does not exist."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from jobs import lifecycle, services
from jobs.models import JobRun
from jobs.runner import run_job
from tests.jobs.conftest import Enqueue

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.jobs.urls")]

FIELDS = {
    "job_id",
    "status",
    "progress",
    "status_message",
    "stage",
    "result",
    "error",
    "started_at",
    "completed_at",
    "coverage",
    "objective",
    "bound",
    "gap",
    "history",
    "kind",
    "subject",
    "attempt",
    "queued_at",
    "retry_of",
    "retries",
}


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=alice).key}")
    return client


@pytest.fixture
def job(enqueue: Enqueue, alice: User) -> JobRun:
    return enqueue("test.search", subject="roster:1", requested_by=alice)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_waiting_job_reads_as_pending(api: APIClient, job: JobRun, slash: str) -> None:
    answer = api.get(f"/api/v1/jobs/status/{job.pk}{slash}")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) >= FIELDS
    assert (body["job_id"], body["status"], body["progress"]) == (str(job.pk), "PENDING", 0)
    assert (body["result"], body["error"], body["started_at"], body["completed_at"]) == (None, None, None, None)
    assert body["status_message"] == "Waiting for a free worker."
    assert "no-store" in answer["Cache-Control"]


def test_a_running_job_reads_as_started_then_progress_with_its_figures(api: APIClient, job: JobRun) -> None:
    lifecycle.claim(job.pk, worker="w1")
    assert api.get(f"/api/v1/jobs/status/{job.pk}").json()["status"] == "STARTED"
    JobRun.objects.update(
        progress=65, stage="optimization", message="Optimizing shift assignments...", coverage=97.5, objective=12.0
    )
    body = api.get(f"/api/v1/jobs/status/{job.pk}").json()
    assert (body["status"], body["progress"], body["stage"]) == ("PROGRESS", 65, "optimization")
    assert (body["status_message"], body["coverage"]) == ("Optimizing shift assignments...", 97.5)


def test_a_finished_job_carries_its_result_and_its_times(api: APIClient, enqueue: Enqueue, alice: User) -> None:
    job = enqueue(requested_by=alice, params={"a": 1, "b": 1})
    run_job(job.pk, inline=True)
    body = api.get(f"/api/v1/jobs/status/{job.pk}").json()
    assert (body["status"], body["progress"], body["result"], body["error"]) == ("SUCCESS", 100, {"sum": 2}, None)
    assert body["completed_at"].endswith("Z") and body["started_at"].endswith("Z")


def test_a_failed_job_carries_a_sentence_and_never_a_traceback(api: APIClient, enqueue: Enqueue, alice: User) -> None:
    job = enqueue("test.break", requested_by=alice)
    run_job(job.pk, inline=True)
    answer = api.get(f"/api/v1/jobs/status/{job.pk}")
    assert (answer.json()["status"], answer.json()["result"]) == ("FAILURE", None)
    assert "went wrong on our side" in answer.json()["error"]
    assert b"secret detail" not in answer.content and b"Traceback" not in answer.content


@pytest.mark.parametrize("job_id", [str(uuid.UUID(int=7)), "abc123", "1", "%00", "🙂"])
@pytest.mark.parametrize(
    ("method", "verb"), [("get", "status"), ("delete", "cancel"), ("post", "stop"), ("post", "retry")]
)
def test_an_unknown_or_malformed_id_is_a_404_with_a_sentence(
    api: APIClient, method: str, verb: str, job_id: str
) -> None:
    answer = getattr(api, method)(f"/api/v1/jobs/{verb}/{job_id}")
    assert answer.status_code == 404
    assert "no job with this id" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "verb"), [("get", "status"), ("delete", "cancel"), ("post", "stop"), ("post", "retry")]
)
def test_a_job_of_someone_else_does_not_exist(
    api: APIClient, enqueue: Enqueue, bob: User, method: str, verb: str
) -> None:
    foreign = enqueue("test.search", subject="roster:9", requested_by=bob)
    unknown = getattr(api, method)(f"/api/v1/jobs/{verb}/{uuid.uuid4()}")
    answer = getattr(api, method)(f"/api/v1/jobs/{verb}/{foreign.pk}")
    assert (answer.status_code, answer.json()) == (404, unknown.json())
    foreign.refresh_from_db()
    assert (foreign.status, foreign.control) == ("queued", "")


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "status/{id}"), ("delete", "cancel/{id}"), ("post", "stop/{id}"), ("post", "retry/{id}"), ("get", "list")],
)
def test_nobody_gets_in_without_signing_in(job: JobRun, method: str, path: str) -> None:
    answer = getattr(APIClient(), method)(f"/api/v1/jobs/{path.format(id=job.pk)}")
    assert answer.status_code == 401
    job.refresh_from_db()
    assert job.status == "queued"


def test_a_session_may_poll_too_and_its_writes_need_the_csrf_token(alice: User, job: JobRun) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get(f"/api/v1/jobs/status/{job.pk}").status_code == 200
    assert client.delete(f"/api/v1/jobs/cancel/{job.pk}").status_code == 403


@pytest.mark.parametrize("slash", ["", "/"])
def test_cancel_answers_as_clients_expect_and_a_second_one_is_a_conflict(
    api: APIClient, job: JobRun, slash: str
) -> None:
    answer = api.delete(f"/api/v1/jobs/cancel/{job.pk}{slash}")
    assert (answer.status_code, answer.json()) == (
        200,
        {"success": True, "message": "Job cancelled.", "job_id": str(job.pk)},
    )
    assert api.get(f"/api/v1/jobs/status/{job.pk}").json()["status"] == "CANCELLED"
    again = api.delete(f"/api/v1/jobs/cancel/{job.pk}")
    assert again.status_code == 409
    assert "already ended" in again.json()["detail"]


def test_cancelling_a_running_job_sets_the_wish_and_says_so(api: APIClient, job: JobRun, alice: User) -> None:
    lifecycle.claim(job.pk, worker="w1")
    assert api.delete(f"/api/v1/jobs/cancel/{job.pk}").json()["success"] is True
    job.refresh_from_db()
    assert (job.status, job.control, job.controlled_by_id) == ("running", "cancel", alice.pk)
    assert api.get(f"/api/v1/jobs/status/{job.pk}").json()["status_message"] == "Cancelling…"


def test_stop_and_keep_is_a_verb_of_its_own(api: APIClient, job: JobRun) -> None:
    refused = api.post(f"/api/v1/jobs/stop/{job.pk}")
    assert (refused.status_code, "has not started" in refused.json()["detail"]) == (409, True)
    lifecycle.claim(job.pk, worker="w1")
    answer = api.post(f"/api/v1/jobs/stop/{job.pk}/")
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    job.refresh_from_db()
    assert job.control == "stop"


def test_retry_starts_a_new_job_and_tells_where_to_poll(api: APIClient, job: JobRun) -> None:
    assert api.post(f"/api/v1/jobs/retry/{job.pk}").status_code == 409
    services.cancel(job)
    answer = api.post(f"/api/v1/jobs/retry/{job.pk}")
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["poll_url"]) == ("pending", f"/api/v1/jobs/status/{body['job_id']}")
    assert api.get(body["poll_url"]).json()["retry_of"] == str(job.pk)
    assert api.get(f"/api/v1/jobs/status/{job.pk}").json()["retries"] == [body["job_id"]]
    assert api.post(f"/api/v1/jobs/retry/{job.pk}").status_code == 409


def test_a_retry_over_the_organizations_cap_is_told_to_wait(
    api: APIClient, enqueue: Enqueue, alice: User, job_settings: Settings
) -> None:
    job_settings.JOBS_ACTIVE_PER_ORGANIZATION = 1
    old = services.cancel(enqueue(organization_id=5, requested_by=alice))
    enqueue(organization_id=5)
    answer = api.post(f"/api/v1/jobs/retry/{old.pk}")
    assert (answer.status_code, "at most 1" in answer.json()["detail"]) == (429, True)
    assert not old.retries.exists()


def test_the_list_holds_own_jobs_newest_first_in_pages(
    api: APIClient, enqueue: Enqueue, alice: User, bob: User
) -> None:
    mine = [enqueue(requested_by=alice).pk for _ in range(3)]
    enqueue(requested_by=bob)
    body = api.get("/api/v1/jobs/list?page_size=2").json()
    assert set(body) == {"count", "next", "previous", "results"}
    assert (body["count"], body["previous"]) == (3, None)
    assert [line["job_id"] for line in body["results"]] == [str(pk) for pk in reversed(mine)][:2]
    second = api.get(body["next"]).json()
    assert [line["job_id"] for line in second["results"]] == [str(mine[0])]


def test_the_list_filters_by_the_status_words_and_by_kind(api: APIClient, enqueue: Enqueue, alice: User) -> None:
    waiting = enqueue(requested_by=alice)
    started = enqueue("test.nap", requested_by=alice)
    lifecycle.claim(started.pk, worker="w1")
    moving = enqueue(requested_by=alice)
    lifecycle.claim(moving.pk, worker="w1")
    JobRun.objects.filter(pk=moving.pk).update(progress=5)
    done = enqueue(requested_by=alice)
    run_job(done.pk, inline=True)
    expected = {"PENDING": waiting, "STARTED": started, "PROGRESS": moving, "SUCCESS": done}
    for word, job in expected.items():
        lines = api.get(f"/api/v1/jobs/list/?status={word}").json()["results"]
        assert [(line["job_id"], line["status"]) for line in lines] == [(str(job.pk), word)]
    assert api.get("/api/v1/jobs/list?status=PENDING&status=SUCCESS").json()["count"] == 2
    assert api.get("/api/v1/jobs/list?kind=test.nap").json()["count"] == 1
    refused = api.get("/api/v1/jobs/list?status=NONSENSE")
    assert (refused.status_code, "NONSENSE" in str(refused.json()["status"])) == (400, True)


def test_the_list_costs_the_same_for_three_jobs_and_for_sixty(
    api: APIClient, enqueue: Enqueue, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (3, 57):
        for _ in range(size):
            enqueue(requested_by=alice)
        with django_assert_max_num_queries(4):
            api.get("/api/v1/jobs/list?page_size=500")


def test_a_superuser_sees_every_job(root: User, job: JobRun) -> None:
    client = APIClient()
    client.force_authenticate(root)
    assert client.get(f"/api/v1/jobs/status/{job.pk}").status_code == 200


class LookOnly:
    """Everybody sees everything, nobody may touch it."""

    def visible(self, user: object, request: object) -> object:
        return JobRun.objects.all()

    def may_control(self, user: object, job: JobRun) -> bool:
        return False


def test_the_policy_of_the_installation_decides(api: APIClient, job: JobRun, job_settings: Settings) -> None:
    job_settings.JOBS_ACCESS_POLICY = "tests.jobs.test_api.LookOnly"
    assert api.get(f"/api/v1/jobs/status/{job.pk}").status_code == 200
    for answer in (
        api.delete(f"/api/v1/jobs/cancel/{job.pk}"),
        api.post(f"/api/v1/jobs/stop/{job.pk}"),
        api.post(f"/api/v1/jobs/retry/{job.pk}"),
    ):
        assert (answer.status_code, "not change it" in answer.json()["detail"]) == (403, True)
    job.refresh_from_db()
    assert (job.status, job.control) == ("queued", "")
