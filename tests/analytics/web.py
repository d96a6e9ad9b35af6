"""The real web server, several processes of it, over real HTTP."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90.0


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    tag: str


class Browser:
    """One connection, kept alive; opened again when the server closed it."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, tag: str = "") -> Reply:
        headers = {"Authorization": f"Token {self._token}", **({"If-None-Match": tag} if tag else {})}
        try:
            return self._get(path, headers)
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            return self._get(path, headers)

    def _get(self, path: str, headers: Mapping[str, str]) -> Reply:
        self._connection.request("GET", path, headers=dict(headers))
        response = self._connection.getresponse()
        return Reply(response.status, response.read(), response.headers.get("ETag", ""))


@contextmanager
def web_server(environment: Mapping[str, str], log: Path, *, processes: int = 2, threads: int = 8) -> Iterator[int]:
    """Granian on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = int(reserved.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += [
        "--workers",
        str(processes),
        "--blocking-threads",
        str(threads),
        "--no-access-log",
        "config.wsgi:application",
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=dict(environment), cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )
        try:
            _wait_ready(port, server, log)
            yield port
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(10)


def _wait_ready(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        assert server.poll() is None, log.read_text()
        try:
            if Browser(port, "").get("/health").status == 200:
                return
        except (OSError, http.client.HTTPException):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
