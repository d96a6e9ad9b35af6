"""The comparison: judging answers, the table, the command."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import compare
from benchmarks.best_known import PUBLISHED, BestKnownError, key, read_best_known
from benchmarks.peers import highs, process
from benchmarks.peers.answer import Answer, Limits
from benchmarks.peers.process import Measured
from benchmarks.report import Run, behind, markdown, standing, summary
from benchmarks.verify import faults, penalty
from tests.benchmarks.small import FEASIBLE, best_objective, random_instance, random_text
from tests.conftest import require
from tests.processes import PROC, alive, children
from tests.waiting import eventually, wait


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "Small.txt"
    path.write_text(random_text(FEASIBLE))
    return path


def measured(seed: int, **changes: object) -> Measured:
    """HiGHS's answer, with some of it changed."""
    answer = highs.solve(random_instance(seed), Limits(20.0, 1, 1), lambda *_: None)
    return Measured(Answer(**{**vars(answer), **changes}), 10**8)


def run(instance: str, solver: str, objective: int | None, best_known: int | None = 100, bound: int | None = 90) -> Run:
    return Run(instance, solver, best_known, objective, bound)


def test_a_roster_that_breaks_a_rule_does_not_count() -> None:
    instance = random_instance(FEASIBLE)
    twice = [("Alice", 0, kind) for kind in list(instance.shifts)[:2]]
    judged = compare.judge("Small", instance, "highs", 1, measured(FEASIBLE, roster=twice))
    assert judged.objective is None
    assert judged.gap is None
    assert judged.broken[0] == "The roster breaks required rules and does not count."
    assert "Alice works 2 shifts on day 0." in judged.broken


def test_the_objective_is_the_readers_and_a_better_claim_is_told() -> None:
    instance, best = random_instance(FEASIBLE), best_objective(random_instance(FEASIBLE))
    assert best is not None
    judged = compare.judge("Small", instance, "highs", None, measured(FEASIBLE, claimed=best - 5.0))
    assert judged.objective == best
    assert judged.broken == (f"The objective is {best}, and was reported as {best - 5}.",)
    high = measured(FEASIBLE, claimed=best + 5.0)
    assert compare.judge("Small", instance, "highs", None, high).broken == ()
    assert compare.judge("Small", instance, "ours", None, high).broken != ()


@pytest.mark.parametrize(
    ("bound", "rounded"), [(None, None), (0.0, 0), (99.2, 100), (100.0000001, 100), (float("inf"), None)]
)
def test_bounds_are_rounded_up_since_costs_are_whole(bound: float | None, rounded: int | None) -> None:
    assert (
        compare.judge("Small", random_instance(FEASIBLE), "highs", None, measured(FEASIBLE, bound=bound)).bound
        == rounded
    )


def test_a_bound_above_anybodys_roster_is_wrong() -> None:
    runs = [run("1", "ours", 105, bound=103), run("1", "highs", 102, bound=99), run("2", "ours", 120, bound=101)]
    ours, peer, other = compare.check_bounds(runs)
    assert ours.bound is None and ours.broken == ("The bound 103 is wrong: there is a roster of 100.",)
    assert peer == runs[1]
    assert other.bound is None


def test_summaries_tell_of_rosters_missing() -> None:
    runs = [
        run("1", "ours", 101),
        run("2", "ours", 100),
        run("3", "ours", 110),
        run("1", "cbc", None),
        run("2", "cbc", 150),
    ]
    assert summary(runs, "ours").startswith("Muster: a roster on 3 of 3, median gap 1.00 %, worst 10.00 %")
    assert summary(runs, "cbc").startswith("CBC: a roster on 1 of 2, median gap 50.00 %, worst 50.00 %")
    assert summary([run("1", "cbc", None)], "cbc").startswith("CBC: a roster on 0 of 1, no gap to tell")


def test_we_are_behind_where_a_peer_is_better_or_we_have_nothing() -> None:
    runs = [run("1", "ours", 101), run("1", "cpsat", 101), run("1", "cbc", 150)]
    assert behind(runs) == []
    assert standing(runs).endswith("1 of 1.")
    runs += [run("2", "ours", 110), run("2", "highs", 104), run("3", "ours", None), run("3", "cbc", 900)]
    assert behind(runs) == ["2: HiGHS found 104, Muster 110.", "3: CBC found 900, Muster none."]
    assert standing(runs).endswith("1 of 3.")


def test_the_table_names_every_run_and_marks_the_best() -> None:
    runs = [
        run("Instance1", "ours", 100),
        run("Instance1", "cbc", 104),
        run("Instance2", "ours", 7, None),
        run("Instance2", "cbc", None),
    ]
    table = markdown(runs, [("Machine", "two cores")], stopped=False)
    assert "- Machine: two cores" in table
    assert "| instance | best known | Muster | CBC |" in table
    assert "| Instance1 | 100 | **100 (+0.00 %)** | 104 (+4.00 %) |" in table
    assert "| Instance2 | - | **7** | none |" in table
    assert "Stopped" not in table
    assert "Stopped before the end" in markdown(runs[:1], [], stopped=True)
    assert "Nothing has run." in markdown([], [], stopped=True)


def test_best_known_objectives_are_found_under_any_spelling_of_a_number(tmp_path: Path) -> None:
    assert key("Instance07") == key("7") == key("instance 7") == "7"
    assert key("Ward_B") == "ward_b"
    listed = tmp_path / "known.txt"
    listed.write_text("# name objective\nInstance2 828\n3, 1000  # better\nWard B = 12\n\n")
    known = read_best_known(listed)
    assert (known["2"], known["3"], known["ward b"], known["1"]) == (828, 1000, 12, PUBLISHED["1"])


