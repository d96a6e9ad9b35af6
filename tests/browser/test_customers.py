"""Platform staff look after a customer, and a member at figures, in a browser; wide and narrow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from analytics.models import DailyMetrics, FeatureUse
from analytics.services.daily_metrics import calculate
from analytics.services.health_scores import score
from rostering.models import Organization, Role
from rostering.selectors.periods import Period
from tests import builders
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

WIDTHS = [1280, 390]


@pytest.fixture
def customer(transactional_db: None) -> Organization:
    """Five weeks in which somebody came by twice a week; figures and score come from the real services."""
    organization = builders.make_organization("harbor", name="Harbor Guards", time_zone="Europe/Berlin")
    builders.make_user("root", superuser=True)
    builders.make_member(organization, Role.VIEWER, username="vera")
    last = timezone.now().astimezone(organization.tz).date() - timedelta(days=1)
    for number in range(35):
        day = last - timedelta(days=number)
        if number % 4 == 0:
            for feature in ("visit", "edit"):
                FeatureUse.objects.create(organization=organization, day=day, feature=feature, actor="a" * 16)
    calculate(Period(organization, last - timedelta(days=32), last))
    assert DailyMetrics.objects.count() == 33
    score(organization)
    for number in range(3):
        builders.make_notification(organization, subject=f"Told of {number}")
    return organization


def sign_in(page: Page, address: str, username: str) -> list[str]:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return faults


def overflow(page: Page) -> Any:
    """Pixels by which the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_platform_staff_go_from_the_home_page_to_what_to_do(
    width: int, customer: Organization, live_server: LiveServer, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults = sign_in(page, live_server.url, "root")
    expect(page.get_by_role("heading", name="Customers at risk")).to_be_visible()
    page.get_by_role("link", name="Harbor Guards").click()
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    expect(page.get_by_text("Somebody was active on 7 days of the last 28")).to_be_visible()
    expect(page.get_by_role("img", name="Active users from")).to_be_visible()
    assert overflow(page) <= 0
    page.get_by_role("link", name="All customers").click()
    expect(page.get_by_text("Churning").first).to_be_visible()
    page.get_by_role("link", name="Harbor Guards").click()
    page.get_by_role("button", name="Work in Harbor Guards").click()
    expect(page.get_by_role("heading", name="Set up Harbor Guards")).to_be_visible()
    assert faults == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_member_reads_trends_and_what_is_stored(
    width: int, customer: Organization, live_server: LiveServer, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults = sign_in(page, live_server.url, "vera")
    page.goto(f"{live_server.url}/admin/analytics/dailymetrics/")
    expect(page.get_by_role("img", name="Active users from")).to_be_visible()
    assert overflow(page) <= 0
    if width < 640:
        assert page.evaluate("document.documentElement.scrollHeight") < 3500, "two weeks of cards and a strip of trends"
        expect(page.locator("td.field-compliance").first).to_be_visible()
        expect(page.locator("td.field-new_shifts").first).to_be_hidden()
        page.locator("tr.data-row th a").first.click()
        expect(page.get_by_text("Shifts created")).to_be_visible()
    page.goto(f"{live_server.url}/admin/analytics/featureuse/")
    expect(page.get_by_text("This is all that is stored about use.")).to_be_visible()
    assert overflow(page) <= 0
    assert faults == []


def test_a_list_on_a_phone_is_cards_with_a_name_on_top_and_its_box_in_the_corner(
    customer: Organization, live_server: LiveServer, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    faults = sign_in(page, live_server.url, "vera")
    page.goto(f"{live_server.url}/admin/rostering/notification/")
    label = "getComputedStyle(document.querySelector('td.action-checkbox'), '::before').display"
    assert page.evaluate(label) == "none", "no “Select record” above each card"
    card = page.locator("tr.data-row").first.bounding_box()
    box = page.get_by_role("checkbox", name="Select record").first
    corner = box.bounding_box()
    assert card is not None and corner is not None
    assert card["height"] < 170
    assert corner["y"] < card["y"] + 30 and corner["x"] > card["x"] + card["width"] - 60
    box.check()
    expect(box).to_be_checked()
    assert overflow(page) <= 0
    assert faults == []
