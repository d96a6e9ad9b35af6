"""`use()`: join the servers of a data directory, starting them when nobody has."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import time
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.layout import Layout
from config.embedded.locks import FileLock
from config.embedded.processes import open_log, wait_until
from config.embedded.state import KeeperState, read_state

START_SECONDS = 90.0
STOP_SECONDS = 45.0
LINGER_SECONDS = 1.0
BIRTH_SECONDS = 10.0
CHECKOUT = Path(__file__).resolve().parent.parent.parent

_leases: dict[Path, Lease] = {}


def use(data_dir: Path, *, durable: bool = True) -> Lease:
    """Make sure that the servers of `data_dir` answer, and keep them up until this process ends.

    Forked children share the lease. `durable=False` trades safety against power cuts for speed: for tests.

    Raises:
        EmbeddedError: they cannot be started; the message says why.
    """
    layout = Layout.of(data_dir)
    lease = _leases.get(layout.data_dir)
    if lease is None:
        lease = _leases[layout.data_dir] = Lease(layout, durable=durable)
        atexit.register(lease.release)
    lease.ensure()
    return lease


class Lease:
    """This process's share in the servers of one data directory."""

    def __init__(self, layout: Layout, *, durable: bool) -> None:
        layout.create_data_dir()
        self.layout = layout
        self.durable = durable
        self._owner = os.getpid()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._lock = FileLock(layout.lease)
        # A keeper that is stopping holds the lease alone until its servers are gone.
        if not wait_until(self._lock.try_shared, seconds=STOP_SECONDS):
            raise EmbeddedError(f"The servers of {layout.data_dir} do not finish stopping; see {layout.logs}.")

    def ensure(self) -> None:
        """Return once the servers are ready, starting them if their keeper has died.

        Raises:
            EmbeddedError: they cannot be started, or not in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._claim_start():
                self._spawn_keeper()
            state = self._wait_for_word()
            if state.state == "ready":
                return
            if state.state == "failed":
                raise EmbeddedError(state.message)
            time.sleep(0.05)
        raise EmbeddedError(
            f"PostgreSQL and Valkey did not start in {START_SECONDS:.0f} seconds; see {self.layout.logs}."
        )

    def release(self) -> None:
        """Give the share back; when it was the last one, wait until the servers are gone."""
        if os.getpid() != self._owner or _leases.pop(self.layout.data_dir, None) is None:
            return
        self._lock.close()
        keeper_lock = FileLock(self.layout.keeper_lock)
        gave_up_at = time.monotonic() + LINGER_SECONDS
        wait_until(
            lambda: keeper_lock.try_exclusive() or (time.monotonic() > gave_up_at and not self._is_stopping()),
            seconds=STOP_SECONDS,
        )
        keeper_lock.close()

    def _claim_start(self) -> bool:
        """Whether nobody keeps the servers; if so, what the last keeper said is wiped before a new one speaks."""
        keeper_lock = FileLock(self.layout.keeper_lock)
        try:
            if not keeper_lock.try_exclusive():
                return False
            self.layout.state.unlink(missing_ok=True)
            return True
        finally:
            keeper_lock.close()

    def _spawn_keeper(self) -> None:
        command = [sys.executable, "-m", "config.embedded", str(self.layout.data_dir)]
        with open_log(self.layout.logs / "keeper.log") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 - ourselves
                command if self.durable else [*command, "--not-durable"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=CHECKOUT,
                start_new_session=True,
            )

    def _wait_for_word(self) -> KeeperState:
        """What the keeper says once it has started or failed; nothing when it ended without a word."""
        born_by = time.monotonic() + BIRTH_SECONDS

        def settled() -> bool:
            return bool(read_state(self.layout).state) or (time.monotonic() > born_by and self._nobody_keeps())

        wait_until(settled, seconds=START_SECONDS)
        return read_state(self.layout)

    def _nobody_keeps(self) -> bool:
        keeper_lock = FileLock(self.layout.keeper_lock)
        try:
            return keeper_lock.try_exclusive()
        finally:
            keeper_lock.close()

    def _is_stopping(self) -> bool:
        return read_state(self.layout).state == "stopping"
