"""The measurements: single answers in every state of the cache, a mixed load, and many callers at once."""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.dashboard.client import Answer, Call, Caller, Load, repeat, run_load
from benchmarks.dashboard.data import Connection
from benchmarks.dashboard.servers import STATISTICS, Cache, Web

ENDPOINTS = {
    "metrics": ("/api/v1/dashboard/metrics", "/benchmark/uncached/metrics"),
    "upcoming-shifts": ("/api/v1/dashboard/upcoming-shifts", "/benchmark/uncached/upcoming-shifts"),
}
OTHERS = (
    "expiring-certifications",
    "cost-trends",
    "employee-utilization",
    "site-coverage",
    "weekly-summary",
)
EMPTY = {
    "empty view": "/benchmark/empty",
    "empty view, signed in": "/benchmark/signed-in",
    "empty view, signed in, with role": "/benchmark/tenant",
}
LOADS = {
    "without cache": [uncached for _, uncached in ENDPOINTS.values()],
    "with cache": [cached for cached, _ in ENDPOINTS.values()],
    "only who asks": [EMPTY["empty view, signed in, with role"]],
}
READS_A_WRITE = 100
WRITE = """
UPDATE rostering_shift SET headcount = CASE headcount WHEN 1 THEN 2 ELSE 1 END
WHERE id = (SELECT max(id) FROM rostering_shift WHERE organization_id = %s)
"""


@dataclass
class Sample:
    """Milliseconds of one case, in order."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        return sorted(self.values)[min(len(self.values) - 1, int(0.95 * len(self.values)))]


@dataclass(frozen=True)
class Statements:
    """What the database did for the web server."""

    calls: int
    milliseconds: float
    answers: int


class Bench:
    """The largest organization's member, who looks at the dashboard."""

    def __init__(self, web: Web, cache: Cache, database: Connection, tokens: Sequence[str]) -> None:
        self.web = web
        self.cache = cache
        self.database = database
        self.tokens = tokens
        self.caller = Caller(web.port, tokens[0])
        self.samples: dict[str, Sample] = {}
        self.wrong: list[str] = []

    def singles(self, rounds: int) -> None:
        """Every case once a round, in a new order each: a busy machine is unfair to none of them, nor is a neighbor."""
        etags = {path: self.caller.get(path).etag for path, _ in ENDPOINTS.values()}
        calls = [partial(self._take, name, path) for name, path in EMPTY.items()]
        for name, (path, _) in ENDPOINTS.items():
            calls.append(partial(self._take, f"{name}: warm", path))
            if etags[path]:
                calls.append(partial(self._take, f"{name}: 304", path, {"If-None-Match": etags[path]}, status=304))
        chance = random.Random(5)
        for _ in range(rounds):
            for call in chance.sample(calls, len(calls)):
                call()
        for _ in range(max(5, rounds // 8)):
            for name, (path, uncached) in ENDPOINTS.items():
                self._take(f"{name}: uncached", uncached)
                self.write()
                self._take(f"{name}: cold", path)
        for _ in range(max(3, rounds // 20)):
            for name in OTHERS:
                self.write()
                self._take(f"{name}: cold", f"/api/v1/dashboard/{name}")
        self.check("with Redis")

    def outage(self, label: str, begin: Callable[[], None], end: Callable[[], None], rounds: int) -> None:
        """The same calls while Redis is away: the first one, those that follow, and some after a write."""
        for path, _ in ENDPOINTS.values():
            self.caller.get(path)
        begin()
        try:
            for index in range(rounds):
                for name, (path, _) in ENDPOINTS.items():
                    self._take(f"{name}: {label}, {'first' if index == 0 else 'then'}", path)
            for _ in range(max(3, rounds // 10)):
                for name, (path, _) in ENDPOINTS.items():
                    self.write()
                    self._take(f"{name}: {label}, cold", path)
            self.check(label)
        finally:
            end()

    def write(self, organization: int = 1) -> None:
        """A committed change of one of the organization's shifts."""
        self.database.execute(WRITE, [organization])

    def check(self, when: str) -> None:
        """Answers equal those computed anew, right after a write and again."""
        for name, (path, uncached) in ENDPOINTS.items():
            self.write()
            for turn in ("first", "second"):
                found, wanted = (json.loads(self.caller.get(one).body) for one in (path, uncached))
                if found != wanted:
                    self.wrong.append(f"{name} {when}, {turn} answer after a write")

    def mixed(self, reads: int, paths: Sequence[str]) -> Statements | None:
        """Reads of these pages by twenty organizations with a write after every hundred; None if not counted.

        Each organization has looked once before: what is counted is how it goes on.
        """
        chance = random.Random(5)
        calls = [Call(chance.choice(paths), chance.choice(self.tokens)) for _ in range(reads)]
        writers = [chance.randrange(len(self.tokens)) + 1 for _ in range(reads)]

        def every(number: int) -> None:
            if number % READS_A_WRITE == READS_A_WRITE - 1:
                self.write(writers[number])

        if not self._counts():
            return None
        first_looks = iter([Call(path, token) for path in paths for token in self.tokens])
        run_load(self.web.port, first_looks, clients=8, seconds=600)
        self.database.execute("SELECT pg_stat_statements_reset()")
        load = run_load(self.web.port, iter(calls), clients=8, seconds=600, every=every)
        row = self.database.execute(
            f"SELECT sum(calls)::bigint, sum(total_exec_time) FROM {STATISTICS}"  # noqa: S608
            " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query !~ '^UPDATE'"
        ).fetchone()
        if load.failures:
            self.wrong.append(f"{load.failures} answers of the mixed load were no 200")
        return Statements(row[0] or 0, row[1] or 0.0, load.answers) if row else None

    def crowd(self, path: str, *, clients: int, seconds: float) -> Load:
        """Many callers at once."""
        return run_load(self.web.port, _endless(Call(path, self.tokens[0])), clients=clients, seconds=seconds)

    def _take(self, name: str, path: str, headers: dict[str, str] | None = None, status: int = 200) -> Answer:
        answer = self.caller.get(path, headers)
        if answer.status != status:
            self.wrong.append(f"{name} answered {answer.status} instead of {status}")
        self.samples.setdefault(name, Sample()).values.append(answer.milliseconds)
        return answer

    def _counts(self) -> bool:
        return self.database.execute("SELECT to_regclass('pg_stat_statements')").fetchone() != (None,)


def _endless(call: Call) -> Iterator[Call]:
    return repeat(call, 10_000_000)
