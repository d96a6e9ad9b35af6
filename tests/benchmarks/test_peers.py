"""The peers: their models against every roster there is, what is read of CBC, and the process each runs in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pytest

from benchmarks.instance import Instance
from benchmarks.peers import PEERS, cbc, highs, process
from benchmarks.peers.answer import Answer, Limits
from benchmarks.peers.compact import compact_program, succession_cliques
from benchmarks.peers.process import resident_bytes, run_peer
from benchmarks.verify import faults, penalty
from tests.benchmarks.small import FEASIBLE, best_objective, random_instance, random_text
from tests.conftest import require

SEEDS = range(20)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "Small.txt"
    path.write_text(random_text(FEASIBLE))
    return path


def assert_best(instance: Instance, answer: Answer) -> None:
    """No roster where there is none; otherwise one of least penalty, with a bound that proves it."""
    best = best_objective(instance)
    if best is None:
        assert answer.roster is None
        return
    assert answer.roster is not None
    assert faults(instance, answer.roster) == []
    assert penalty(instance, answer.roster) == best
    assert answer.bound is not None and best - 1 < answer.bound <= best + 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_highs_finds_the_best_of_all_rosters(seed: int) -> None:
    instance = random_instance(seed)
    answer = highs.solve(instance, Limits(30.0, 1, 1), lambda *_: None)
    assert_best(instance, answer)


@pytest.mark.parametrize("seed", [0, 4, 6, 13, 16])
def test_cbc_finds_the_best_of_all_rosters(seed: int) -> None:
    instance = random_instance(seed)
    answer = cbc.solve(instance, Limits(60.0, 2, 1), lambda *_: None)
    assert_best(instance, answer)


@pytest.mark.skipif(not find_spec("ortools"), reason="no OR-Tools here: pip install -r requirements-bench.txt")
@pytest.mark.parametrize("seed", [3, 4, 6, 13, 18])
def test_cp_sat_finds_the_best_of_all_rosters(seed: int, tmp_path: Path) -> None:
    path, instance = tmp_path / "Small.txt", random_instance(seed)
    path.write_text(random_text(seed))
    answer = run_peer("cpsat", path, seconds=60, threads=2, seed=1).answer
    best = best_objective(instance)
    if best is None:
        assert answer.roster is None
        assert answer.note == "infeasible"
        return
    assert answer.roster is not None, answer.note
    assert faults(instance, answer.roster) == []
    assert penalty(instance, answer.roster) == best == answer.bound


def test_a_relaxation_is_no_roster() -> None:
    program = compact_program(random_instance(FEASIBLE))
    values = [0.0] * len(program.cost)
    assert program.roster(values) == []
    column = next(iter(program.cells.values()))
    assert program.roster([0.5 if number == column else 0.0 for number in range(len(values))]) is None


@pytest.mark.parametrize(
    "head",
    ["Stopped on time (no integer solution - continuous used) - objective value 1", "Infeasible - objective value 1"],
)
def test_what_cbc_writes_without_a_roster_is_not_read_as_one(head: str) -> None:
    program = compact_program(random_instance(FEASIBLE))
    column = next(iter(program.cells.values()))
    log = cbc.Log(Limits(1.0, 1, 1), lambda *_: None, program.offset)
    written = f"{head}\n{column} x 1 0\n"
    assert cbc.read(program, written, log).roster is None
    assert cbc.read(program, written, log).note in ("stopped on time", "infeasible")
    assert cbc.read(program, "", log).note == "nothing written"
    taken = cbc.read(program, written.replace(head, "Stopped on time - objective value 1"), log)
    assert taken.roster == [next(iter(program.cells))]


def test_the_bound_of_cbc_is_the_last_it_told_of() -> None:
    log = cbc.Log(Limits(1.0, 1, 1), lambda *_: None, 5.0)
    assert log.bound() is None
    log.add(
        "Continuous objective value is 12.5 - 0.01 seconds\nCbc0010I After 0 nodes, best possible 14 (0.1 seconds)\n"
    )
    assert log.bound() == 14.0
    log.add("Lower bound:                 -1e+50\nLower bound:                 15.250\n")
    assert log.bound() == 15.25
    log.add("Result - Optimal solution found (within gap tolerance)\n\nObjective value:                20.0\n")
    assert log.bound() == pytest.approx(20.0 - highs.WHOLE_COSTS)


def test_cbc_tells_of_its_first_roster_when_its_line_is_complete() -> None:
    told: list[float | None] = []
    log = cbc.Log(Limits(1.0, 1, 1), lambda seconds, objective, bound: told.append(objective), 100.0)
    log.add("Cbc0038I Solution found of 12")
    assert log.first is None
    log.add("14\nCbc0012I Integer solution of 611 found by greedy cover (0.5 seconds)\n")
    assert log.first is not None
    assert told == [1314.0, 711.0]


@pytest.mark.parametrize("seed", SEEDS)
def test_succession_cliques_say_what_the_file_says(seed: int) -> None:
    instance = random_instance(seed)
    cliques = succession_cliques(instance)
    for today, tomorrow in product(instance.shifts, repeat=2):
        banned = tomorrow in instance.shifts[today].not_followed_by
        assert banned == any(today in first and tomorrow in then for first, then in cliques)


def test_a_solver_runs_in_a_process_of_its_own_and_is_measured(small: Path) -> None:
    found = run_peer("highs", small, seconds=20, threads=1, seed=1)
    assert found.answer.note == "optimal"
    assert found.answer.version.startswith("HiGHS ")
    assert 0 < found.answer.seconds < 20
    assert found.peak_bytes > 20e6


def test_memory_of_children_counts() -> None:
    hungry = "import time; kept = bytearray(80_000_000); print('ready', flush=True); time.sleep(60)"
    starter = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hungry!r}])"
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, start_new_session=True) as parent:
        try:
            assert parent.stdout is not None and parent.stdout.readline() == b"ready\n"
            require(Path("/proc/self/statm").exists(), "only /proc tells of children's memory")
            assert resident_bytes(parent.pid) > 80_000_000
        finally:
            os.killpg(parent.pid, signal.SIGKILL)


def test_a_solver_that_overruns_is_ended_and_gives_none(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", -59.9)
    answer = run_peer("ours", small, seconds=60, threads=1, seed=1).answer
    assert answer.roster is None
    assert "after its time limit" in answer.note


def test_a_solver_that_fails_says_why(tmp_path: Path) -> None:
    answer = run_peer("highs", tmp_path / "missing.txt", seconds=5, threads=1, seed=1).answer
    assert answer.roster is None
    assert "failed with exit status 2" in answer.note and "missing.txt cannot be read" in answer.note


def test_every_solver_has_its_module_and_its_package_in_a_requirements_file() -> None:
    for peer in PEERS:
        assert (process.ROOT / "benchmarks" / "peers" / f"{peer.name}.py").exists()
        assert f"\n{peer.package}==" in (process.ROOT / peer.install).read_text()