@pytest.mark.parametrize("line", ["828", "Instance2 unknown", "Instance2 -5"])
def test_a_list_of_best_known_objectives_with_a_fault_names_the_line(line: str, tmp_path: Path) -> None:
    listed = tmp_path / "known.txt"
    listed.write_text(f"1 607\n{line}\n")
    with pytest.raises(BestKnownError, match=r"known\.txt, line 2"):
        read_best_known(listed)


def test_the_command_compares_on_an_instance_and_writes_the_table(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, best = tmp_path / "RESULTS.md", best_objective(random_instance(FEASIBLE))
    known = tmp_path / "known.txt"
    known.write_text(f"small {best}\n")
    words = [str(small), "--seconds", "20", "--only", "highs,ours,cbc", "--out", str(out), "--best-known", str(known)]
    assert compare.main([*words, "--strict"]) == 0
    table = out.read_text()
    assert f"| Small | {best} | **{best} (+0.00 %)** | **{best} (+0.00 %)** | **{best} (+0.00 %)** |" in table
    assert "UTC" in table and "20 s, 2 threads and seed 1" in table and "highspy" in table
    said = capsys.readouterr().out
    assert "Small: Muster …" in said
    assert "Muster is ahead of or level with every peer on 1 of 1." in said


@pytest.mark.parametrize(
    ("ours", "strict", "status"), [("worse", False, 0), ("worse", True, 1), ("broken", False, 1), ("none", False, 1)]
)
def test_the_exit_status_says_whether_we_did_well(
    ours: str, strict: bool, status: int, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, best = random_instance(FEASIBLE), measured(FEASIBLE)
    assert best.answer.roster
    rosters = {"worse": worse_roster(FEASIBLE), "broken": [*best.answer.roster, best.answer.roster[0]], "none": None}
    roster = rosters[ours]
    claimed = None if roster is None else float(penalty(instance, roster))
    answers = {"ours": Measured(Answer(roster, claimed=claimed), 1), "highs": best}
    monkeypatch.setattr(compare, "run_peer", lambda solver, path, **limits: answers[solver])
    words = [
        str(small),
        "--only",
        "ours,highs",
        "--out",
        str(small.parent / "RESULTS.md"),
        *(["--strict"] if strict else []),
    ]
    assert compare.main(words) == status


def worse_roster(seed: int) -> list[tuple[str, int, str]]:
    """A legal roster that is not the best: what is best when nobody minds places short."""
    instance = random_instance(seed)
    cheap = random_instance(seed)
    cheap.cover = []
    roster = highs.solve(cheap, Limits(20.0, 1, 1), lambda *_: None).roster
    assert roster is not None and faults(instance, roster) == []
    best = best_objective(instance)
    assert best is not None and penalty(instance, roster) > best
    return roster


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["missing.txt"], "missing.txt cannot be read"),
        (["Small.txt", "Small.txt"], "Two instances are called Small"),
        (["Small.txt", "--best-known", "Small.txt"], "Small.txt, line 1"),
        (["Small.txt", "--out", "nowhere/RESULTS.md"], "name a file in a directory that exists"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_runs(
    words: list[str], sentence: str, small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(small.parent)
    out = [] if "--out" in words else ["--out", "RESULTS.md"]
    assert compare.main([*words, *out, "--only", "ours"]) == 2
    assert sentence in capsys.readouterr().err
    assert not (small.parent / "RESULTS.md").exists()


@pytest.mark.parametrize("words", [["--only", "gurobi"], ["--only", ","], ["--seconds", "0"], ["--threads", "0"]])
def test_options_that_make_no_sense_are_refused(words: list[str], small: Path) -> None:
    with pytest.raises(SystemExit) as refused:
        compare.main([str(small), *words])
    assert refused.value.code == 2


def test_a_solver_that_is_not_installed_is_named_with_the_way_to_install_it(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "find_spec", lambda package: None if package == "ortools" else find_spec(package))
    assert compare.main([str(small), "--out", str(tmp_path / "RESULTS.md")]) == 2
    said = capsys.readouterr().err
    assert "pip install -r requirements-bench.txt" in said and "--only ours,highs,cbc" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_writes_what_is_there_and_leaves_nothing_running(number: int, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "RESULTS.md"
    words = [str(small), "--only", "ours,highs", "--seconds", "60", "--out", str(out)]
    command = subprocess.Popen(
        [sys.executable, "-u", "-m", "benchmarks.compare", *words], stdout=subprocess.PIPE, cwd=process.ROOT, text=True
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "Small: Muster …\n"
    child = wait_for_child(command.pid)
    command.send_signal(number)
    command.communicate(timeout=60)
    assert command.returncode == compare.STOPPED
    assert "Stopped before the end" in out.read_text()
    assert ends(child)


def test_a_solver_ends_when_the_comparison_is_killed(small: Path, tmp_path: Path) -> None:
    words = [str(small), "--only", "ours", "--seconds", "120", "--out", str(tmp_path / "RESULTS.md")]
    command = subprocess.Popen([sys.executable, "-m", "benchmarks.compare", *words], cwd=process.ROOT)
    child = wait_for_child(command.pid)
    time.sleep(1.0)
    command.kill()
    command.wait()
    assert ends(child)


def wait_for_child(pid: int) -> int:
    """The first child of a process, once it has one."""
    require(PROC.exists(), "only /proc tells of children")
    wait("it starts a process", lambda: children(pid), every=0.02)
    return children(pid)[0]


def ends(pid: int) -> bool:
    """Whether a process ends within half a minute: one interrupted while it was being started notices when it runs."""
    return eventually(lambda: not alive(pid), seconds=30)
