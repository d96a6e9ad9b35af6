"""Separate processes that use the embedded servers, as `manage.py` commands do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import psycopg
import redis

from config.embedded import Layout

CHECKOUT = Path(__file__).resolve().parent.parent.parent
HOLD_SERVERS = """
import sys
from pathlib import Path
from config.embedded import EmbeddedError, use
try:
    use(Path(sys.argv[1]))
except EmbeddedError as problem:
    sys.exit(str(problem))
print("ready", flush=True)
sys.stdin.read()
"""


class Command:
    """A process that holds the servers of `data_dir` until it is finished or killed."""

    def __init__(self, data_dir: Path) -> None:
        self.layout = Layout.of(data_dir)
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD_SERVERS, str(data_dir)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(self, *exception: object) -> None:
        self.finish()

    def ready(self) -> Self:
        """Wait until the servers answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == "ready\n", self.process.communicate()[1]
        return self

    def finish(self) -> str:
        """Let the command end by itself; its complaint, if it had one."""
        return self.process.communicate(timeout=60)[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def sql(self, statement: str, *, user: str = "muster", database: str = "muster") -> list[Any]:
        """Run one statement; its rows where it has any."""
        host = str(self.layout.run_dir)
        with psycopg.connect(host=host, user=user, dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def valkey(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.layout.valkey_socket), decode_responses=True)

    def state(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.layout.state.read_text())
        return said

    def pids(self) -> list[int]:
        """The keeper and its servers."""
        state = self.state()
        return [state["keeper"], *state["servers"]]
