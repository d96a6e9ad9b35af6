"""The database every case starts from, made once a run, and the case itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.embedded.locks import FileLock
from tests.chaos.case import PROPERTY, Case
from tests.chaos.stack import Stack
from tests.conftest import require
from tests.waiting import wait

LOG_TAIL = 4000


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of this run share, and that goes away after it."""
    shared = os.environ.get("MUSTER_DATA_DIR") or tmp_path_factory.getbasetemp().parent
    folder = Path(shared) / "chaos"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def template(ground: Path) -> Path:
    """The data of a PostgreSQL that holds the world, stopped in good order; made by whoever comes first."""
    require(Path("/proc/self/environ").exists(), "the chaos suite reads /proc, which this system does not have")
    data, lock = ground / "template", FileLock(ground / "template.lock")
    wait("the database is filled", lock.try_exclusive, 240)
    try:
        if not data.exists():
            folder = ground / "making"
            folder.mkdir()
            with Stack(folder, settings={}) as stack:
                stack.run("fill", "django", "chaos_fill")
                stack.database.stop()
                stack.layout.postgres.rename(data)
    finally:
        lock.close()
    return data


@pytest.fixture
def case(request: pytest.FixtureRequest, ground: Path, template: Path) -> Iterator[Case]:
    """The case of the test that asks for it, with its docstring for the table."""
    folder = ground / request.node.name[:60]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with ExitStack() as stacks:
        made = Case(str(request.function.__doc__), folder, template, stacks)
        yield made
        request.node.user_properties.append((PROPERTY, made.row()))
    for log in sorted(folder.glob("log/*.log")):
        print(f"--- {log.name}\n{log.read_text(errors='replace')[-LOG_TAIL:]}")
