"""Scores as they are stored: what they are made of, once a half day, kept for the trend."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import DailyMetrics, HealthScore, HealthStatus
from analytics.selectors.customers import at_risk, direction
from analytics.services.health_scores import prune_scores, score, slot_of
from rostering.models import Organization, Role
from tests import builders
from tests.analytics.conftest import At

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 12, 20, tzinfo=UTC)
LAST = date(2027, 2, 28)


def days(organization: Organization, count: int = 56, **figures: Any) -> None:
    """So many days up to `LAST`; every fourth day nobody is active."""
    values: dict[str, Any] = {"features_used": {"edit": 2, "publish": 1}, "places": 10, "filled": 9, **figures}
    DailyMetrics.objects.bulk_create(
        DailyMetrics(
            organization=organization,
            day=LAST - timedelta(days=number),
            calculated_at=NOW,
            **{"active_users": 0 if number % 4 == 3 else 2, **values},
        )
        for number in range(count)
    )


def stored_score(organization: Organization, value: float | None, *, days_ago: int = 0, **fields: Any) -> HealthScore:
    status = HealthStatus.CHURNING if value is not None and value < 50 else HealthStatus.AT_RISK
    found: HealthScore = HealthScore.objects.create(
        organization=organization,
        slot=slot_of(NOW - timedelta(days=days_ago)),
        calculated_at=NOW,
        day=LAST,
        **{"status": status, "score": value, "churn_risk": None if value is None else 100 - value, **fields},
    )
    return found


def test_a_score_is_made_of_the_last_four_weeks(organization: Organization, at: At) -> None:
    at(NOW)
    days(organization)
    DailyMetrics.objects.filter(day=LAST).update(rosters_generated=1, assignments=10, compliant=9, jobs_ended=2)
    DailyMetrics.objects.filter(day__lt=LAST - timedelta(days=27)).update(places=8, filled=0, features_used={"api": 1})
    for _ in range(2):
        builders.make_member(organization, Role.VIEWER)
    builders.make_staff(employed_from=LAST)
    builders.make_staff(employed_until=LAST)
    builders.make_staff(employed_until=LAST - timedelta(days=1))
    builders.make_staff(active=False)
    found = score(organization)
    expected = {
        "known_days": 28,
        "active_days": 21,
        "busiest": 2,
        "members": 2,
        "rosters": 1,
        "roster_days": 28,
        "features": ["edit", "publish"],
        "fill_rate": 90.0,
        "compliance_rate": 90.0,
        "jobs_ended": 2,
        "jobs_failed": 0,
        "staff": 2,
        "staff_before": 2,
        "places": 280,
        "places_before": 224,
        "score_before": None,
    }
    assert found.inputs == expected
    assert (found.usage, found.adoption, found.satisfaction, found.growth) == (100.0, 29.6, 68.3, 75.0)
    assert found.score == pytest.approx(0.4 * 100 + 0.3 * 29.6 + 0.2 * 68.3 + 0.1 * 75, abs=0.06)
    assert (found.status, found.day, found.slot) == ("healthy", LAST, datetime(2027, 3, 1, 12, tzinfo=UTC))


def test_people_who_left_and_are_inactive_now_count_for_the_time_before(organization: Organization, at: At) -> None:
    at(NOW)
    days(organization)
    builders.make_staff()
    builders.make_staff(active=False, employed_until=LAST - timedelta(days=3))
    builders.make_staff(active=False, employed_until=LAST + timedelta(days=3))
    builders.make_staff(active=False, employed_until=LAST - timedelta(days=29))
    builders.make_staff(active=False)
    inputs = score(organization).inputs
    assert (inputs["staff"], inputs["staff_before"]) == (1, 3)


def test_half_a_period_before_is_not_compared(organization: Organization, at: At) -> None:
    at(NOW)
    days(organization, 40)
    assert score(organization).inputs["places_before"] == 0


def test_a_new_organization_has_not_enough_data_yet(organization: Organization, at: At) -> None:
    at(NOW)
    assert score(organization).status == HealthStatus.UNKNOWN
    days(organization, 13)
    found = score(organization)
    assert (found.status, found.score, found.inputs["known_days"]) == (HealthStatus.UNKNOWN, None, 13)
    assert "Not enough data yet" in found.recommendations[0]


def test_days_whose_use_is_not_known_are_no_days_of_silence(organization: Organization, at: At) -> None:
    at(NOW)
    days(organization, 28, active_users=None, features_used=None)
    assert score(organization).status == HealthStatus.UNKNOWN


def test_a_half_day_is_scored_once_and_the_next_is_a_new_point(organization: Organization, at: At) -> None:
    days(organization)
    for moment in (NOW, NOW + timedelta(hours=3), NOW + timedelta(hours=12)):
        at(moment)
        score(organization)
    slots = list(HealthScore.objects.values_list("slot", flat=True))
    assert slots == [datetime(2027, 3, 2, 0, tzinfo=UTC), datetime(2027, 3, 1, 12, tzinfo=UTC)]


def test_a_fall_within_two_weeks_raises_the_churn_risk(organization: Organization, at: At) -> None:
    at(NOW)
    days(organization)
    calm = score(organization)
    assert calm.score is not None and calm.churn_risk == pytest.approx(100 - calm.score, abs=0.06)
    stored_score(organization, calm.score + 15, days_ago=14)
    fallen = score(organization)
    assert fallen.churn_risk == pytest.approx(100 - calm.score + 15, abs=0.06)
    assert fallen.recommendations[0].startswith("The score fell from")


def test_scoring_asks_as_often_for_many_days_as_for_few(organization: Organization, at: At) -> None:
    at(NOW)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            score(organization)
        return len(captured)

    queries()
    few = queries()
    days(organization)
    assert queries() == few <= 14


def test_at_risk_has_the_last_scores_worst_first_and_no_healthy_or_unknown_ones(at: At) -> None:
    at(NOW)
    made = {slug: builders.make_organization(slug) for slug in ("fine", "poor", "worse", "new", "gone", "never")}
    stored_score(made["fine"], 40, days_ago=3)
    stored_score(made["fine"], 90, status=HealthStatus.HEALTHY)
    stored_score(made["poor"], 60)
    stored_score(made["worse"], 20)
    stored_score(made["new"], None, status=HealthStatus.UNKNOWN)
    stored_score(made["gone"], 10)
    made["gone"].active = False
    made["gone"].save()
    assert [(row.slug, row.health_score) for row in at_risk()] == [("worse", 20), ("poor", 60)]
    assert [row.slug for row in at_risk(1)] == ["worse"]


@pytest.mark.parametrize(
    ("now", "before", "going"),
    [(70, 60, "up"), (60, 70, "down"), (70, 71.9, "level"), (70, None, ""), (None, 70, "")],
)
def test_directions(now: float | None, before: float | None, going: str) -> None:
    assert direction(now, before) == going


def test_old_scores_are_thinned_to_one_a_day_and_then_forgotten(organization: Organization, at: At) -> None:
    at(NOW)
    for days_ago in (0, 0.5, 100, 100.5, 900, 900.5):
        HealthScore.objects.create(
            organization=organization,
            slot=slot_of(NOW - timedelta(days=days_ago)),
            calculated_at=NOW,
            day=LAST,
            status=HealthStatus.UNKNOWN,
        )
    assert prune_scores() == 3
    kept = [(NOW - found.slot).days for found in HealthScore.objects.all()]
    assert kept == [0, 0, 100]


def test_the_command_scores_everybody_and_says_how_they_are(organization: Organization) -> None:
    builders.make_organization("gone", active=False)
    out = StringIO()
    call_command("calculate_health_scores", stdout=out)
    assert out.getvalue() == "alpha: not enough data yet\n"
