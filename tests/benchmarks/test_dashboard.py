"""`python -m benchmarks.dashboard` at its smallest: every row of its tables, and answers that are right."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.dashboard.measure import EMPTY, ENDPOINTS, LOADS, OTHERS
from benchmarks.dashboard.report import CASES, OUTAGES, STATES
from tests.processes import PROC, within
from tests.waiting import wait

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = (
    *("--organizations", "3", "--shifts", "90", "--largest-shifts", "60", "--largest-sites", "2"),
    *("--rounds", "4", "--reads", "20", "--clients", "2", "--seconds", "0.1"),
)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Of a short path, as sockets need."""
    made = Path(tempfile.mkdtemp(prefix="muster-"))
    made.chmod(0o755)
    yield made
    if PROC.exists():
        wait("its servers have ended", lambda: not within(made), 30)
    shutil.rmtree(made, ignore_errors=True)


def run(data_dir: Path) -> subprocess.CompletedProcess[str]:
    hidden = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "benchmarks.dashboard", *SMALLEST, "--data-dir", str(data_dir)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False)


def rows(text: str) -> dict[str, list[str]]:
    """The cells of every table by the first of their row."""
    lines = [line.removeprefix("| ").removesuffix(" |") for line in text.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in (line.split(" | ") for line in lines)}


def test_the_smallest_run_has_every_row_and_finds_every_answer_right(data_dir: Path) -> None:
    done = run(data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Data of 3 organizations with 90 shifts:" in done.stdout
    found = rows(done.stdout)
    answers = [*(f"{name}: {case}" for name in ENDPOINTS for case in CASES), *(f"{name}: cold" for name in OTHERS)]
    answers += [f"{name}: {outage}, {state}" for name in ENDPOINTS for outage in OUTAGES for state in STATES]
    for name in answers:
        assert len(found[name]) == 4 and all(re.fullmatch(r"\d+\.\d", cell) for cell in found[name]), name
    for name in LOADS:
        assert found[name][0] == "20", "every answer of the mixed load came"
        assert int(found[name][1].replace(",", "")) > 0, "and its statements were counted"
    for name in (*EMPTY, *ENDPOINTS, *(f"{name}, uncached" for name in ENDPOINTS)):
        assert found[name][-1] == "0", f"{name} failed"
    assert found["answers equal to those computed anew"] == ["all", "met"]
    assert found["statement time of dashboard calls: at least −95 %"][0].endswith("%")
