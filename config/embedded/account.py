"""The operating-system account the embedded servers run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.errors import EmbeddedError

ORDINARY_USER = "nobody"


@dataclass(frozen=True)
class Account:
    """A user and group; `switches` says whether a child must change to them."""

    uid: int
    gid: int
    switches: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess` that make the child run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switches else {}

    def own(self, directory: Path) -> None:
        """Create `directory` when missing; leave it owned by this account and closed to everybody else."""
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.switches:
            os.chown(directory, self.uid, self.gid)
        directory.chmod(0o700)

    def can_enter(self, directory: Path) -> bool:
        """Whether a process of this account can reach `directory` by its path (a parent may be closed to it)."""
        if not self.switches:
            return os.access(directory, os.X_OK)
        probe = ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)]
        done = subprocess.run(probe, cwd="/", capture_output=True, check=False, **self.popen_arguments())  # noqa: S603
        return done.returncode == 0


def server_account(data_dir: Path) -> Account:
    """The account for the servers of `data_dir`: ourselves, or for root an ordinary user.

    Root takes whoever owns the existing data, so that a directory stays with one owner for life.

    Raises:
        EmbeddedError: the data belongs to somebody else, or root finds no ordinary user to change to.
    """
    owner = _owner(data_dir)
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise EmbeddedError(
                f"The data in {data_dir} belongs to the user {_name(owner)}: run as that user, "
                "or name another folder in MUSTER_DATA_DIR, for example MUSTER_DATA_DIR=$HOME/muster-data."
            )
        return Account(uid=os.geteuid(), gid=os.getegid(), switches=False)
    if owner:
        return Account(uid=owner, gid=_group(owner), switches=True)
    try:
        entry = pwd.getpwnam(ORDINARY_USER)
    except KeyError:
        raise EmbeddedError(
            f"PostgreSQL does not run as root and this machine has no user {ORDINARY_USER}: "
            "start Muster as an ordinary user."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, switches=True)


def _owner(data_dir: Path) -> int | None:
    """The owner of the server data, else of the data directory; None where neither exists."""
    for directory in (data_dir / "postgres", data_dir):
        if directory.exists():
            return directory.stat().st_uid
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid
