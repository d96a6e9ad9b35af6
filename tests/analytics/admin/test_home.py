"""The home page: the figures of the API, by day and as trends, and what an empty organization is told."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.admin.bar_charts import cost_chart, coverage_chart
from analytics.admin.home import figures
from analytics.models import HealthScore
from rostering.models import Membership, Organization, Role, Shift
from tests import builders
from tests.analytics.conftest import At
from tests.builders import MONDAY, local

pytestmark = pytest.mark.django_db


def member_of(organization: Organization) -> Client:
    """Signed in now: by a clock that is set later the session may have ended."""
    client = Client()
    client.force_login(builders.make_member(organization, Role.SCHEDULER))
    return client


def test_an_empty_organization_is_told_what_to_do_first_and_shown_no_chart(organization: Organization) -> None:
    page = member_of(organization).get("/admin/")
    assert page.context["next_step"].sentence == "Add your first site"
    assert page.context["trends"] == []
    text = page.content.decode()
    assert reverse("admin:rostering_site_add") in text
    assert "No shifts in this week." in text
    assert "No shift lies ahead." in text


def test_weeks_are_the_weekly_summaries_of_the_api(organization: Organization, viewer: APIClient, at: At) -> None:
    at(local(MONDAY + timedelta(days=2), "12:00"))
    site = builders.make_site(organization=organization)
    roster = builders.make_roster(organization=organization, status="published")
    for day in (0, 3, 7, 9):
        shift = builders.make_shift(datetime.combine(MONDAY + timedelta(days=day), time(8)), site=site, headcount=2)
        builders.make_assignment(roster, shift, builders.make_staff())
    weeks = member_of(organization).get("/admin/").context["weeks"]
    for week, first in zip(weeks, (MONDAY, MONDAY + timedelta(days=7)), strict=True):
        told = viewer.get("/api/v1/dashboard/weekly-summary", {"date": str(first)}).json()
        assert [{**day, "date": str(day["date"])} for day in week["days"]] == told["by_day"]
        assert (week["places"], week["filled"], week["open"], week["coverage"]) == (4, 2, 2, "50 %")


def test_a_site_in_another_zone_counts_on_its_own_date_everywhere(
    organization: Organization, viewer: APIClient, at: At
) -> None:
    """The organization is in UTC; 23:00 there on Sunday is Monday morning in Tokyo, the first day of the next week."""
    at(local(MONDAY, "12:00"))
    tokyo = builders.make_site(organization=organization, time_zone="Asia/Tokyo")
    home = builders.make_site(organization=organization)
    roster = builders.make_roster(organization=organization, status="published")
    next_monday = MONDAY + timedelta(days=7)
    for site in (tokyo, home):
        shift = builders.make_shift(local(next_monday - timedelta(days=1), "23:00"), site=site)
        builders.make_assignment(roster, shift, builders.make_staff())

    def summary(day: date) -> dict[str, int]:
        told = viewer.get("/api/v1/dashboard/weekly-summary", {"date": str(day)}).json()
        return {row["date"]: row["shifts"] for row in told["by_day"] if row["shifts"]} | {"worked": told["hours"]}

    assert summary(MONDAY) == {str(next_monday - timedelta(days=1)): 1, "worked": 8.0}
    assert summary(next_monday) == {str(next_monday): 1, "worked": 8.0}
    assert viewer.get("/api/v1/dashboard/metrics").json()["shifts"]["this_week"] == 1
    this_week, following = member_of(organization).get("/admin/").context["weeks"]
    assert [day["places"] for day in this_week["days"]] == [0, 0, 0, 0, 0, 0, 1]
    assert [day["places"] for day in following["days"]] == [1, 0, 0, 0, 0, 0, 0]
    trend = viewer.get("/api/v1/dashboard/cost-trends", {"days": "1", "start_date": str(next_monday)}).json()
    assert trend["total_hours"] == 8.0
    covered = viewer.get("/api/v1/dashboard/site-coverage", {"days": 7}).json()
    assert {row["site_id"]: row["shifts"] for row in covered} == {tokyo.pk: 0, home.pk: 1}


def test_sites_that_all_share_a_zone_other_than_the_organizations_count_on_their_date(
    organization: Organization, viewer: APIClient, at: At
) -> None:
    at(local(MONDAY, "12:00"))
    site = builders.make_site(organization=organization, time_zone="Asia/Tokyo")
    builders.make_shift(local(MONDAY + timedelta(days=6), "23:00"), site=site)
    builders.make_shift(local(MONDAY - timedelta(days=1), "23:00"), site=site)
    told = viewer.get("/api/v1/dashboard/weekly-summary", {"date": str(MONDAY)}).json()
    assert [row["shifts"] for row in told["by_day"]] == [1, 0, 0, 0, 0, 0, 0]


def generate_button(client: Client) -> str:
    found = re.search(
        r'href="([^"]*/generate/\?[^"]*)">Generate a roster for next week<', client.get("/admin/").content.decode()
    )
    return unescape(found[1]) if found else ""


@pytest.fixture
def open_week(organization: Organization, at: At) -> Organization:
    """A set up organization whose next week has one shift of two places, and a roster of a month ago."""
    at(local(MONDAY + timedelta(days=2), "12:00"))
    site = builders.make_site(organization=organization)
    builders.make_staff(organization=organization)
    builders.make_shift(datetime.combine(MONDAY + timedelta(days=9), time(8)), site=site, headcount=2)
    before = MONDAY - timedelta(days=28)
    builders.make_roster(organization=organization, start_date=before, end_date=before + timedelta(days=6))
    return organization


def test_an_open_next_week_without_a_draft_can_be_generated_with_its_dates_filled_in(open_week: Organization) -> None:
    client = member_of(open_week)
    first, last = MONDAY + timedelta(days=7), MONDAY + timedelta(days=13)
    address = generate_button(client)
    assert address == f"{reverse('admin:rostering_roster_generate')}?first={first}&last={last}"
    form = client.get(address).context["form"]
    assert (form.initial["start_date"], form.initial["end_date"], form.initial["base"]) == (first, last, None)
    builders.make_roster(organization=open_week, start_date=first + timedelta(days=3), end_date=last)
    assert generate_button(client) == "", "a draft waits already"


def test_what_is_published_of_an_open_week_is_stayed_close_to(open_week: Organization) -> None:
    first = MONDAY + timedelta(days=7)
    published = builders.make_roster(
        organization=open_week, status="published", start_date=MONDAY, end_date=first + timedelta(days=6), coverage=50.0
    )
    client = member_of(open_week)
    address = generate_button(client)
    assert address.endswith(f"&base={published.pk}")
    assert client.get(address).context["form"].initial["base"] == published.pk
    (shift,) = Shift.objects.owned_by(open_week)
    for _ in range(2):
        builders.make_assignment(published, shift, builders.make_staff(organization=open_week))
    assert generate_button(client) == "", "every place is filled"


def test_viewers_are_not_sent_to_a_page_they_cannot_open(open_week: Organization) -> None:
    client = member_of(open_week)
    Membership.objects.filter(organization=open_week).update(role=Role.VIEWER)
    assert generate_button(client) == ""


@pytest.mark.parametrize("query", ["first=2027-02-31&last=soon", "first=&last="])
def test_dates_that_are_none_are_left_out_of_the_generate_form(open_week: Organization, query: str) -> None:
    plain, asked = (
        member_of(open_week).get(f"{reverse('admin:rostering_roster_generate')}?{part}") for part in ("", query)
    )
    assert asked.status_code == 200
    assert asked.context["form"].initial == plain.context["form"].initial


def test_platform_staff_see_who_is_at_risk_in_the_colors_of_the_customers_list(organization: Organization) -> None:
    churning = builders.make_organization("churning", name="Churning Guards")
    for customer, status, value in ((organization, "at_risk", 67.0), (churning, "churning", 30.0)):
        now = timezone.now()
        HealthScore.objects.create(
            organization=customer,
            slot=now,
            calculated_at=now,
            day=MONDAY,
            status=status,
            score=value,
            churn_risk=100 - value,
            inputs={},
            recommendations=["Call the owner."],
        )
    client = Client()
    client.force_login(builders.make_user("root", superuser=True))
    for page in (client.get("/admin/"), client.get(reverse("admin:analytics_customer_changelist"))):
        text = page.content.decode()
        assert '<span class="an-badge an-fair"><strong>67</strong> At risk</span>' in text
        assert '<span class="an-badge an-poor"><strong>30</strong> Churning</span>' in text
        assert "analytics/analytics.css" in text


def test_trends_run_from_four_weeks_back_to_the_end_of_next_week(organization: Organization, at: At) -> None:
    today = MONDAY + timedelta(days=1)
    at(local(today, "12:00"))
    organization.currency = "GBP"
    organization.save()
    roster = builders.make_roster(organization=organization, status="published", start_date=MONDAY - timedelta(days=28))
    for day, headcount in ((-28, 4), (0, 1), (13, 2)):
        shift = builders.make_shift(datetime.combine(MONDAY + timedelta(days=day), time(8)), headcount=headcount)
        builders.make_assignment(roster, shift, builders.make_staff(), cost_cents=10_000)
    coverage, cost = figures(organization)["trends"]
    assert len(coverage.bars) == len(cost.bars) == 42
    assert [(bar.height, bar.missing) for bar in coverage.bars if bar.height] == [
        (25.0, 75.0),
        (100.0, 0.0),
        (50.0, 50.0),
    ]
    assert [bar.ahead for bar in cost.bars] == [False] * 29 + [True] * 13
    assert (coverage.figure, cost.figure, cost.top) == ("40 %", "£200", "£100")
    assert [figure for _, _, figure in cost.weeks] == ["£100", "£0", "£0", "£0", "£100", "£100"]
    assert coverage.weeks[1][2] == "–"
    assert coverage.bars[0].title == "Mon 04 Jan: 1 of 4 places filled"
    assert "04 Jan to 10 Jan: £100" in cost.summary


def test_trends_have_a_text_alternative_on_the_page(organization: Organization, at: At) -> None:
    at(local(MONDAY, "12:00"))
    builders.make_shift()
    text = member_of(organization).get("/admin/").content.decode()
    assert text.count('class="mu-trend" role="img" aria-label="') == 2
    assert "Coverage by week: " in text
    assert text.count('<th scope="col">Week</th>') == 2


def test_days_without_work_have_no_bar() -> None:
    nothing = {"shifts": 0, "places": 0, "filled": 0, "open": 0}
    days = [{"date": MONDAY + timedelta(days=day), **nothing} for day in range(7)]
    bars = coverage_chart(days, MONDAY).bars
    assert {(bar.height, bar.missing) for bar in bars} == {(0.0, 0.0)}
    free = [{"date": day["date"], "cost": 0.0, "hours": 0.0, "assignments": 0} for day in days]
    assert {bar.height for bar in cost_chart({"currency": "EUR", "trend": free}, MONDAY).bars} == {0.0}
