"""Customer health as plain arithmetic on plain figures; docs/analytics.md tells the same in a table.

Every component is 0 (worst) to 100. A component, or a part of one, that nothing is known about is left out and the
weights of the others are scaled up; without enough recorded use there is no score at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from analytics.features import FEATURES
from analytics.models import ChurnRisk, HealthStatus

WEIGHTS = {"usage": 0.4, "adoption": 0.3, "satisfaction": 0.2, "growth": 0.1}
HEALTHY, AT_RISK = 70.0, 50.0
LOW_RISK, MEDIUM_RISK = 30.0, 50.0
WINDOW_DAYS = 28
"""Four weeks, so that every weekday counts four times."""
NEEDED_DAYS = 14
"""With use recorded on fewer days than this there is not enough data yet."""
EXPECTED_ACTIVE_DAYS = 20
"""Working days of four weeks."""
FULL_ADOPTION = 0.75
"""The share of all features that counts as full adoption: nobody needs every one of them."""
WORST_FILL, WORST_COMPLIANCE = 70.0, 80.0
"""Percent at which fill rate and compliance are worth nothing; 100 % is worth everything."""
FULL_GROWTH = 0.25
"""A change of a quarter against the four weeks before is worth all or nothing; no change is worth 50."""


@dataclass(frozen=True)
class Inputs:
    """What is known of an organization's last `WINDOW_DAYS` days; None is not known or not applicable.

    `known_days` is the number of days whose use was recorded, `busiest` the most people active on one of them.
    `rosters` are those generated within `max(WINDOW_DAYS, roster_days)` days. Rates are percent. `…_before` are the
    same figures of the `WINDOW_DAYS` before; `score_before` is the score of two weeks ago.
    """

    known_days: int = 0
    active_days: int = 0
    busiest: int = 0
    members: int = 0
    rosters: int = 0
    roster_days: int = WINDOW_DAYS
    features: tuple[str, ...] = ()
    fill_rate: float | None = None
    compliance_rate: float | None = None
    jobs_ended: int = 0
    jobs_failed: int = 0
    staff: int = 0
    staff_before: int = 0
    places: int = 0
    places_before: int = 0
    score_before: float | None = None

    @property
    def enough(self) -> bool:
        """Whether there is enough to go by."""
        return self.known_days >= NEEDED_DAYS

    @property
    def rosters_expected(self) -> float:
        """One for each roster period within the days that are counted; less than a whole one is never asked for."""
        return max(1.0, WINDOW_DAYS / self.roster_days)

    @property
    def active_days_expected(self) -> float:
        """Working days of the days whose use is known."""
        return EXPECTED_ACTIVE_DAYS * min(1.0, self.known_days / WINDOW_DAYS)

    def as_json(self) -> dict[str, Any]:
        """Plain values to store beside the score."""
        return {**asdict(self), "features": list(self.features)}


@dataclass(frozen=True)
class Health:
    """A score with what it was made of; see `analytics.models.HealthScore`."""

    status: HealthStatus
    score: float | None = None
    components: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(WEIGHTS))
    churn_risk: float | None = None


def assess(inputs: Inputs) -> Health:
    """The score, its components, and the churn risk."""
    if not inputs.enough:
        return Health(HealthStatus.UNKNOWN)
    components = {
        "usage": usage(inputs),
        "adoption": adoption(inputs),
        "satisfaction": satisfaction(inputs),
        "growth": growth(inputs),
    }
    score = _weighted((WEIGHTS[name], value) for name, value in components.items())
    if score is None:
        return Health(HealthStatus.UNKNOWN)
    return Health(status_of(score), score, components, churn_risk(score, inputs.score_before))


def status_of(score: float) -> HealthStatus:
    """Healthy from 70, at risk from 50, else churning."""
    if score >= HEALTHY:
        return HealthStatus.HEALTHY
    return HealthStatus.AT_RISK if score >= AT_RISK else HealthStatus.CHURNING


def usage(inputs: Inputs) -> float | None:
    """Half for days with anybody active, 0.3 for the share of members on the busiest day, 0.2 for rosters generated."""
    return _weighted(
        [
            (0.5, _part(inputs.active_days, inputs.active_days_expected)),
            (0.3, _part(inputs.busiest, inputs.members)),
            (0.2, _part(inputs.rosters, inputs.rosters_expected)),
        ]
    )


def adoption(inputs: Inputs) -> float | None:
    """The share of features used, against `FULL_ADOPTION` of them all."""
    used = len(set(inputs.features) & set(FEATURES))
    return _part(used, FULL_ADOPTION * len(FEATURES))


def satisfaction(inputs: Inputs) -> float | None:
    """A proxy, for nobody is asked: 0.5 fill rate, 0.3 compliance, 0.2 jobs that did not fail.

    Fill rate counts from 70 % (nothing) to 100 % (all), compliance from 80 %.
    """
    jobs = 100 * (1 - inputs.jobs_failed / inputs.jobs_ended) if inputs.jobs_ended else None
    return _weighted(
        [
            (0.5, _scaled(inputs.fill_rate, WORST_FILL)),
            (0.3, _scaled(inputs.compliance_rate, WORST_COMPLIANCE)),
            (0.2, jobs),
        ]
    )


def growth(inputs: Inputs) -> float | None:
    """50 for neither; +25 % of staff and of places to fill against the four weeks before is 100, −25 % is 0."""
    changes = [
        (now - before) / before
        for now, before in ((inputs.staff, inputs.staff_before), (inputs.places, inputs.places_before))
        if before
    ]
    if not changes:
        return None
    return _clamp(50 + 50 * sum(changes) / len(changes) / FULL_GROWTH)


def churn_risk(score: float, score_before: float | None) -> float:
    """What the score lacks to 100, and what it has lost in two weeks on top; an index, no probability."""
    fallen = max(0.0, score_before - score) if score_before is not None else 0.0
    return _clamp(100 - score + fallen)


def risk_level(risk: float | None) -> ChurnRisk:
    """Low up to 30, medium up to 50, else high."""
    if risk is None:
        return ChurnRisk.UNKNOWN
    if risk <= LOW_RISK:
        return ChurnRisk.LOW
    return ChurnRisk.MEDIUM if risk <= MEDIUM_RISK else ChurnRisk.HIGH


def _part(value: float, whole: float) -> float | None:
    return _clamp(100 * value / whole) if whole else None


def _scaled(value: float | None, worst: float) -> float | None:
    return None if value is None else _clamp(100 * (value - worst) / (100 - worst))


def _weighted(parts: Iterable[tuple[float, float | None]]) -> float | None:
    known = [(weight, value) for weight, value in parts if value is not None]
    whole = sum(weight for weight, _ in known)
    return round(sum(weight * value for weight, value in known) / whole, 1) if whole else None


def _clamp(value: float) -> float:
    return round(min(100.0, max(0.0, value)), 1)
