"""The keeper: one small process a data directory that owns the servers for as long as any command uses them.

No command owns the servers, so none can take them away from another: each holds a shared lock on the lease file, and
the keeper stops once it gets that lock alone. It keeps the lock while it stops, so a newcomer waits and starts afresh.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from contextlib import suppress
from types import FrameType

from config.embedded.binaries import find_binaries
from config.embedded.errors import EmbeddedError
from config.embedded.layout import Layout
from config.embedded.locks import FileLock
from config.embedded.postgres import Postgres
from config.embedded.processes import outwait, wait_until
from config.embedded.state import KeeperState, read_state, write_state
from config.embedded.valkey import Valkey

logger = logging.getLogger("muster.keeper")

POLL_SECONDS = 0.1
PROBE_SECONDS = 1.0  # commands look at the lock by taking it for a moment
PREDECESSOR_SECONDS = 30.0
STEADY_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 5.0


class ServerProcess:
    """One server and the pause before it is started again, which doubles while it keeps dying."""

    def __init__(self, server: Postgres | Valkey, lock: FileLock) -> None:
        self.server = server
        self.lock = lock
        self.pause_seconds = 0.0
        self.started_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            EmbeddedError: it does not.
        """
        self.started_at = time.monotonic()
        self.process = self.server.start(pass_fds=(self.lock.descriptor,))
        self.server.wait_ready(self.process)

    def keep_alive(self) -> None:
        """Start the server again when it has died, waiting longer each time it does not last."""
        if self.process is None or self.process.poll() is None:
            return
        lasted_seconds = time.monotonic() - self.started_at
        if lasted_seconds > STEADY_SECONDS:
            self.pause_seconds = 0.0
        if lasted_seconds < self.pause_seconds:
            return
        logger.warning("%s ended with status %s; starting it again", self.server.name, self.process.returncode)
        self.pause_seconds = min(LONGEST_PAUSE_SECONDS, self.pause_seconds * 2 or 0.5)
        try:
            self.start()
        except EmbeddedError as problem:
            logger.warning("%s", problem)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.server.death_signal)

    def stop(self) -> None:
        if self.process is not None:
            outwait(self.process, *self.server.last_resorts, patience_seconds=self.server.patience_seconds)


class Keeper:
    """Runs the servers of one layout; see the module's text for when it ends."""

    def __init__(self, layout: Layout, *, durable: bool) -> None:
        self.layout = layout
        self.durable = durable
        self.told_to_stop = False
        self.servers: list[ServerProcess] = []

    def run(self) -> None:
        """Serve until the last lease is gone or a signal arrives; returns at once where another keeper serves."""
        keeper_lock = FileLock(self.layout.keeper_lock)
        if not wait_until(keeper_lock.try_exclusive, seconds=PROBE_SECONDS):
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle_signal)
        lease = FileLock(self.layout.lease)
        try:
            self._start()
            self._say("ready")
            while not self.told_to_stop and not lease.try_exclusive():
                time.sleep(POLL_SECONDS)
                for server in self.servers:
                    server.keep_alive()
            self._say("stopping")
        except EmbeddedError as problem:
            logger.error("%s", problem)
            self._say("failed", message=str(problem))
        finally:
            self._stop()

    def _start(self) -> None:
        server_lock = FileLock(self.layout.server_lock)
        self._outwait_predecessors(server_lock)
        self.layout.create_run_dir()
        binaries = find_binaries(self.layout.account)
        for server in (
            Valkey(self.layout, binaries, durable=self.durable),
            Postgres(self.layout, binaries, durable=self.durable),
        ):
            server.prepare()
            process = ServerProcess(server, server_lock)
            self.servers.append(process)
            process.start()

    def _outwait_predecessors(self, server_lock: FileLock) -> None:
        """Let the servers of a killed keeper finish; the kernel has told them to, and where it cannot, we do.

        Raises:
            EmbeddedError: they do not end.
        """
        if wait_until(server_lock.try_exclusive, seconds=1.0):
            return
        for pid in read_state(self.layout).servers:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGINT)
        if not wait_until(server_lock.try_exclusive, seconds=PREDECESSOR_SECONDS):
            raise EmbeddedError(
                f"Servers of an earlier run still work on {self.layout.data_dir}: wait a moment, or end them by hand."
            )

    def _stop(self) -> None:
        for server in self.servers:
            server.ask_to_stop()
        for server in self.servers:
            server.stop()
        if self.servers:
            self.layout.remove_run_dir()

    def _say(self, state: str, *, message: str = "") -> None:
        pids = tuple(server.process.pid for server in self.servers if server.process is not None)
        write_state(self.layout, KeeperState(state=state, keeper=os.getpid(), servers=pids, message=message))

    def _handle_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.told_to_stop = True
