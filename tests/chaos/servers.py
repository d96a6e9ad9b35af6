"""PostgreSQL and Valkey of one case, under its control: stopped, killed, frozen, emptied, started again."""

from __future__ import annotations

import shutil
import signal
import subprocess

from config.embedded.binaries import Binaries
from config.embedded.layout import Layout
from config.embedded.postgres import Postgres
from config.embedded.processes import outwait
from config.embedded.valkey import Valkey
from tests.processes import children, send


class Server:
    """One server process, started through the product's own launcher."""

    def __init__(self, server: Postgres | Valkey) -> None:
        self.server = server
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The main process. Raises AssertionError when it was not started."""
        assert self.process is not None, f"{self.server.name} was not started"
        return self.process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.server.prepare()
        self.process = self.server.start(pass_fds=())
        self.server.wait_ready(self.process)

    def kill(self) -> None:
        """`kill -9`."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=20)

    def stop(self) -> None:
        """Stop it in good order, as an operator's restart does."""
        assert self.process is not None
        self.process.send_signal(self.server.death_signal)
        outwait(self.process, patience_seconds=self.server.patience_seconds)

    def freeze(self) -> None:
        """Stop it from running, with every connection still open: it hangs."""
        for pid in (*children(self.pid), self.pid):
            send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run on."""
        for pid in (self.pid, *children(self.pid)):
            send(pid, signal.SIGCONT)

    def end(self) -> None:
        """Leave nothing running."""
        if self.process is not None and self.process.poll() is None:
            self.thaw()
            self.stop()


class Database(Server):
    """PostgreSQL; not safe against power cuts, which no case simulates."""

    def __init__(self, layout: Layout, binaries: Binaries) -> None:
        super().__init__(Postgres(layout, binaries, durable=False))


class Broker(Server):
    """Valkey, with its append-only file."""

    def __init__(self, layout: Layout, binaries: Binaries) -> None:
        super().__init__(Valkey(layout, binaries, durable=True))
        self.data = layout.valkey

    def forget(self) -> None:
        """Delete everything it wrote to disk, as if its volume had been lost. Only while it is down."""
        shutil.rmtree(self.data)
