"""Worker processes: they answer, they are missed when they die, and they never outlive their parent."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.world import make_world
from rostering.solver.crew import Crew, CrewError
from rostering.solver.wire import to_wire
from tests.processes import alive
from tests.waiting import wait

ROOT = Path(__file__).resolve().parents[3]


def request(task: int, kind: str = "quick") -> dict[str, Any]:
    """A small part to be made."""
    return {"task": task, "kind": kind, "problem": to_wire(make_world(6, 2, 7)), "seconds": 5.0, "seed": 1}


def test_every_request_is_answered_once() -> None:
    with Crew(2) as crew:
        done = [message["task"] for message in crew.work(map(request, range(5))) if message]
        assert sorted(done) == list(range(5))
        assert len(crew.workers) == 2
    assert crew.workers == []


def test_a_request_that_fails_is_told_and_the_next_is_done() -> None:
    with Crew(1) as crew:
        said = [m for m in crew.work(iter([request(1, "nonsense"), request(2)])) if m]
    assert [(m["task"], m["event"]) for m in said] == [(1, "failed"), (2, "done")]


def test_a_worker_that_dies_is_replaced_and_too_many_deaths_end_it() -> None:
    with Crew(1) as crew:
        events = []
        messages = crew.work(map(request, range(9)))
        with pytest.raises(CrewError, match="keep dying"):
            for message in messages:
                if message is not None:
                    events.append(message["event"])
                for worker in crew.workers:
                    worker.process.kill()
    assert events.count("failed") == 2


def test_workers_end_with_their_parent() -> None:
    script = (
        "import time\n"
        "from rostering.solver.crew import Worker\n"
        "worker = Worker()\n"
        "print(worker.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(1.0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait("the worker ends with its parent", lambda: not alive(pid), seconds=15)
