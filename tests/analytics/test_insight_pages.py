"""Daily metrics and customers in the back office: what they say, and to whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics.admin.line_charts import line_chart
from analytics.models import DailyMetrics, HealthScore, HealthStatus
from rostering.models import Organization, Role
from tests import builders

pytestmark = pytest.mark.django_db

METRICS, CUSTOMERS = (reverse(f"admin:analytics_{model}_changelist") for model in ("dailymetrics", "customer"))


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def root(db: None) -> Client:
    return browser(builders.make_user("root", superuser=True))


def fill(organization: Organization, value: float = 62, count: int = 20) -> None:
    """So many days of figures up to yesterday, and a score a day."""
    now = timezone.now()
    for number in range(count):
        day = now.date() - timedelta(days=number + 1)
        figures: dict[str, Any] = {"fill_rate": 90.0 + number % 5, "places": 10, "filled": 9, "active_users": 1}
        money: dict[str, Any] = {"scheduled_cost_cents": 250000 + number, "assignments": 9, "compliance_rate": 100.0}
        DailyMetrics.objects.create(
            organization=organization, day=day, calculated_at=now, features_used={"edit": 3}, **figures, **money
        )
        HealthScore.objects.create(
            organization=organization,
            slot=now - timedelta(days=number),
            calculated_at=now,
            day=day,
            status=HealthStatus.AT_RISK,
            score=value + number,
            usage=value,
            churn_risk=38,
            inputs={"active_days": 11, "known_days": 28, "features": ["edit"], "staff": 12, "places": 280},
            recommendations=["Somebody was active on 11 days.", "Show them exports."],
        )


def test_members_see_their_figures_with_trends(organization: Organization) -> None:
    fill(organization)
    page = browser(builders.make_member(organization, Role.VIEWER)).get(METRICS).content.decode()
    for title in ("Fill rate", "Compliance", "Scheduled cost", "Active users", "Features used"):
        assert f"<h3>{title}</h3>" in page
    assert "Zero on every day: rosters generated, optimization, shifts created, staff added." in page
    assert "€2,500" in page
    assert 'role="img" aria-label="Fill rate from' in page
    assert CUSTOMERS not in page


def test_a_day_without_figures_says_when_they_come(organization: Organization) -> None:
    page = browser(builders.make_member(organization)).get(METRICS).content.decode()
    assert "computed in the hour after its midnight" in page


def test_platform_staff_without_an_organization_are_told_to_choose_for_trends(
    organization: Organization, root: Client
) -> None:
    fill(organization)
    page = root.get(METRICS).content.decode()
    assert "to see its trends" in page
    assert "<h3>Fill rate</h3>" not in page


def test_customers_are_listed_with_badge_trend_and_risk(organization: Organization, root: Client) -> None:
    fill(organization)
    builders.make_organization("new")
    page = root.get(CUSTOMERS).content.decode()
    assert '<span class="an-badge an-fair"><strong>62</strong> At risk</span>' in page
    assert "down from 76" in page
    assert "Medium (38)" in page
    assert "Not enough data yet" in page
    filtered = root.get(CUSTOMERS, {"health": "at_risk"}).content.decode()
    assert "Alpha" in filtered and ">New<" not in filtered


def test_a_customers_page_says_what_the_score_is_made_of_and_what_to_do(
    organization: Organization, root: Client
) -> None:
    fill(organization)
    page = root.get(reverse("admin:analytics_customer_change", args=[organization.pk])).content.decode()
    for words in (
        "Somebody was active on 11 days.",
        "Show them exports.",
        "28 of 28",
        "Edit on the board",
        "weight 40 %",
    ):
        assert words in page
    assert "<h3>Health score</h3>" in page and "<h3>Fill rate</h3>" in page
    assert 'style="width:62%"' in page
    assert "not known" in page, "growth is not"


def test_a_customer_without_a_score_has_a_page(organization: Organization, root: Client) -> None:
    page = root.get(reverse("admin:analytics_customer_change", args=[organization.pk]))
    assert "No score yet" in page.content.decode()
    assert root.get(reverse("admin:analytics_customer_change", args=[987654])).status_code == 404


@pytest.mark.parametrize("role", Role)
def test_members_cannot_open_customers_not_even_their_own(role: Role, organization: Organization) -> None:
    fill(organization)
    client = browser(builders.make_member(organization, role))
    assert client.get(CUSTOMERS).status_code == 403
    assert client.get(reverse("admin:analytics_customer_change", args=[organization.pk])).status_code in (403, 404)
    assert CUSTOMERS not in client.get(reverse("admin:index")).content.decode()


def test_figures_cannot_be_edited_by_anybody(organization: Organization, root: Client) -> None:
    fill(organization, count=1)
    row = DailyMetrics.objects.get()
    root.post(f"{METRICS}{row.pk}/change/", {"fill_rate": "1"})
    assert root.get(f"{METRICS}add/").status_code in (302, 403)
    assert root.post(f"{METRICS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert DailyMetrics.objects.get().fill_rate == row.fill_rate


def test_the_platforms_home_names_customers_at_risk(organization: Organization, root: Client) -> None:
    assert "None: every customer with enough data is healthy." in root.get(reverse("admin:index")).content.decode()
    fill(organization)
    home = root.get(reverse("admin:index")).content.decode()
    assert "Customers at risk" in home
    assert "Somebody was active on 11 days." in home
    member = browser(builders.make_member(organization)).get(reverse("admin:index")).content.decode()
    assert "Customers at risk" not in member


def test_pages_ask_as_often_for_many_rows_as_for_few(organization: Organization, root: Client) -> None:
    def queries(url: str, **headers: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert root.get(url, headers=headers).status_code == 200
        return len(captured)

    one = reverse("admin:analytics_customer_change", args=[organization.pk])
    asked = [(METRICS, {"X-Organization": "alpha"}), (METRICS, {}), (CUSTOMERS, {}), (one, {}), ("/admin/", {})]
    fill(organization, count=2)
    few = [queries(url, **headers) for url, headers in asked]
    for number in range(5):
        fill(builders.make_organization(f"more-{number}"), count=10)
    assert [queries(url, **headers) for url, headers in asked] == few


def test_a_line_has_a_hole_where_nothing_is_known() -> None:
    first = date(2027, 2, 1)
    values = [1.0, 2.0, None, 4.0, None, 5.0, 6.0]
    drawn = line_chart("Cost", [(first + timedelta(days=day), value) for day, value in enumerate(values)])
    assert drawn is not None
    assert (len(drawn.lines), len(drawn.dots)) == (2, 1)
    assert drawn.lines[0].startswith("48.0,") and drawn.lines[1].endswith("348.0,10.0")
    assert drawn.summary == "Cost from 01 Feb to 07 Feb 2027: last 6, lowest 1 on 01 Feb, highest 6 on 07 Feb."
    assert line_chart("Cost", [(first, None)]) is None
