"""A Valkey that a test may kill, stop and start again, always on the same port."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

import redis

from config.embedded.binaries import find_binaries
from config.embedded.layout import Layout
from tests.ports import free_port

READY_SECONDS = 20.0


class Valkey:
    """One server on a loopback port, without persistence."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._program = find_binaries(Layout.of(directory / "layout").account).valkey_server
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A patient client."""
        return redis.Redis(port=self.port, socket_timeout=5)

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        options += ["--dir", str(self._directory), "--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru"]
        self._process = subprocess.Popen(
            [str(self._program), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "Valkey did not start"
            assert self._process.poll() is None, "Valkey ended at once"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a crash does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def hang(self) -> None:
        """It takes connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
