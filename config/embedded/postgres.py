"""The embedded PostgreSQL: data directory, start, readiness and the two roles."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.binaries import Binaries
from config.embedded.errors import EmbeddedError
from config.embedded.layout import APP_ROLE, DATABASE, SUPERUSER, Layout
from config.embedded.processes import open_log, start_tied, wait_until

READY_SECONDS = 60.0
# The kernel's own link to a process's working directory: reaches it even below a folder the account may not enter.
WORKING_DIRECTORY = "/proc/self/cwd"


class Postgres:
    """One PostgreSQL cluster under a layout's data directory, reached by unix socket only."""

    name = "PostgreSQL"
    death_signal = signal.SIGINT  # "fast" shutdown: roll back, checkpoint, leave
    patience_seconds = 30.0
    last_resorts: tuple[signal.Signals, ...] = (signal.SIGQUIT,)

    def __init__(self, layout: Layout, binaries: Binaries, *, durable: bool) -> None:
        self.layout = layout
        self.binaries = binaries
        self.durable = durable

    def prepare(self) -> None:
        """Create the cluster when there is none; refuse one of another major version.

        Call it once, before the first start, when no process of an earlier run is left.

        Raises:
            EmbeddedError: wrong version, or `initdb` fails.
        """
        version_file = self.layout.postgres / "PG_VERSION"
        if not version_file.exists():
            self._create_cluster()
            return
        found, wanted = version_file.read_text().strip(), self._major_version()
        if found != wanted:
            raise EmbeddedError(
                f"The data in {self.layout.postgres} was written by PostgreSQL {found} and the bundled server is "
                f"PostgreSQL {wanted}: dump it with version {found} and load it here, "
                "or choose another MUSTER_DATA_DIR."
            )
        self._remove_stale_pid_file()

    def start(self, *, pass_fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
        """Start the server; `is_ready` tells when it answers."""
        settings = {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": str(self.layout.run_dir),
            "unix_socket_permissions": "0700",
            "cluster_name": "muster",
            "logging_collector": "off",
            "jit": "off",
            **({} if self.durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with open_log(self.layout.logs / "postgres.log") as log:
            return start_tied(
                [self.binaries.postgres, "-D", self._data_argument(self.layout.postgres), *options],
                death_signal=self.death_signal,
                output=log,
                environment=self._environment(),
                cwd=self.layout.postgres,
                pass_fds=pass_fds,
                **self.layout.account.popen_arguments(),
            )

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Return once the server answers and the application's role and database exist.

        Raises:
            EmbeddedError: it ended, or did not answer in time.
        """
        answered = wait_until(lambda: process.poll() is not None or self._answers(), seconds=READY_SECONDS)
        if process.poll() is not None or not answered:
            raise EmbeddedError(f"PostgreSQL did not start; its log is {self.layout.logs / 'postgres.log'}.")
        self._create_role_and_database()

    def _create_cluster(self) -> None:
        """Run `initdb` beside the final place and rename, so that one cut short is simply done again."""
        fresh = self.layout.data_dir / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.layout.account.own(fresh)
        command = [
            str(self.binaries.initdb),
            f"--pgdata={self._data_argument(fresh)}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--auth-local=trust",  # whoever can enter the 0700 socket directory is us
            "--auth-host=reject",
            "--data-checksums",
            *([] if self.durable else ["--no-sync"]),
        ]
        done = subprocess.run(  # noqa: S603 - our own binary
            command,
            cwd=fresh,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            umask=0o077,
            **self.layout.account.popen_arguments(),
        )
        with open_log(self.layout.logs / "postgres.log") as log:
            log.write((done.stdout + done.stderr).encode())
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
            raise EmbeddedError(f"PostgreSQL could not create its data in {self.layout.postgres}: {reason}.")
        fresh.rename(self.layout.postgres)

    def _data_argument(self, directory: Path) -> str:
        return str(directory) if self.layout.account.can_enter(directory) else WORKING_DIRECTORY

    def _major_version(self) -> str:
        done = subprocess.run(  # noqa: S603 - our own binary
            [self.binaries.postgres, "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
            **self.layout.account.popen_arguments(),
        )
        return str(done.stdout).split()[2].split(".")[0]

    def _remove_stale_pid_file(self) -> None:
        """Forget a dead server's pid, which by now may be any other process; nobody runs, for we hold the lock.

        Raises:
            EmbeddedError: a server that is not ours runs on this data.
        """
        pid_file = self.layout.postgres / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = pid_file.read_text().split("\n", 1)[0].strip()
        working_directory = Path("/proc") / pid / "cwd"
        if pid.isdigit() and working_directory.exists() and working_directory.samefile(self.layout.postgres):
            raise EmbeddedError(
                f"A PostgreSQL that Muster did not start (process {pid}) runs on {self.layout.postgres}: stop it first."
            )
        pid_file.unlink()

    def _environment(self) -> dict[str, str]:
        """No PG* variable of the person's own may redirect the server."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.layout.run_dir),
            port=5432,
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _answers(self) -> bool:
        try:
            with self._connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def _create_role_and_database(self) -> None:
        """The application works as a role that is no superuser; CREATEDB lets the tests make their databases."""
        role, database = sql.Identifier(APP_ROLE), sql.Identifier(DATABASE)
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER").format(role))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
