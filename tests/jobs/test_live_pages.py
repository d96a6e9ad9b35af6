"""In a real browser: bars move by themselves, the page survives a reload, and *stop and keep* works from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Dialog, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from jobs.models import JobRun
from jobs.states import Status
from tests.jobs.conftest import Enqueue, run_on_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.jobs.urls")]

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def browser_page(
    chromium: Path, live_server: LiveServer, root: User, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    """A signed-in browser; Playwright's own event loop would make Django refuse the database without the variable."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{live_server.url}/admin/login/")
        page.fill("[name=username]", "root")
        page.fill("[name=password]", "root-password")
        page.click("[type=submit]")
        page.wait_for_url("**/admin/")
        yield page
        browser.close()


@pytest.fixture
def searching(enqueue: Enqueue, root: User) -> Iterator[JobRun]:
    """A job that runs on a thread until it is told to stop."""
    job = enqueue("test.search", subject="roster:1", requested_by=root, params={"seconds": 120})
    thread = run_on_thread(job)
    yield job
    JobRun.objects.filter(pk=job.pk, status=Status.RUNNING).update(control="cancel")
    thread.join(timeout=30)


def test_the_bars_of_the_list_move_without_a_reload(
    browser_page: Page, live_server: LiveServer, searching: JobRun
) -> None:
    browser_page.goto(f"{live_server.url}/admin/jobs/jobrun/")
    bar = browser_page.locator(f"[data-job-cell='{searching.pk}:progress'] .job-bar")
    first = int(bar.get_attribute("aria-valuenow") or 0)
    browser_page.wait_for_function(
        "([cell, first]) => Number(document.querySelector(`${cell} .job-bar`).ariaValueNow) > first",
        arg=[f"[data-job-cell='{searching.pk}:progress']", first],
    )
    JobRun.objects.filter(pk=searching.pk).update(control="cancel")
    expect(browser_page.locator(f"[data-job-cell='{searching.pk}:status']")).to_have_text("Cancelled", timeout=20_000)
    expect(browser_page.locator("[data-job-live]")).to_have_count(0)


def test_a_job_is_watched_reloaded_and_stopped_from_its_page(
    browser_page: Page, live_server: LiveServer, searching: JobRun
) -> None:
    browser_page.goto(f"{live_server.url}/admin/jobs/jobrun/{searching.pk}/change/")
    expect(browser_page.locator(".job-sentence-large")).to_have_text("Optimizing shift assignments…", timeout=20_000)
    expect(browser_page.locator("svg .job-line")).to_have_count(2, timeout=20_000)
    browser_page.reload()
    browser_page.get_by_role("button", name="Stop and keep").click()
    expect(browser_page.locator(".job-pill").first).to_have_text("Done", timeout=20_000)
    expect(browser_page.get_by_role("button", name="Stop and keep")).to_have_count(0)
    searching.refresh_from_db()
    assert (searching.status, searching.progress) == (Status.SUCCEEDED, 100)


def test_cancel_asks_first(browser_page: Page, live_server: LiveServer, searching: JobRun) -> None:
    browser_page.goto(f"{live_server.url}/admin/jobs/jobrun/{searching.pk}/change/")
    questions: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.dismiss()

    browser_page.once("dialog", dismiss)
    browser_page.get_by_role("button", name="Cancel").click()
    searching.refresh_from_db()
    assert (len(questions), searching.control) == (1, "")
    browser_page.once("dialog", lambda dialog: dialog.accept())
    browser_page.get_by_role("button", name="Cancel").click()
    expect(browser_page.locator(".job-pill").first).to_have_text("Cancelled", timeout=20_000)
