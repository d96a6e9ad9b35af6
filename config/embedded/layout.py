"""Where the embedded servers keep their files.

Sockets live outside the data directory, under a short path keyed by a hash of it: a unix socket's path may have 107
characters at most, and a checkout's path may be longer or hold characters that URLs and PostgreSQL quote differently.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.account import Account, server_account
from config.embedded.errors import EmbeddedError

APP_ROLE = "muster"
SUPERUSER = "postgres"
DATABASE = "muster"


@dataclass(frozen=True)
class Layout:
    """The files of one data directory and the account that owns the servers' part of them."""

    data_dir: Path
    account: Account

    @classmethod
    def of(cls, data_dir: Path) -> Layout:
        """The layout for `data_dir`, which need not exist yet.

        Raises:
            EmbeddedError: the directory's data belongs to another user.
        """
        data_dir = data_dir.resolve()
        return cls(data_dir=data_dir, account=server_account(data_dir))

    @property
    def postgres(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def valkey(self) -> Path:
        return self.data_dir / "valkey"

    @property
    def logs(self) -> Path:
        return self.data_dir / "log"

    @property
    def state(self) -> Path:
        """What the keeper last said about itself (JSON); trustworthy only while `keeper_lock` is held."""
        return self.data_dir / "servers.json"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper for its whole life: one keeper a data directory."""
        return self.data_dir / "keeper.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the keeper and inherited by every server process: free means that none is left."""
        return self.data_dir / "server.lock"

    @property
    def lease(self) -> Path:
        """Held shared by every command that uses the servers; the keeper stops once it can hold it alone."""
        return self.data_dir / "lease.lock"

    @property
    def run_dir(self) -> Path:
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        return _temporary_directory() / f"muster-{self.account.uid}" / digest

    @property
    def valkey_socket(self) -> Path:
        return self.run_dir / "valkey.sock"

    def create_data_dir(self) -> None:
        """Create the data and log directories; the log is closed to others.

        Raises:
            EmbeddedError: the directory cannot be written.
        """
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise EmbeddedError(
                f"Muster cannot write its data to {self.data_dir} ({problem.strerror}): "
                "name a folder of yours in MUSTER_DATA_DIR, for example MUSTER_DATA_DIR=$HOME/muster-data."
            ) from None

    def create_run_dir(self) -> None:
        """Create an empty directory for the sockets that only the servers' account (and root) can enter.

        Raises:
            EmbeddedError: somebody else sits on the name, as can happen in a shared temporary directory.
        """
        parent = self.run_dir.parent
        if parent.is_symlink() or (parent.exists() and parent.stat().st_uid != self.account.uid):
            raise EmbeddedError(
                f"{parent} belongs to another user, so Muster does not put its sockets there: remove it."
            )
        self.account.own(parent)
        self.remove_run_dir()
        self.account.own(self.run_dir)

    def remove_run_dir(self) -> None:
        """Remove the sockets and their directory; call it when no server is left."""
        shutil.rmtree(self.run_dir, ignore_errors=True)


def _temporary_directory() -> Path:
    """`/tmp` wherever it exists: every process must agree on the place, whatever its own TMPDIR says."""
    fixed = Path("/tmp")  # noqa: S108 - only ever used through a 0700 directory whose owner is checked
    return fixed if fixed.is_dir() else Path(tempfile.gettempdir())
