"""The formulas of customer health, one by one, and the lines between the statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.advice import recommendations
from analytics.features import FEATURES
from analytics.models import ChurnRisk, HealthStatus
from analytics.scoring import (
    NEEDED_DAYS,
    WEIGHTS,
    Inputs,
    adoption,
    assess,
    churn_risk,
    growth,
    risk_level,
    satisfaction,
    status_of,
    usage,
)

PERFECT = Inputs(
    known_days=28,
    active_days=20,
    busiest=4,
    members=4,
    rosters=1,
    roster_days=28,
    features=tuple(FEATURES),
    fill_rate=100.0,
    compliance_rate=100.0,
    jobs_ended=4,
    staff=125,
    staff_before=100,
    places=1250,
    places_before=1000,
)


def test_the_weights_are_those_promised() -> None:
    assert WEIGHTS == {"usage": 0.4, "adoption": 0.3, "satisfaction": 0.2, "growth": 0.1}


def test_a_perfect_customer_has_a_hundred_and_nothing_to_do() -> None:
    health = assess(PERFECT)
    assert (health.score, health.status, health.churn_risk) == (100.0, HealthStatus.HEALTHY, 0.0)
    assert set(health.components.values()) == {100.0}
    assert recommendations(PERFECT, health) == ["Nothing to do: every figure looks good."]


@pytest.mark.parametrize(
    ("component", "points"), [("usage", 60.0), ("adoption", 70.0), ("satisfaction", 80.0), ("growth", 90.0)]
)
def test_a_component_of_nothing_takes_its_weight_away(component: str, points: float) -> None:
    nothing: dict[str, dict[str, Any]] = {
        "usage": {"active_days": 0, "busiest": 0, "rosters": 0},
        "adoption": {"features": ()},
        "satisfaction": {"fill_rate": 70.0, "compliance_rate": 80.0, "jobs_failed": 4},
        "growth": {"staff": 75, "places": 750},
    }
    health = assess(replace(PERFECT, **nothing[component]))
    assert health.components[component] == 0.0
    assert health.score == points


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({}, 100.0),
        ({"active_days": 10}, 75.0),
        ({"active_days": 28}, 100.0),
        ({"busiest": 2}, 85.0),
        ({"rosters": 0}, 80.0),
        ({"roster_days": 7, "rosters": 2}, 90.0),
        ({"roster_days": 92, "rosters": 1}, 100.0),
        ({"known_days": 14, "active_days": 10}, 100.0),
        ({"members": 0, "busiest": 0, "active_days": 0}, 28.6),
    ],
)
def test_usage(changes: dict[str, Any], value: float) -> None:
    assert usage(replace(PERFECT, **changes)) == value


@pytest.mark.parametrize(("count", "value"), [(0, 0.0), (3, 44.4), (6, 88.9), (7, 100.0), (9, 100.0)])
def test_adoption_is_full_with_three_quarters_of_all_features(count: int, value: float) -> None:
    assert adoption(replace(PERFECT, features=tuple(FEATURES)[:count])) == value


def test_adoption_counts_known_features_once() -> None:
    assert adoption(replace(PERFECT, features=("edit", "edit", "forgotten"))) == 14.8


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"fill_rate": 85.0}, 75.0),
        ({"fill_rate": 40.0}, 50.0),
        ({"compliance_rate": 90.0}, 85.0),
        ({"jobs_failed": 2}, 90.0),
        ({"jobs_ended": 0, "fill_rate": 85.0}, 68.8),
        ({"fill_rate": None, "compliance_rate": None}, 100.0),
        ({"fill_rate": None, "compliance_rate": None, "jobs_ended": 0}, None),
    ],
)
def test_satisfaction(changes: dict[str, Any], value: float | None) -> None:
    assert satisfaction(replace(PERFECT, **changes)) == value


@pytest.mark.parametrize(
    ("staff", "before", "places", "places_before", "value"),
    [
        (100, 100, 500, 500, 50.0),
        (110, 100, 500, 500, 60.0),
        (80, 100, 400, 500, 10.0),
        (200, 100, 900, 500, 100.0),
        (10, 100, 10, 500, 0.0),
        (100, 100, 500, 0, 50.0),
        (5, 0, 5, 0, None),
    ],
)
def test_growth(*, staff: int, before: int, places: int, places_before: int, value: float | None) -> None:
    inputs = replace(PERFECT, staff=staff, staff_before=before, places=places, places_before=places_before)
    assert growth(inputs) == value


@pytest.mark.parametrize(
    ("score", "status"),
    [
        (100, "healthy"),
        (70, "healthy"),
        (69.9, "at_risk"),
        (50, "at_risk"),
        (49.9, "churning"),
        (0, "churning"),
    ],
)
def test_the_lines_between_statuses(score: float, status: str) -> None:
    assert status_of(score) == status


def test_the_churn_risk_rises_with_a_falling_score() -> None:
    assert churn_risk(80, None) == 20
    assert churn_risk(80, 70) == 20, "a rise takes no risk away"
    assert churn_risk(80, 95) == 35
    assert churn_risk(20, 100) == 100
    assert [risk_level(risk) for risk in (None, 30, 30.1, 50, 50.1)] == [
        ChurnRisk.UNKNOWN,
        ChurnRisk.LOW,
        ChurnRisk.MEDIUM,
        ChurnRisk.MEDIUM,
        ChurnRisk.HIGH,
    ]


def test_a_new_customer_is_not_churning_but_unknown() -> None:
    new = Inputs(known_days=3, members=1)
    health = assess(new)
    assert (health.status, health.score, health.churn_risk) == (HealthStatus.UNKNOWN, None, None)
    assert recommendations(new, health) == [
        "Not enough data yet: use is known for 3 days of the last 28, and 14 are needed. Look again in 11 days."
    ]
    assert assess(replace(new, known_days=NEEDED_DAYS)).status is HealthStatus.CHURNING


def test_recommendations_carry_their_figures() -> None:
    poor = Inputs(
        known_days=28,
        active_days=6,
        busiest=1,
        members=5,
        rosters=0,
        features=("edit",),
        fill_rate=81.3,
        compliance_rate=93.0,
        jobs_ended=4,
        jobs_failed=3,
        staff=40,
        staff_before=50,
        places=1200,
        places_before=2000,
        score_before=75.0,
    )
    told = " ".join(recommendations(poor, assess(poor)))
    for figure in (
        "fell from 75 to",
        "6 days of the last 28",
        "1 of 5 members",
        "No roster",
        "81.3 % of 1,200",
        "7.0 %",
    ):
        assert figure in told
    for figure in ("3 of 4 jobs", "1 of 9 features", "from 50 to 40", "from 2,000 to 1,200"):
        assert figure in told


RATES = st.none() | st.floats(0, 100)
COUNTS = st.integers(0, 10_000)


@given(
    st.builds(
        Inputs,
        known_days=st.integers(0, 28),
        active_days=st.integers(0, 28),
        busiest=COUNTS,
        members=COUNTS,
        rosters=COUNTS,
        roster_days=st.integers(1, 92),
        features=st.lists(st.sampled_from([*FEATURES, "unknown"])).map(tuple),
        fill_rate=RATES,
        compliance_rate=RATES,
        jobs_ended=st.integers(5, 9),
        jobs_failed=st.integers(0, 5),
        staff=COUNTS,
        staff_before=COUNTS,
        places=COUNTS,
        places_before=COUNTS,
        score_before=RATES,
    )
)
def test_every_figure_is_between_0_and_100_and_there_is_always_something_to_say(inputs: Inputs) -> None:
    health = assess(inputs)
    for value in (health.score, health.churn_risk, *health.components.values()):
        assert value is None or 0 <= value <= 100
    assert all(sentence.endswith(".") for sentence in recommendations(inputs, health))
    assert recommendations(inputs, health)
