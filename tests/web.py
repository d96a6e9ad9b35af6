"""A web server as in production, in processes of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.processes import kill_group
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 90.0


class WebServer:
    """Granian on a free port with `variables` as its environment; what it says goes to `log`."""

    def __init__(self, variables: Mapping[str, str], log: Path, *, processes: int = 1, threads: int = 4) -> None:
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            self.port = int(reserved.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = log
        granian = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--no-access-log"]
        size = ["--workers", str(processes), "--blocking-threads", str(threads)]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *granian, *size, "config.wsgi:application"],
                cwd=ROOT,
                env=dict(variables),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        ready = eventually(lambda: self.process.poll() is not None or self.answers(), seconds=START_SECONDS)
        if not ready or self.process.poll() is not None:
            kill_group(self.process)
            raise AssertionError(f"The web server did not start:\n{self.log.read_text(errors='replace')}")
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            kill_group(self.process)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body."""
        request = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def answers(self) -> bool:
        """Whether it is up, asked in a way that touches no server behind it."""
        try:
            return bool(self.get("/api/auth/login/nothing")[0])
        except OSError:
            return False
