"""Schedules and jobs as the people who run the platform use them: a browser, a web server and a real worker."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django_celery_beat.models import PeriodicTask
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from jobs import schedules, services
from jobs.models import JobRun

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_MS = 60_000
SCHEDULE = "Tidy up old jobs"


@pytest.fixture
def page(
    browser: Browser, live_server: LiveServer, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    """Signed in as platform staff, with the schedules Muster comes with; no page may throw a script error."""
    # Playwright's own event loop would make Django refuse the database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    User.objects.create_superuser("root", password="root-password")
    schedules.setup()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("root-password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Schedules")).to_be_visible()
    yield page
    assert faults == []


def test_run_now_from_the_list_leads_to_a_job_page_that_ends_well(page: Page, worker: None) -> None:
    page.get_by_role("link", name="Schedules").click()
    page.get_by_role("button", name=f"Run {SCHEDULE} now").click()
    expect(page).to_have_url(re.compile(r"/admin/jobs/jobrun/[0-9a-f-]{36}/change/"))
    expect(page.locator("#job-live .job-pill").first).to_have_text("Done", timeout=PATIENCE_MS)
    page.get_by_role("link", name=SCHEDULE, exact=True).last.click()
    expect(page.get_by_role("table").get_by_text("by hand, root")).to_be_visible()
    page.get_by_role("link", name="Schedules").first.click()
    expect(page.get_by_role("link", name=re.compile("Done.*by root"))).to_be_visible()


def test_the_times_of_a_schedule_are_edited_on_its_page(page: Page) -> None:
    page.get_by_role("link", name="Schedules").click()
    page.get_by_role("link", name=SCHEDULE, exact=True).click()
    page.get_by_label("Hour").fill("25")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("“25” cannot be read here.")).to_be_visible()
    page.get_by_label("Hour").fill("6,18")
    page.get_by_label("Day of week").fill("mon-fri")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("every workday (Monday to Friday) at 06:40 and 18:40, UTC; next")).to_be_visible()
    page.get_by_role("link", name=SCHEDULE, exact=True).click()
    expect(page.get_by_label("Hour")).to_be_visible()
    page.get_by_label("Repeats").select_option("interval")
    expect(page.get_by_label("Hour")).to_be_hidden()
    page.get_by_label("Every").fill("2")
    page.get_by_label("Period").select_option("hours")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("cell", name="every 2 hours")).to_be_visible()
    assert PeriodicTask.objects.get(name=SCHEDULE).interval.every == 2


def test_a_job_is_cancelled_from_the_list_by_keyboard(page: Page) -> None:
    entry = PeriodicTask.objects.get(name=SCHEDULE)
    job = schedules.run_now(entry, None)
    assert job is not None
    page.get_by_role("link", name=re.compile("Jobs$")).first.click()
    cell = page.locator(f"[data-job-cell='{job.pk}:status']")
    expect(cell).to_have_text("Waiting")
    row = page.get_by_role("row").filter(has=cell)
    row.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    page.locator("select[name=action]").select_option("cancel_selected")
    page.get_by_role("button", name="Run", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 job cancelled.")).to_be_visible()
    expect(cell).to_have_text("Cancelled")
    assert JobRun.objects.get(pk=job.pk).status == "cancelled"


def test_the_pages_fit_a_phone(page: Page, live_server: LiveServer) -> None:
    entry = PeriodicTask.objects.get(name=SCHEDULE)
    job = schedules.run_now(entry, None)
    assert job is not None
    services.cancel(job)
    page.set_viewport_size({"width": 390, "height": 844})
    base = f"{live_server.url}/admin"
    for path in (
        "/django_celery_beat/periodictask/",
        f"/django_celery_beat/periodictask/{entry.pk}/change/",
        "/jobs/jobrun/",
        f"/jobs/jobrun/{job.pk}/change/",
    ):
        page.goto(base + path)
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) == 0, path
