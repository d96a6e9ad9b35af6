"""The main job as a scheduler does it, in a browser against a real worker."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from rostering.models import Organization, Role
from tests import builders
from tests.builders import MONDAY, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_MS = 90_000


@pytest.fixture
def guards(transactional_db: None) -> Organization:
    """Two sites around the clock for a week, ten guards, one on leave; every place can be filled."""
    organization = builders.make_organization("guards", name="Harbor Guards", time_zone="Europe/Berlin")
    contract = builders.make_contract("Full time", organization=organization)
    builders.make_rule("rest", contract=contract, minimum=660)
    builders.make_rule("minutes", contract=contract, maximum=2880, period="week")
    types = [
        builders.make_shift_type(code, organization=organization, start=start, name=name)
        for code, name, start in (("E", "Early", "06:00"), ("L", "Late", "14:00"), ("N", "Night", "22:00"))
    ]
    for code in ("HARBOR", "MALL"):
        site = builders.make_site(code, organization=organization, name=f"{code.title()} gate")
        for shift_type in types:
            for day in range(7):
                moment = datetime.combine(MONDAY + timedelta(days=day), shift_type.start_time)
                builders.make_shift(moment, site=site, shift_type=shift_type)
    people = [builders.make_staff(f"Guard {letter}", contract=contract) for letter in "ABCDEFGHIJKL"]
    builders.make_availability(people[0], reason="Holiday")
    builders.make_member(organization, Role.MANAGER, username="sam", first_name="Sam")
    return organization


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="This week")).to_be_visible()


def generate(page: Page) -> None:
    page.get_by_role("link", name="Generate roster").first.click()
    page.get_by_label("First day").fill(f"{MONDAY:%Y-%m-%d}")
    page.get_by_label("Last day").fill(f"{MONDAY + timedelta(days=6):%Y-%m-%d}")
    page.get_by_label("Time limit").fill("6")
    page.get_by_role("button", name="Generate roster").click()


def test_scheduler_generates_watches_reads_and_publishes_once(
    guards: Organization, live_server: LiveServer, worker: None, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, live_server.url)
    generate(page)

    bar = page.get_by_role("progressbar").first
    expect(bar).to_be_visible()
    expect(page.get_by_role("link", name="Open the roster")).to_be_visible(timeout=PATIENCE_MS)

    page.get_by_role("link", name="Open the roster").click()
    expect(page.get_by_text("Draft", exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"42 of 42 places"))).to_be_visible()
    expect(page.get_by_role("region", name="Roster, people by day")).to_be_visible()
    assert page.locator("a.mu-shift").count() == 42
    expect(page.locator("td.mu-leave")).to_have_count(1)

    page.locator("a.mu-shift").first.click()
    dialog = page.get_by_role("dialog", name="Assignment")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Pin", exact=True).click()
    expect(page.locator("a.mu-shift.mu-pinned")).to_have_count(1)

    roster = page.url
    page.get_by_role("link", name="Publish…").click()
    expect(page.get_by_text("All of it happens, or nothing.")).to_be_visible()
    confirmation = page.url
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published: 42 assignments on 42 shifts.")).to_be_visible()
    assert page.url == roster.partition("?")[0]
    expect(page.get_by_text("Published", exact=True).first).to_be_visible()

    page.goto(confirmation)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("only a draft can be published")
    assert faults == []
