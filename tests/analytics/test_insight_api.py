"""Daily metrics and health over the API: shapes, filters, and whose they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from analytics.models import DailyMetrics, HealthScore, HealthStatus
from rostering.models import Organization
from tests import builders
from tests.analytics.conftest import client_of
from tests.builders import MONDAY

pytestmark = pytest.mark.django_db

DAILY, HEALTH, AT_RISK = (f"/api/v1/analytics/{call}" for call in ("metrics/daily", "health", "health/at-risk"))
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def theirs(db: None) -> Organization:
    other = builders.make_organization("theirs", name="ZZHIDDEN")
    metrics(other)
    health(other, 20)
    return other


@pytest.fixture
def root(db: None) -> APIClient:
    client = APIClient()
    user = builders.make_user("root", superuser=True)
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    return client


def metrics(organization: Organization, count: int = 1, **figures: Any) -> None:
    DailyMetrics.objects.bulk_create(
        DailyMetrics(organization=organization, day=MONDAY + timedelta(days=number), calculated_at=NOW, **figures)
        for number in range(count)
    )


def health(organization: Organization, value: float, *, days_ago: int = 0) -> HealthScore:
    found: HealthScore = HealthScore.objects.create(
        organization=organization,
        slot=NOW - timedelta(days=days_ago),
        calculated_at=NOW,
        day=MONDAY,
        status=HealthStatus.HEALTHY if value >= 70 else HealthStatus.CHURNING,
        score=value,
        usage=value,
        churn_risk=100 - value,
        inputs={"active_days": 3},
        recommendations=["Call them."],
    )
    return found


def test_a_day_has_the_promised_shape_in_units_of_money(organization: Organization, viewer: APIClient) -> None:
    figures: dict[str, Any] = {"active_users": 3, "features_used": {"edit": 2}, "places": 8, "filled": 6}
    metrics(organization, **figures, fill_rate=75.0, scheduled_cost_cents=123456, cost_per_shift_cents=20576)
    answer = viewer.get(DAILY).json()
    assert (answer["count"], answer["next"], answer["previous"]) == (1, None, None)
    assert answer["results"][0] == {
        "organization": "alpha",
        "date": str(MONDAY),
        "active_users": 3,
        "features_used": {"edit": 2},
        "rosters_generated": 0,
        "optimization_seconds": 0.0,
        "shifts_created": 0,
        "staff_added": 0,
        "shifts": 0,
        "places": 8,
        "filled": 6,
        "fill_rate": 75.0,
        "assignments": 0,
        "compliant": 0,
        "compliance_rate": None,
        "staffed_shifts": 0,
        "scheduled_cost": 1234.56,
        "cost_per_shift": 205.76,
        "currency": "EUR",
        "jobs_ended": None,
        "jobs_failed": None,
        "calculated_at": "2027-03-01T12:00:00Z",
    }


def test_days_are_paged_and_filtered_the_newest_first(organization: Organization, viewer: APIClient) -> None:
    metrics(organization, 10)
    dates = [row["date"] for row in viewer.get(DAILY, {"from": "2027-02-03", "to": "2027-02-05"}).json()["results"]]
    assert dates == ["2027-02-05", "2027-02-04", "2027-02-03"]
    page = viewer.get(DAILY, {"page_size": 4, "page": 3}).json()
    assert (page["count"], len(page["results"])) == (10, 2)


@pytest.mark.parametrize(
    ("query", "field"),
    [({"from": "yesterday"}, "from"), ({"to": "2027-13-01"}, "to"), ({"from": "2027-02-02", "to": "2027-02-01"}, "to")],
)
def test_bad_dates_are_refused_by_name(query: dict[str, str], field: str, viewer: APIClient) -> None:
    answer = viewer.get(DAILY, query)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_members_see_their_own_organization_alone(
    organization: Organization, theirs: Organization, viewer: APIClient
) -> None:
    metrics(organization)
    health(organization, 80)
    assert [row["organization"] for row in viewer.get(DAILY).json()["results"]] == ["alpha"]
    assert viewer.get(HEALTH).json()["organization"] == "alpha"
    for call in (DAILY, HEALTH):
        for named in (theirs.slug, theirs.pk):
            foreign = viewer.get(call, {"organization": named})
            assert (foreign.status_code, "ZZHIDDEN" in foreign.content.decode()) == (404, False)


def test_platform_staff_see_everybody_or_the_one_they_name(
    organization: Organization, theirs: Organization, root: APIClient
) -> None:
    metrics(organization)
    assert root.get(DAILY).json()["count"] == 2
    assert root.get(DAILY, {"organization": "theirs"}).json()["count"] == 1
    assert root.get(HEALTH).status_code == 400
    assert root.get(HEALTH, {"organization": "theirs"}).json()["score"] == 20


def test_health_is_told_with_inputs_and_history(organization: Organization, viewer: APIClient) -> None:
    health(organization, 65, days_ago=1)
    health(organization, 80)
    answer = viewer.get(HEALTH).json()
    assert (answer["score"], answer["status"], answer["churn_risk"], answer["churn_risk_level"]) == (
        *(80, "healthy", 20),
        "low",
    )
    assert answer["components"] == {"usage": 80, "adoption": None, "satisfaction": None, "growth": None}
    assert (answer["inputs"], answer["recommendations"]) == ({"active_days": 3}, ["Call them."])
    assert [point["score"] for point in answer["history"]] == [80, 65]


def test_health_before_the_first_score_is_not_enough_data(viewer: APIClient) -> None:
    answer = viewer.get(HEALTH).json()
    assert (answer["status"], answer["score"], answer["history"]) == ("unknown", None, [])
    assert answer["recommendations"] == ["No score has been calculated yet."]


def test_at_risk_is_for_platform_staff_alone(organization: Organization, theirs: Organization, root: APIClient) -> None:
    health(organization, 90)
    for path in (AT_RISK, f"{AT_RISK}/"):
        assert client_of(organization).get(path).status_code == 403
        assert APIClient().get(path).status_code == 401
        answer = root.get(path).json()
        assert [(row["organization"], row["score"]) for row in answer["results"]] == [("theirs", 20)]
        assert answer["results"][0]["recommendations"] == ["Call them."]


def test_lists_ask_as_often_for_many_rows_as_for_few(theirs: Organization, root: APIClient) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert root.get(path, {"page_size": 500}).status_code == 200
        return len(captured)

    few = [queries(path) for path in (DAILY, AT_RISK)]
    for number in range(8):
        other = builders.make_organization(f"more-{number}")
        metrics(other, 5)
        health(other, 30)
    assert [queries(path) for path in (DAILY, AT_RISK)] == few
