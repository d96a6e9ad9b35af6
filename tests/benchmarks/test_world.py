"""The company that scale is measured on: always the same, believable, and without fault of its own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import scale
from benchmarks.world import CONTRACTS, LOAD, make_world
from rostering.rules.minutes import Minutes
from rostering.rules.registry import KINDS
from rostering.solver.checker import judge
from rostering.solver.problem import Problem


@pytest.fixture(scope="module")
def world() -> Problem:
    """150 staff, 15 sites, four weeks."""
    return make_world(150, 15, 28, 3)


def test_the_same_figures_and_seed_make_the_same_company(world: Problem) -> None:
    assert make_world(150, 15, 28, 3) == world
    assert make_world(150, 15, 28, 4) != world


def test_shifts_are_in_order_and_every_id_is_there_once(world: Problem) -> None:
    assert [s.start for s in world.shifts] == sorted(s.start for s in world.shifts)
    assert len({s.id for s in world.shifts}) == len(world.shifts)
    assert len({p.id for p in world.staff}) == len(world.staff)
    assert all(0 <= s.day < 28 and s.end > s.start and s.headcount > 0 for s in world.shifts)


def test_people_may_work_at_three_to_sixteen_sites(world: Problem) -> None:
    counts = [len(person.allowed_sites or ()) for person in world.staff]
    assert min(counts) >= 3
    assert max(counts) <= 16


def test_history_and_leave_alone_break_no_required_rule(world: Problem) -> None:
    assert judge(world, []).broken == ()


def test_rules_come_from_the_registry_and_every_contract_is_there(world: Problem) -> None:
    kinds = {rule.kind for person in world.staff for rule in (*person.rules, *person.pair_rules)}
    assert kinds <= {*KINDS, "cost"}
    assert kinds >= {"rest", "minutes", "weekends", "succession", "consecutive_days", "wishes", "fairness", "cost"}
    weekly = Counter(
        rule.maximum
        for person in world.staff
        for rule in person.rules
        if isinstance(rule, Minutes) and rule.required and rule.period == "week"
    )
    assert set(weekly) == {2880, 1800, 2520, 900}


def test_demand_is_about_nine_tenths_of_what_contracts_give(world: Problem) -> None:
    asked = sum(shift.headcount * shift.paid_minutes for shift in world.shifts)
    given = sum(contract.share * contract.weekly_minutes for contract in CONTRACTS) * len(world.staff) * 4
    assert LOAD - 0.1 < asked / given < LOAD + 0.03, "leave takes a few percent off what contracts give"


def test_the_benchmark_prints_both_companies_and_writes_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    size = ["--staff", "40", "--sites", "4", "--days", "14"]
    status = scale.main([*size, "--seconds", "3", "--algorithm", "fast", "--out", str(out)])
    printed = capsys.readouterr().out
    assert status == 0
    assert "Large: 40 staff" in printed
    assert "Small: 80 staff" in printed
    assert "times as long" in printed
    figures = json.loads(out.read_text())["large"]
    assert figures["broken"] == 0
    assert figures["first_seconds"] <= figures["seconds"]
    assert figures["megabytes"] > 0


def test_a_world_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one person"):
        make_world(0, 1)
