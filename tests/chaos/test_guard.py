"""Tests that are killed leave no installation behind."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.layout import Layout
from tests.chaos.processes import marked
from tests.chaos.stack import ROOT
from tests.processes import within
from tests.waiting import wait

pytestmark = pytest.mark.xdist_group("chaos")

# A program with a child that is in a session of its own; a database and a broker, one of them frozen.
TESTS = """
import json, signal, sys, time
from pathlib import Path
from tests.chaos.stack import Stack
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background processes ignore it
with Stack(Path(sys.argv[1]), template=Path(sys.argv[2]), settings={}) as stack:
    child = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    stack.start("program", ["timeit", "-n1", "-s", child, "import time; time.sleep(600)"])
    stack.database.freeze()
    print(json.dumps(stack.mark), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder(ground: Path) -> Iterator[Path]:
    made = ground / "guarded"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_tests_that_are_killed_or_interrupted_leave_nothing(
    number: signal.Signals, folder: Path, template: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TESTS, str(folder), str(template)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as tests:
        assert tests.stdout is not None
        mark = json.loads(tests.stdout.readline())
        wait("the program has its child", lambda: len(marked(mark)) == 2)
        assert len(within(folder)) > 2, "PostgreSQL, its helpers and Valkey"
        run_dir = Layout.of(folder).run_dir
        assert run_dir.exists()
        tests.send_signal(number)
        tests.wait(timeout=60)
    wait("all programs have ended", lambda: not marked(mark), 20)
    wait("all servers have ended", lambda: not within(folder), 20)
    wait("their directories are gone", lambda: not run_dir.exists() and not Layout.of(folder).postgres.exists(), 20)
