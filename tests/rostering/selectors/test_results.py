"""A finished job's result in words."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import JobRun
from rostering.selectors.results import result_facts
from tests import builders

SUMMARY = {
    "fill_rate": 99.0,
    "total_shifts": 461,
    "filled": 452,
    "total_places": 906,
    "filled_places": 897,
    "total_cost": 159257.11,
    "total_hours": 7508.5,
    "objective": 27588.9,
    "bound": None,
    "gap": None,
    "solver_status": "feasible",
    "solve_seconds": 59.18,
}


def facts(**changed: Any) -> dict[str, str]:
    organization = builders.make_organization(currency="CHF")
    return dict(
        result_facts(
            JobRun(kind="roster.generate", organization_id=organization.pk, result={"summary": {**SUMMARY, **changed}})
        )
    )


@pytest.mark.django_db
def test_the_result_is_told_in_order_with_units_and_without_what_is_unknown() -> None:
    assert list(facts().items()) == [
        ("Coverage", "99.0 %"),
        ("Places filled", "897 of 906"),
        ("Shifts filled", "452 of 461"),
        ("Wages", "CHF 159,257.11"),
        ("Paid time", "7,508.5 h"),
        ("Objective", "27,589 points"),
        ("Search", "ran to its time limit"),
        ("Time to solve", "59.2 s"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("bound", "gap", "shown"), [(20000.0, 27.5, True), (-69802.5, 353.0, False)])
def test_a_bound_is_told_only_where_it_says_something(bound: float, gap: float, shown: bool) -> None:
    told = facts(bound=bound, gap=gap)
    assert ("Bound" in told, told.get("At most better by")) == (shown, "27.5 %" if shown else None)


def test_a_job_without_a_result_has_nothing_to_tell() -> None:
    assert result_facts(JobRun(kind="roster.generate")) == []
