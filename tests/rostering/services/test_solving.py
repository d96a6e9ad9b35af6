"""The job that fills a roster, run for real on small rosters: what it stores, keeps, explains and answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jobs.context import JobContext
from jobs.models import JobRun
from jobs.runner import run_job
from jobs.services import cancel, stop
from jobs.states import Status
from rostering.models import Assignment, Roster
from rostering.services.rosters import reoptimize, start_roster
from rostering.services.scoring import judge_roster
from tests.builders import (
    MONDAY,
    make_assignment,
    make_availability,
    make_certification,
    make_member,
    make_organization,
    make_overtime_tier,
    make_roster,
    make_rule,
    make_site,
    make_staff,
    shift_at,
)

pytestmark = pytest.mark.django_db


def start(days: int = 7, **fields: Any) -> Roster:
    values: dict[str, Any] = {"algorithm": "fast", "time_limit_seconds": 2, **fields}
    return start_roster(
        organization=make_organization(),
        requested_by=None,
        start_date=MONDAY,
        end_date=MONDAY + timedelta(days=days - 1),
        **values,
    )


def run(roster: Roster) -> JobRun:
    assert roster.job_id is not None
    job = run_job(roster.job_id, inline=True)
    assert job is not None
    roster.refresh_from_db()
    return job


def given(roster: Roster) -> set[tuple[str, int]]:
    rows = Assignment.objects.filter(roster=roster).select_related("staff")
    return {(row.staff.first_name, row.shift_id) for row in rows}


@pytest.mark.parametrize("algorithm", ["fast", "milp", "production", "auto"])
def test_every_algorithm_fills_what_can_be_filled_and_answers_in_full(algorithm: str) -> None:
    make_rule("rest", minimum=660)
    alice = make_staff("Alice")
    make_staff("Bob")
    shifts = [shift_at(hour, day, headcount=1) for day in range(3) for hour in (8, 16)]
    roster = start(algorithm=algorithm, time_limit_seconds=5)
    job = run(roster)
    assert (job.status, job.progress) == (Status.SUCCEEDED, 100), job.error_detail
    assert (roster.filled, roster.coverage) == (6, 100.0)
    assert roster.solver_status in {"optimal", "feasible"}
    assert judge_roster(roster).judgement.legal
    result = job.result or {}
    assert result["roster_id"] == roster.pk
    assert len(result["assignments"]) == 6
    assert {row["shift_id"] for row in result["assignments"]} == {shift.pk for shift in shifts}
    one = next(row for row in result["assignments"] if row["employee_id"] == alice.pk)
    assert set(one) == {
        *("shift_id", "employee_id", "employee_name", "site_id", "site_name", "start_time", "end_time", "cost")
    }
    summary = result["summary"]
    assert (summary["fill_rate"], summary["total_shifts"], summary["filled"], summary["unfilled"]) == (100, 6, 6, 0)
    assert summary["total_hours"] == 48
    assert result["unfilled_shifts"] == []


def test_one_impossible_shift_leaves_a_gap_with_reasons_and_the_rest_is_filled() -> None:
    """A known fault: coverage as a hard equality emptied the whole roster."""
    make_staff("Alice")
    away = make_staff("Bob")
    make_availability(away, reason="annual leave")
    impossible = shift_at(8, required_certifications=[make_certification("DIVER")])
    possible = shift_at(8, day=1)
    roster = start()
    run(roster)
    assert {shift for _, shift in given(roster)} == {possible.pk}
    (gap,) = roster.gaps.all()
    assert (gap.shift_id, gap.short) == (impossible.pk, 1)
    assert sum(reason["count"] for reason in gap.reasons) == 2
    assert all(reason["sentence"].endswith(".") and reason["label"] for reason in gap.reasons)
    assert any("DIVER" in reason["sentence"] for reason in gap.reasons)


def test_headcount_is_filled_and_never_exceeded() -> None:
    """A known fault: headcount was ignored."""
    for name in ("Alice", "Bob", "Carol", "Dan"):
        make_staff(name)
    shift_at(8, headcount=3)
    roster = start()
    run(roster)
    assert (roster.places, roster.filled, len(given(roster))) == (3, 3, 3)


def test_pinned_assignments_are_kept() -> None:
    """A known fault: locked assignments were never read."""
    alice, _ = make_staff("Alice", hourly_rate=90), make_staff("Bob", hourly_rate=10)
    shift = shift_at(8)
    base = make_roster()
    make_assignment(base, shift, alice, pinned=True)
    roster = reoptimize(roster=base, by=make_member(), algorithm="fast", time_limit_seconds=2)
    run(roster)
    assert given(roster) == {("Alice", shift.pk)}
    assert Assignment.objects.get(roster=roster).pinned


def test_a_pin_that_breaks_a_rule_is_kept_and_named() -> None:
    alice, shift = make_staff("Alice"), shift_at(8)
    make_staff("Bob")
    make_availability(alice, reason="sick leave")
    base = make_roster()
    make_assignment(base, shift, alice, pinned=True)
    roster = reoptimize(roster=base, by=make_member(), algorithm="production", time_limit_seconds=2)
    run(roster)
    assert given(roster) == {("Alice", shift.pk)}
    broken = [row for row in roster.score if row["required"]]
    assert "sick leave" in broken[0]["matches"][0]["sentence"]


def test_published_work_elsewhere_and_before_is_respected() -> None:
    """A known fault: existing assignments were ignored by hours, rest and overlap."""
    make_rule("rest", minimum=660)
    alice, here, there = make_staff("Alice"), make_site("HERE"), make_site("THERE")
    published = make_roster(status=Roster.Status.PUBLISHED, start_date=MONDAY - timedelta(days=1))
    make_assignment(published, shift_at(22, day=-1, site=there), alice)
    make_assignment(published, shift_at(8, day=2, site=there), alice)
    shift_at(8, site=here)
    shift_at(10, day=2, site=here)
    free = shift_at(8, day=4, site=here)
    roster = start(site_ids=[here.pk])
    run(roster)
    assert given(roster) == {("Alice", free.pk)}


def test_a_budget_is_never_exceeded() -> None:
    make_staff("Alice", hourly_rate=20)
    for day in range(5):
        shift_at(8, day)
    roster = start(budget=400)
    run(roster)
    assert roster.cost_cents <= 40_000
    assert roster.filled == 2


def test_wages_of_the_assignments_add_up_to_the_rosters_cost_overtime_included() -> None:
    alice = make_staff("Alice", hourly_rate="20.05")
    make_overtime_tier(alice.contract, after_minutes=960, premium_percent=50)
    for day in range(3):
        shift_at(8, day)
    roster = start()
    job = run(roster)
    costs = list(roster.assignments.values_list("cost_cents", flat=True))
    assert costs == [16040, 16040, 24060]
    assert roster.cost_cents == sum(costs)
    assert job.result is not None
    assert job.result["summary"]["total_cost"] == 561.40


def test_a_cancelled_job_leaves_an_empty_draft_that_says_so() -> None:
    make_staff("Alice")
    shift_at(8)
    roster = start()
    assert roster.job is not None
    cancel(roster.job, by=make_member())
    roster.refresh_from_db()
    assert roster.solver_status == "cancelled"
    assert not roster.assignments.exists()


def test_stop_keeps_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    make_staff("Alice")
    shift_at(8)
    roster = start(algorithm="production", time_limit_seconds=600)
    reports: list[dict[str, Any]] = []
    report = JobContext.report

    def report_then_stop(context: JobContext, **figures: Any) -> None:
        report(context, **figures)
        if figures.get("objective") is not None and not reports:
            stop(JobRun.objects.get(pk=context.job.id), by=make_member())
        reports.append(figures)

    monkeypatch.setattr(JobContext, "report", report_then_stop)
    job = run(roster)
    assert job.status == Status.SUCCEEDED
    assert roster.filled == 1


@pytest.mark.parametrize("algorithm", ["milp", "production"])
def test_progress_rises_in_many_steps_and_never_falls(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A known fault: progress came in four fixed steps."""
    make_rule("rest", minimum=660)
    make_rule("consecutive_days", maximum=4)
    for number in range(12):
        make_staff(f"Person{number}")
    for day in range(14):
        for hour in (6, 14, 22):
            shift_at(hour, day, headcount=3)
    roster = start(days=14, algorithm=algorithm, time_limit_seconds=4)
    seen: list[float] = []
    report = JobContext.report

    def watch(context: JobContext, **figures: Any) -> None:
        seen.append(figures["progress"])
        report(context, **figures)

    monkeypatch.setattr(JobContext, "report", watch)
    assert run(roster).status == Status.SUCCEEDED
    assert seen == sorted(seen)
    assert len({round(progress) for progress in seen}) > 5


def test_a_deleted_roster_fails_with_a_sentence() -> None:
    make_staff("Alice")
    shift_at(8)
    roster = start()
    job_id = roster.job_id
    assert job_id is not None
    roster.delete()
    job = run_job(job_id, inline=True)
    assert job is not None
    assert job.status == Status.FAILED
    assert "was deleted" in job.error
    assert "Traceback" not in job.error
