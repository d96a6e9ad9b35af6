"""The demo: from nothing to its one ready line, and back to nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import get_commands
from django.test import RequestFactory, override_settings

from config.embedded import Layout
from config.embedded.state import read_state
from tests.config.commands import CHECKOUT
from tests.processes import alive, children, descends, pids, processes_mentioning
from tests.waiting import eventually

START_SECONDS = 120.0


class Demo:
    """`python -m config.demo` on a data directory and port of its own."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.port = port
        variables = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=CHECKOUT,
            env={**variables, "MUSTER_DATA_DIR": str(data_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def ready_lines(self) -> list[str]:
        return [line for line in self.lines if re.search(r"\bready\b", line)]

    def wait_ready(self) -> None:
        assert eventually(lambda: bool(self.ready_lines()) or self.process.poll() is not None, seconds=START_SECONDS), (
            self.lines
        )
        assert self.process.poll() is None, self.lines

    def descendants(self) -> list[int]:
        """Every process below the demo's own."""
        own = self.process.pid
        return [pid for pid in pids() if pid != own and descends(pid, [own])]

    def programs(self, *words: str) -> list[int]:
        """The demo's own children whose command line has every word."""
        own = children(self.process.pid)
        return [pid for pid in processes_mentioning(*words) if pid in own]

    def has_said(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def runs_another(self, name: str, first: int) -> bool:
        """Whether Celery's `name` runs, and as another process than `first`."""
        return self.programs("celery", name) not in ([], [first])

    def pool(self) -> list[int]:
        """The processes of the worker that run jobs."""
        workers = self.programs("celery", "worker")
        return [pid for worker in workers for pid in children(worker)]

    def healthy(self) -> bool:
        try:
            return bool(json.loads(self.get("/health"))["status"] == "healthy")
        except OSError:
            return False

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return str(answer.read().decode())


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: filling the database is done once."""
    return tmp_path_factory.mktemp("demo") / "demo data"


@pytest.fixture
def demo(data_dir: Path, port: int) -> Iterator[Demo]:
    running = Demo(data_dir, port)
    yield running
    running.process.kill()
    running.process.wait()


def test_demo_starts_answers_heals_and_leaves_no_process_behind(demo: Demo, data_dir: Path) -> None:
    demo.wait_ready()
    assert len(demo.ready_lines()) == 1
    for word in (f"http://127.0.0.1:{demo.port}/", "demo/demo", "other/other", "admin/admin"):
        assert word in demo.ready_lines()[0]
    assert "csrfmiddlewaretoken" in demo.get("/admin/login/")
    assert json.loads(demo.get("/health"))["workers"]["alive"] == 1

    everything = demo.descendants()
    os.kill(min(processes_mentioning("granian", str(demo.port))), signal.SIGKILL)
    assert eventually(partial(demo.has_said, "web ended with status -9"))

    def answers() -> bool:
        try:
            return "csrfmiddlewaretoken" in demo.get("/admin/login/")
        except OSError:
            return False

    assert eventually(answers, seconds=30)
    everything += demo.descendants()
    assert len(demo.descendants()) >= 8

    for name in ("worker", "beat"):
        (first,) = demo.programs("celery", name)
        everything += demo.descendants()
        os.kill(first, signal.SIGKILL)
        assert eventually(partial(demo.has_said, f"{name} ended with status -9"))
        assert eventually(partial(demo.runs_another, name, first))
    assert eventually(lambda: bool(demo.pool()), seconds=30)
    (worker,) = demo.programs("celery", "worker")
    pool = demo.pool()
    os.kill(pool[0], signal.SIGKILL)
    assert eventually(lambda: len(demo.pool()) == len(pool) and pool[0] not in demo.pool(), seconds=30)
    assert demo.programs("celery", "worker") == [worker], "a worker replaces its own processes"

    keeper = read_state(Layout.of(data_dir)).keeper
    everything += demo.descendants()
    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: read_state(Layout.of(data_dir)).keeper not in (0, keeper), seconds=60)
    assert eventually(demo.healthy, seconds=60)
    everything += demo.descendants()

    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(timeout=40) == 0
    assert not [pid for pid in everything if alive(pid)]
    assert not processes_mentioning(str(data_dir))
    assert not Layout.of(data_dir).run_dir.exists()


def test_demo_stopped_while_it_starts_leaves_no_process_behind(demo: Demo, data_dir: Path) -> None:
    assert eventually(lambda: bool(processes_mentioning("config.embedded", str(data_dir))))
    demo.process.send_signal(signal.SIGINT)
    demo.process.wait(timeout=40)
    assert eventually(lambda: not processes_mentioning(str(data_dir)))


def test_killed_demo_takes_everything_along(demo: Demo, data_dir: Path) -> None:
    demo.wait_ready()
    everything = demo.descendants()
    demo.process.kill()
    assert eventually(lambda: not [pid for pid in everything if alive(pid)], seconds=30)
    assert not processes_mentioning(str(data_dir))


def test_port_in_use_is_a_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = Demo(tmp_path / "demo data", int(taken.getsockname()[1]))
        assert demo.process.wait(timeout=60) == 1
        demo.reader.join()
    assert len(demo.lines) == 1
    assert f"PORT {demo.port} cannot be used" in demo.lines[0]
    assert eventually(lambda: not processes_mentioning(str(tmp_path)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["demo", "other", "admin"])
def test_demo_sign_in_works_in_a_demo_only(name: str) -> None:
    get_user_model().objects.create_user(username=name, password=name)
    request = RequestFactory().post("/admin/login/")
    assert authenticate(request, username=name, password=name) is None
    with override_settings(DEMO=True):
        assert authenticate(request, username=name, password=name) is not None


@pytest.mark.django_db
def test_user_called_demo_with_a_password_of_his_own_signs_in_anywhere() -> None:
    get_user_model().objects.create_user(username="demo", password="a password of his own")
    request = RequestFactory().post("/admin/login/")
    assert authenticate(request, username="demo", password="a password of his own") is not None


def test_commands_of_the_demo_exist() -> None:
    assert {"setup_schedules", "seed_demo"} <= set(get_commands())
