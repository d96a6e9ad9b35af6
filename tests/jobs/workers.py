"""Real Celery workers for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.processes import kill_group

ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """Starts workers in process groups of their own, on the broker keys of `prefix`, with logs in `folder`.

    As a context manager it kills whatever is left of them at the end, and prints their logs.
    """

    def __init__(self, environment: Mapping[str, str], *, prefix: str, folder: Path) -> None:
        self.prefix, self.folder = prefix, folder
        path = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
        self.environment = {**environment, "PYTHONPATH": path}
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str, **settings: float) -> subprocess.Popen[bytes]:
        """Start one with these options of Celery's and these settings; does not wait for it."""
        given = json.dumps({"settings": settings, "prefix": self.prefix})
        with (self.folder / f"worker-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.jobs.worker_main", *options],
                cwd=ROOT,
                env={**self.environment, "MUSTER_TEST_JOBS": given},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.started:
            kill_group(process)
        for log in self.folder.glob("worker-*.log"):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")
