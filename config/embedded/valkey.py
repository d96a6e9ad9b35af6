"""The embedded Valkey: broker and cache on a unix socket, every write in an append-only file."""

from __future__ import annotations

import os
import signal
import subprocess

import redis

from config.embedded.binaries import Binaries
from config.embedded.errors import EmbeddedError
from config.embedded.layout import Layout
from config.embedded.processes import open_log, start_tied, wait_until

READY_SECONDS = 60.0
MAXIMUM_MEMORY = "256mb"


class Valkey:
    """One Valkey under a layout's data directory, reached by unix socket only."""

    name = "Valkey"
    death_signal = signal.SIGTERM
    patience_seconds = 15.0
    last_resorts: tuple[signal.Signals, ...] = ()

    def __init__(self, layout: Layout, binaries: Binaries, *, durable: bool) -> None:
        self.layout = layout
        self.binaries = binaries
        self.durable = durable

    def prepare(self) -> None:
        """Create the data directory."""
        self.layout.account.own(self.layout.valkey)

    def start(self, *, pass_fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
        """Start the server in its data directory, so that only relative paths are ever used."""
        settings = {
            "port": "0",
            "unixsocket": str(self.layout.valkey_socket),
            "unixsocketperm": "700",
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "databases": "32",
            "maxmemory": MAXIMUM_MEMORY,
            # Evicts what carries a time to live, that is the cache, never a queued message.
            "maxmemory-policy": "volatile-lru",
        }
        options = [part for key, value in settings.items() for part in (f"--{key}", value)]
        with open_log(self.layout.logs / "valkey.log") as log:
            return start_tied(
                [self.binaries.valkey_server, *options],
                death_signal=self.death_signal,
                output=log,
                environment={"PATH": os.defpath, "LC_ALL": "C"},
                cwd=self.layout.valkey,
                pass_fds=pass_fds,
                umask=0o077,
                **self.layout.account.popen_arguments(),
            )

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Return once the server answers and has loaded its file.

        Raises:
            EmbeddedError: it ended, or did not answer in time.
        """
        answered = wait_until(lambda: process.poll() is not None or self._answers(), seconds=READY_SECONDS)
        if process.poll() is not None or not answered:
            raise EmbeddedError(f"Valkey did not start; its log is {self.layout.logs / 'valkey.log'}.")

    def _answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.layout.valkey_socket), socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
