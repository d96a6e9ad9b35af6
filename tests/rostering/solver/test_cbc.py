"""The CBC process: started by us, stopped when asked, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pulp
import pytest

from rostering.solver.backend import MilpOutcome
from rostering.solver.cbc import run_cbc
from rostering.solver.highs import run_highs
from tests.processes import children
from tests.waiting import wait

RUNNERS = pytest.mark.parametrize("run", [run_cbc, run_highs], ids=["cbc", "highs"])

CHILD = """
import sys
sys.path.insert(0, {root!r})
from tests.rostering.solver.test_cbc import hard
from rostering.solver.cbc import run_cbc
print("ready", flush=True)
run_cbc(hard(), seconds=120)
"""


def small() -> pulp.LpProblem:
    """max 3x + 2y + 4, x + y ≤ 3, both integer: 13 with x = 3."""
    model = pulp.LpProblem("small", pulp.LpMinimize)
    x, y = (model.add_variable(name, 0, 3, pulp.LpInteger) for name in "xy")
    model += -3 * x - 2 * y - 4
    model += x + y <= 3
    return model


def hard(rows: int = 12, columns: int = 60) -> pulp.LpProblem:
    """A market split: small, and out of reach for branch and bound."""
    model = pulp.LpProblem("hard", pulp.LpMinimize)
    picks = [model.add_variable(f"x{column}", 0, 1, pulp.LpInteger) for column in range(columns)]
    slacks = [(model.add_variable(f"p{row}", 0), model.add_variable(f"m{row}", 0)) for row in range(rows)]
    model += pulp.lpSum(up + down for up, down in slacks)
    for row, (up, down) in enumerate(slacks):
        weights = [(row * 7919 + column * 104729 + row * column * 31) % 100 for column in range(columns)]
        total = pulp.lpSum(weight * pick for weight, pick in zip(weights, picks, strict=True))
        model += total + up - down == sum(weights) // 2
    return model


@RUNNERS
def test_the_best_choice_is_found_with_the_objective_s_constant_in_the_bound(run: Callable[..., MilpOutcome]) -> None:
    outcome = run(small(), seconds=10)
    assert outcome.values is not None
    assert [outcome.values["x"], outcome.values["y"]] == pytest.approx([3, 0], abs=1e-6)
    assert outcome.bound == pytest.approx(-13)
    assert outcome.proven


@RUNNERS
def test_a_model_without_a_solution_gives_no_values(run: Callable[..., MilpOutcome]) -> None:
    model = small()
    model += pulp.lpSum(model.variables()) >= 4
    assert run(model, seconds=10).values is None


@RUNNERS
def test_the_time_limit_holds_and_the_incumbent_is_kept(run: Callable[..., MilpOutcome]) -> None:
    began = time.monotonic()
    outcome = run(hard(), seconds=3)
    assert time.monotonic() - began < 8
    assert outcome.values is not None
    assert all(abs(value - round(value)) < 1e-5 for name, value in outcome.values.items() if name.startswith("x"))


def test_asked_to_stop_cbc_hands_over_what_it_has_within_two_seconds() -> None:
    began = time.monotonic()
    outcome = run_cbc(hard(), seconds=60, should_stop=lambda: time.monotonic() - began > 6)
    assert time.monotonic() - began < 12
    assert outcome.values is not None


def test_progress_is_told_while_cbc_runs() -> None:
    told: list[tuple[float | None, float | None]] = []
    run_cbc(hard(), seconds=3, on_progress=lambda objective, bound: told.append((objective, bound)))
    assert any(objective is not None for objective, _ in told)


def test_no_temporary_files_are_left() -> None:
    before = set(Path(tempfile.gettempdir()).glob("muster-cbc-*"))
    run_cbc(small(), seconds=5)
    assert set(Path(tempfile.gettempdir()).glob("muster-cbc-*")) <= before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_cbc_survives_a_killed_parent() -> None:
    root = str(Path(__file__).parents[3])
    parent = subprocess.Popen([sys.executable, "-c", CHILD.format(root=root)], stdout=subprocess.PIPE, cwd=root)
    try:
        assert parent.stdout is not None
        parent.stdout.readline()
        wait("CBC runs", lambda: _cbc_children(parent.pid), seconds=20)
        solvers = _cbc_children(parent.pid)
        assert solvers
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        wait("CBC ends", lambda: not any(_runs_cbc(solver) for solver in solvers), seconds=20)
    finally:
        parent.kill()
        parent.wait()


def _cbc_children(parent: int) -> list[int]:
    return [pid for pid in children(parent) if _runs_cbc(pid)]


def _runs_cbc(pid: int) -> bool:
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "cbc"
    except OSError:
        return False
