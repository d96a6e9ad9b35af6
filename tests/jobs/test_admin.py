"""The jobs list and the job page: what they show, to whom, and what their buttons do."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from jobs import lifecycle, services
from jobs.models import JobRun
from jobs.runner import run_job
from tests.jobs.conftest import Enqueue

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.jobs.urls")]

LIST = "/admin/jobs/jobrun/"


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def page_of(job: JobRun) -> str:
    return reverse("admin:jobs_jobrun_change", args=[job.pk])


def running(enqueue: Enqueue, by: User, **figures: object) -> JobRun:
    job = enqueue("test.search", subject=f"roster:{uuid.uuid4()}", requested_by=by)
    lifecycle.claim(job.pk, worker="rack-7:4711")
    JobRun.objects.filter(pk=job.pk).update(progress=65, stage="optimization", message="Optimizing shifts", **figures)
    job.refresh_from_db()
    return job


def test_the_list_shows_own_jobs_with_a_bar_and_none_of_anybody_else(
    page: Client, enqueue: Enqueue, alice: User, bob: User
) -> None:
    job = running(enqueue, alice)
    enqueue("test.nap", subject="secret:1", requested_by=bob)
    answer = page.get(LIST)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert 'aria-valuenow="65"' in html and "Optimizing shifts" in html
    assert f'data-job-live="{job.pk}"' in html
    assert "secret:1" not in html


def test_a_finished_job_is_no_longer_asked_about(page: Client, enqueue: Enqueue, alice: User) -> None:
    run_job(enqueue(requested_by=alice).pk, inline=True)
    assert "data-job-live" not in page.get(LIST).content.decode()


def test_live_cells_are_those_of_visible_jobs_only(page: Client, enqueue: Enqueue, alice: User, bob: User) -> None:
    mine = running(enqueue, alice)
    theirs = running(enqueue, bob)
    answer = page.get(f"{LIST}live/?ids={mine.pk},{theirs.pk},nonsense")
    assert set(answer.json()["cells"]) == {
        f"{mine.pk}:{part}" for part in ("status", "progress", "coverage", "duration")
    }


def test_the_list_and_its_live_cells_cost_the_same_for_three_jobs_and_for_forty(
    page: Client, enqueue: Enqueue, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    page.get(LIST)
    for size in (3, 37):
        for _ in range(size):
            enqueue(requested_by=alice)
        ids = ",".join(str(pk) for pk in JobRun.objects.values_list("pk", flat=True))
        with django_assert_max_num_queries(9):
            page.get(LIST)
        with django_assert_max_num_queries(3):
            page.get(f"{LIST}live/?ids={ids}")


def test_the_page_costs_the_same_for_a_first_try_and_for_the_tenth_retry(
    page: Client, enqueue: Enqueue, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    job = services.cancel(enqueue(requested_by=alice))
    for _ in range(9):
        with django_assert_max_num_queries(9):
            page.get(page_of(job))
        job = services.cancel(services.retry(job, alice))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=roster", True),
        ("?q=payroll", False),
        ("?person={alice}", True),
        ("?person=999999", False),
        ("?person=x", True),
        ("?of=platform", True),
        ("?status__exact=running", True),
        ("?status__exact=failed", False),
        ("?kind=test.search", True),
        ("?kind=test.add", False),
        ("?queued_at_from_0=2020-01-01&queued_at_from_1=00:00", True),
        ("?queued_at_to_0=2020-01-01&queued_at_to_1=00:00", False),
        ("?queued_at_from_0=2020-01-01", True),
        ("?queued_at_to_0=2020-01-01", False),
        ("?queued_at_to_0=nonsense", True),
    ],
)
def test_the_list_can_be_searched_and_filtered(
    page: Client, enqueue: Enqueue, alice: User, query: str, found: bool
) -> None:
    job = running(enqueue, alice)
    answer = page.get(LIST + query.format(alice=alice.pk), follow=True)
    assert answer.status_code == 200
    assert (str(job.pk) in answer.content.decode()) == found


def test_the_time_filter_means_the_clock_that_the_list_shows(rf: RequestFactory, enqueue: Enqueue, root: User) -> None:
    job = enqueue()
    JobRun.objects.filter(pk=job.pk).update(queued_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))

    def listed(query: str) -> list[JobRun]:
        request = rf.get(LIST + query)
        request.user = root
        with timezone.override("Europe/Berlin"):  # 01:30 on July 2
            return list(site.get_model_admin(JobRun).get_changelist_instance(request).get_queryset(request))

    assert listed("?queued_at_from_0=2026-07-02&queued_at_from_1=01:30&queued_at_to_0=2026-07-02") == [job]
    assert listed("?queued_at_from_0=2026-07-02&queued_at_from_1=01:31") == []
    assert listed("?queued_at_to_0=2026-07-01") == []


def test_the_page_of_a_running_job_shows_bar_figures_charts_and_buttons(
    page: Client, enqueue: Enqueue, alice: User
) -> None:
    history = [[0.5, 900.0, 80.0], [3.0, 500.0, 92.0], [7.5, 450.0, 97.0]]
    job = running(enqueue, alice, objective=450.0, bound=400.0, gap=11.1, coverage=97.0, history=history)
    html = page.get(page_of(job)).content.decode()
    for text in ("Running", "Optimizing shifts", "97.0 %", "450", "400", "11.10 %", "Stop and keep", "Cancel"):
        assert text in html
    assert html.count("<svg viewBox") == 2
    assert 'hx-trigger="every 1s"' in html
    assert "Retry</button>" not in html
    assert "rack-7:4711" not in html, "names of machines are for platform staff"


@pytest.mark.parametrize(("bound", "gap"), [(None, None), (-3255.0, 823.3), (0.0, 100.0)])
def test_a_bound_that_says_nothing_is_not_shown_as_if_it_did(
    page: Client, enqueue: Enqueue, alice: User, bound: float | None, gap: float | None
) -> None:
    job = running(enqueue, alice, objective=450.0, bound=bound, gap=gap, history=[[0.5, 900.0, 80.0]])
    html = page.get(page_of(job)).content.decode()
    assert "not known yet" in html
    assert "3,255" not in html and "823" not in html and "100.00 %" not in html


def test_the_live_part_stops_asking_once_the_job_has_ended(page: Client, enqueue: Enqueue, alice: User) -> None:
    job = running(enqueue, alice)
    live = reverse("admin:jobs_jobrun_live_page", args=[job.pk])
    assert "hx-get" in page.get(live).content.decode()
    with_end = run_job(enqueue(requested_by=alice).pk, inline=True)
    assert with_end is not None
    html = page.get(reverse("admin:jobs_jobrun_live_page", args=[with_end.pk])).content.decode()
    assert "hx-get" not in html and 'aria-valuenow="100"' in html


def test_a_failure_reads_as_a_sentence_with_advice_and_hides_the_traceback_from_users(
    page: Client, enqueue: Enqueue, alice: User, root: User
) -> None:
    job = run_job(enqueue("test.break", requested_by=alice).pk, inline=True)
    assert job is not None
    html = page.get(page_of(job)).content.decode()
    assert "went wrong on our side" in html and "Retry once" in html and "Retry</button>" in html
    assert "secret detail" not in html and "Traceback" not in html
    staff = Client()
    staff.force_login(root)
    assert "ValueError: secret detail" in staff.get(page_of(job)).content.decode()


def test_a_result_links_to_its_subject_but_never_off_the_site(page: Client, enqueue: Enqueue, alice: User) -> None:
    job = run_job(enqueue("test.linked", requested_by=alice, params={}).pk, inline=True)
    assert job is not None
    html = page.get(page_of(job)).content.decode()
    assert 'href="/admin/rosters/42/"' in html and "Open the roster" in html
    assert "evil.example" not in html and "javascript:" not in html
    assert "Roster ready." in html
    assert "97.5" in html


def test_what_a_handler_says_is_text_and_never_markup(page: Client, enqueue: Enqueue, alice: User) -> None:
    job = running(enqueue, alice)
    JobRun.objects.update(message="<script>alert(1)</script>", stage="<b>bold</b>", subject="<i>x</i>")
    for url in (LIST, page_of(job)):
        html = page.get(url).content.decode()
        assert "<script>alert" not in html and "<b>bold" not in html and "<i>x" not in html
    cells = page.get(f"{LIST}live/?ids={job.pk}").json()["cells"]
    assert "<script>" not in "".join(cells.values())


@pytest.mark.parametrize("verb", ["cancel", "stop", "retry"])
def test_every_page_and_button_of_a_foreign_or_unknown_job_is_a_404(
    page: Client, enqueue: Enqueue, bob: User, verb: str
) -> None:
    foreign = running(enqueue, bob)
    for job_id in (foreign.pk, uuid.uuid4()):
        assert page.get(f"{LIST}{job_id}/change/").status_code == 404
        assert page.get(f"{LIST}{job_id}/live/").status_code == 404
        assert page.post(f"{LIST}{job_id}/{verb}/").status_code == 404
    assert page.get(f"{LIST}not-a-number/change/").status_code == 404
    foreign.refresh_from_db()
    assert (foreign.control, foreign.retries.count()) == ("", 0)


def test_the_buttons_cancel_stop_and_retry(page: Client, enqueue: Enqueue, alice: User) -> None:
    job = running(enqueue, alice)
    stopped = page.post(f"{LIST}{job.pk}/stop/", follow=True)
    assert "best so far will be kept" in stopped.content.decode()
    page.post(f"{LIST}{job.pk}/cancel/")
    job.refresh_from_db()
    assert (job.control, job.controlled_by_id) == ("cancel", alice.pk)
    assert "Cancelling" in page.get(page_of(job)).content.decode()
    old = services.cancel(enqueue(requested_by=alice))
    answer = page.post(f"{LIST}{old.pk}/retry/")
    new = JobRun.objects.get(retry_of=old)
    assert answer["Location"] == page_of(new)
    services.cancel(new)
    newest = services.retry(new, alice)
    for job in (old, new, newest):
        html = page.get(page_of(job)).content.decode()
        assert all(f'href="{page_of(other)}"' in html for other in (old, new, newest) if other != job)


def test_a_button_pressed_too_late_says_so(page: Client, enqueue: Enqueue, alice: User) -> None:
    job = run_job(enqueue(requested_by=alice).pk, inline=True)
    assert job is not None
    assert "already ended" in page.post(f"{LIST}{job.pk}/cancel/", follow=True).content.decode()


@pytest.mark.parametrize("verb", ["cancel", "stop", "retry"])
def test_buttons_answer_to_post_alone_and_demand_the_csrf_token(enqueue: Enqueue, alice: User, verb: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    job = running(enqueue, alice)
    assert client.get(f"{LIST}{job.pk}/{verb}/").status_code == 405
    assert client.post(f"{LIST}{job.pk}/{verb}/").status_code == 403


def test_list_actions_work_on_own_jobs_and_never_on_foreign_ones(
    page: Client, enqueue: Enqueue, alice: User, bob: User
) -> None:
    mine = [enqueue(requested_by=alice) for _ in range(2)]
    theirs = enqueue(requested_by=bob)
    chosen = [str(job.pk) for job in (*mine, theirs)]
    answer = page.post(LIST, {"action": "cancel_selected", "_selected_action": chosen}, follow=True)
    assert "2 jobs cancelled." in answer.content.decode()
    theirs.refresh_from_db()
    assert theirs.status == "queued"
    page.post(LIST, {"action": "retry_selected", "_selected_action": chosen})
    assert JobRun.objects.filter(retry_of__in=mine).count() == 2
    late = page.post(LIST, {"action": "stop_selected", "_selected_action": [str(mine[0].pk)]}, follow=True)
    assert "already ended" in late.content.decode()


def test_who_may_only_look_sees_no_buttons_and_cannot_press_them(
    page: Client, enqueue: Enqueue, alice: User, job_settings: Settings
) -> None:
    job = running(enqueue, alice)
    job_settings.JOBS_ACCESS_POLICY = "tests.jobs.test_api.LookOnly"
    html = page.get(page_of(job)).content.decode()
    assert "Optimizing shifts" in html and "<button id=" not in html
    assert page.post(f"{LIST}{job.pk}/cancel/").status_code == 403
    page.post(LIST, {"action": "cancel_selected", "_selected_action": [str(job.pk)]})
    job.refresh_from_db()
    assert job.control == ""


def test_jobs_can_be_neither_added_nor_deleted_nor_edited_by_hand(root: User, enqueue: Enqueue) -> None:
    client = Client()
    client.force_login(root)
    job = enqueue()
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{job.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(page_of(job), {"status": "succeeded"})
    job.refresh_from_db()
    assert job.status == "queued"


def test_outsiders_are_asked_to_sign_in(enqueue: Enqueue, db: None) -> None:
    job = enqueue()
    plain = Client()
    plain.force_login(User.objects.create_user("plain"))
    for client in (Client(), plain):
        for url in (LIST, page_of(job), f"{LIST}live/"):
            answer = client.get(url)
            assert answer.status_code == 302 and "/login/" in answer["Location"]


def test_workers_are_listed_for_platform_staff_alone(page: Client, root: User) -> None:
    assert page.get("/admin/jobs/workerpulse/").status_code == 403
    client = Client()
    client.force_login(root)
    assert client.get("/admin/jobs/workerpulse/").status_code == 200
