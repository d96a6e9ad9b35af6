"""A web server as in production, in processes of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Self

from tests.config.commands import CHECKOUT, eventually

START_SECONDS = 60.0


class WebServer:
    """Granian on a free port with `variables` as its environment."""

    def __init__(self, variables: dict[str, str], *, workers: int = 1) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{port}"
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        self.process = subprocess.Popen(
            [*granian, "--workers", str(workers), "--blocking-threads", "4", "config.wsgi:application"],
            cwd=CHECKOUT,
            env=variables,
            stdout=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        assert eventually(self.answers, seconds=START_SECONDS)
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body."""
        request = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def answers(self) -> bool:
        try:
            return bool(self.get("/api/auth/login/nothing")[0])
        except OSError:
            return False
