"""The benchmark's own PostgreSQL and Valkey; the latter can be refused, hung and brought back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from benchmarks.dashboard.data import Connection
from benchmarks.machine import ROOT
from config.embedded import use
from config.embedded.account import server_account
from config.embedded.binaries import find_binaries
from config.embedded.layout import APP_ROLE, DATABASE, SUPERUSER
from config.embedded.processes import open_log, outwait, start_tied, wait_until

STATISTICS = "pg_stat_statements"


class Database:
    """The database under test: of DATABASE_URL, or an embedded one in `data_dir` that counts its statements."""

    def __init__(self, data_dir: Path) -> None:
        self.given = os.environ.get("DATABASE_URL", "")
        self.embedded = not self.given
        if self.given:
            self.url = self.admin_url = self.given
            return
        lease = use(data_dir)
        host = quote(str(lease.layout.run_dir), safe="")
        self.url = f"postgres://{APP_ROLE}@/{DATABASE}?host={host}&port=5432"
        self.admin_url = f"postgres://{SUPERUSER}@/{DATABASE}?host={host}&port=5432"
        with self.connect() as connection:
            loaded = connection.execute("SHOW shared_preload_libraries").fetchone()
            if loaded != (STATISTICS,):
                connection.execute(f"ALTER SYSTEM SET shared_preload_libraries = '{STATISTICS}'")
        if loaded != (STATISTICS,):
            lease.release()
            use(data_dir)

    def connect(self) -> Connection:
        """A connection with every right there is: superuser's where the server is embedded."""
        return psycopg.connect(self.admin_url, autocommit=True)


class Cache:
    """A Valkey of the benchmark's own on a unix socket, with the product's memory policy."""

    def __init__(self, data_dir: Path) -> None:
        self.account = server_account(data_dir)
        self.program = find_binaries(self.account).valkey_server
        self.home = Path(tempfile.mkdtemp(prefix="muster-benchmark-"))
        self.home.chmod(0o755)
        self.account.own(self.home / "valkey")
        self.socket = self.home / "valkey" / "valkey.sock"
        self.log = data_dir / "log" / "benchmark-valkey.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        """Start it empty and return once it answers."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        options += ["--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"]
        with open_log(self.log) as log:
            self.process = start_tied(
                [self.program, *options],
                death_signal=signal.SIGTERM,
                output=log,
                environment={"PATH": os.defpath, "LC_ALL": "C"},
                cwd=self.home / "valkey",
                **self.account.popen_arguments(),
            )
        if not wait_until(self._answers, seconds=20):
            raise SystemExit(f"Valkey did not start; its log is {self.log}.")

    def stop(self) -> None:
        """End it: connections are refused from now on."""
        if self.process is not None:
            self.process.terminate()
            outwait(self.process, patience_seconds=10)
            self.process = None
            self.socket.unlink(missing_ok=True)

    def remove(self) -> None:
        """End it and remove its directory."""
        self.resume()
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def hang(self) -> None:
        """Keep the socket open and answer nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `hang`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def _answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class Web:
    """granian in front of the product, as `make demo` starts it, with the benchmark's own views beside it."""

    def __init__(self, *, port: int, log: Path) -> None:
        self.port = port
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return once it answers."""
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-access-log"]
        command += ["--port", str(self.port), "--blocking-threads", "8", "benchmarks.dashboard.wsgi:application"]
        with open_log(self.log) as log:
            self.process = start_tied(
                command, death_signal=signal.SIGTERM, output=log, environment=os.environ, cwd=ROOT
            )
        if not wait_until(self._answers, seconds=60, every_seconds=0.2):
            raise SystemExit(f"The web server did not start; its log is {self.log}.")

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            outwait(self.process, patience_seconds=10)
            self.process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/benchmark/empty", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
