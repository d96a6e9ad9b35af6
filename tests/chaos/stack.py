"""A whole installation of a case's own: PostgreSQL, Valkey, web servers, workers and beats, each a real process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import redis

from config.embedded.binaries import find_binaries
from config.embedded.layout import APP_ROLE, DATABASE, Layout
from tests.chaos.client import Client
from tests.chaos.processes import MARK, marked
from tests.chaos.servers import Broker, Database
from tests.ports import free_port
from tests.processes import kill_group
from tests.waiting import wait

ROOT = Path(__file__).resolve().parents[2]
PRODUCT_SETTINGS, CHAOS_SETTINGS = "config.settings", "tests.chaos.settings"
QUEUES = "solve,default"
BROKER_DATABASE = 16
START_SECONDS = 90.0


class Program:
    """One of the installation's programs: its process, its log, everything it started."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path, mark: str) -> None:
        self.name, self.process, self.log, self.mark = name, process, log, mark

    @property
    def pid(self) -> int:
        """The main process."""
        return self.process.pid

    @property
    def text(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """`kill -9` for the main process and its whole group, as a machine that lost power would."""
        kill_group(self.process)

    def kill_main(self) -> None:
        """`kill -9` for the main process alone."""
        self.process.kill()
        self.process.wait(timeout=20)

    def ended(self) -> bool:
        return self.process.poll() is not None


class Stack:
    """The installation; as a context manager it leaves nothing behind.

    `settings` None runs the product's own settings, intervals and all; otherwise these replace them. `template` is the
    data of a stopped PostgreSQL to start from.
    """

    def __init__(
        self,
        folder: Path,
        *,
        template: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        **environment: str,
    ) -> None:
        self.folder, self.template = folder, template
        self.mark = f"{os.getpid()}-{time.monotonic_ns()}"
        self.layout = Layout.of(folder)
        self.layout.create_data_dir()
        self.layout.create_run_dir()
        binaries = find_binaries(self.layout.account)
        self.database = Database(self.layout, binaries)
        self.broker = Broker(self.layout, binaries)
        self.guard: subprocess.Popen[bytes] | None = None
        self.settings, self.extra = settings, environment
        self.programs: list[Program] = []

    def __enter__(self) -> Self:
        try:
            self.guard = self._start_guard()
            if self.template is not None:
                subprocess.run(["cp", "-a", str(self.template), str(self.layout.postgres)], check=True)
            self.database.start()
            self.broker.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Kill whatever is left and remove the data; the logs stay in `folder`/log."""
        for program in self.programs:
            with suppress(subprocess.TimeoutExpired):
                program.kill()
        for left in marked(self.mark):
            os.kill(left.pid, signal.SIGKILL)
        self.database.end()
        self.broker.end()
        self.layout.remove_run_dir()
        shutil.rmtree(self.layout.postgres, ignore_errors=True)
        shutil.rmtree(self.layout.valkey, ignore_errors=True)
        if self.guard is not None:
            self.guard.communicate(timeout=60)

    def _start_guard(self) -> subprocess.Popen[bytes]:
        """What ends this installation should these tests be killed."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.guard", self.mark, str(self.folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    # -- programs --------------------------------------------------------------------------------------------------

    def start(self, name: str, command: Sequence[str]) -> Program:
        """Start a program of the installation in a session of its own."""
        mark = f"{self.mark}/{name}"
        log = self.layout.logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.environment(mark),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        program = Program(name, process, log, mark)
        self.programs.append(program)
        return program

    def run(self, name: str, *command: str) -> None:
        """Run a command of the installation to its end. Raises AssertionError with its output when it fails."""
        program = self.start(name, command)
        status = program.process.wait(timeout=300)
        assert status == 0, f"{name} ended with {status}: {program.text[-3000:]}"

    def start_worker(self, name: str = "worker", *, queues: str = QUEUES, concurrency: int = 2) -> Program:
        """A Celery worker; returns once it takes messages."""
        program = self.begin_worker(name, queues=queues, concurrency=concurrency)
        self.await_worker(program)
        return program

    def begin_worker(self, name: str = "worker", *, queues: str = QUEUES, concurrency: int = 2) -> Program:
        """A Celery worker, started as the Procfile does; does not wait for it."""
        pool = ["--pool=prefork", "-c", str(concurrency)]
        options = ["-Q", queues, *pool, "--loglevel=INFO", "-n", f"{name}@%h"]
        return self.start(name, ["celery", "-A", "config", "worker", *options])

    def await_worker(self, program: Program) -> None:
        """Wait until the worker takes messages."""
        self._await(program, lambda: " ready." in program.text)

    def start_web(self, name: str = "web") -> Client:
        """A web server; returns a client once it answers. Its program is the last of `programs`."""
        port = free_port()
        serve = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        program = self.start(name, [*serve, "--blocking-threads", "8", "config.wsgi:application"])
        client = Client(port, self.token)
        self._await(program, client.answers)
        return client

    def start_beat(self, name: str = "beat") -> Program:
        """A beat; does not wait for it."""
        schedule = self.folder / f"{name}.schedule"
        return self.start(
            name, ["celery", "-A", "config", "beat", "--pidfile=", "--loglevel=INFO", "-s", str(schedule)]
        )

    def _await(self, program: Program, ready: Any) -> None:
        wait(f"{program.name} is ready", lambda: program.ended() or ready(), START_SECONDS)
        assert not program.ended(), f"{program.name} ended: {program.text[-3000:]}"

    def environment(self, mark: str) -> dict[str, str]:
        """The environment of a program: nothing but what an operator would set, and the mark."""
        socket_folder = self.layout.run_dir
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {
            **inherited,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": PRODUCT_SETTINGS if self.settings is None else CHAOS_SETTINGS,
            "MUSTER_CHAOS_SETTINGS": json.dumps(dict(self.settings or {})),
            "DATABASE_URL": f"postgres://{APP_ROLE}@/{DATABASE}?host={socket_folder}&port=5432",
            "REDIS_URL": f"unix://{self.layout.valkey_socket}?db=0",
            "CELERY_BROKER_URL": self.broker_url,
            "SECRET_KEY": "only-for-chaos",
            "MUSTER_HTTPS": "false",
            "MUSTER_DEMO": "true",
            "MUSTER_DATA_DIR": str(self.folder),
            MARK: mark,
            **self.extra,
        }

    # -- looking inside --------------------------------------------------------------------------------------------

    @property
    def broker_url(self) -> str:
        """The broker in Celery's spelling."""
        return f"redis+socket://{self.layout.valkey_socket}?virtual_host={BROKER_DATABASE}"

    def redis(self) -> redis.Redis:
        """A client of the broker's own database."""
        return redis.Redis(unix_socket_path=str(self.layout.valkey_socket), db=BROKER_DATABASE, socket_timeout=5)

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the test's own, beside the product's code."""
        return psycopg.connect(
            host=str(self.layout.run_dir),
            port=5432,
            user=APP_ROLE,
            dbname=DATABASE,
            autocommit=autocommit,
            connect_timeout=5,
        )

    def sql(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query, in a transaction of its own."""
        with self.connect() as connection:
            cursor = connection.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *parameters: Any) -> Any:
        """The single value of a query."""
        return self.sql(query, *parameters)[0][0]

    def token(self, user: str) -> str:
        """The API token of a user."""
        query = "SELECT key FROM authtoken_token JOIN auth_user ON auth_user.id = user_id WHERE username = %s"
        return str(self.one(query, user))

    def cbc(self) -> list[int]:
        """The integer solvers at work for this installation."""
        return [seen.pid for seen in marked(self.mark) if seen.is_cbc]
