"""`python -m benchmarks.dashboard`: the dashboard of 1,000 organizations with a million shifts, measured in one run.

Uses the PostgreSQL of DATABASE_URL (an empty database), or embeds one in `--data-dir`; a Valkey of its own, which it
refuses and hangs; and granian as `make demo` starts it. The data is built once, in two minutes, and kept.
"""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.dashboard import report
from benchmarks.dashboard.data import Connection, NotOurs, fill
from benchmarks.dashboard.measure import EMPTY, ENDPOINTS, LOADS, Bench
from benchmarks.dashboard.servers import STATISTICS, Cache, Database, Web
from benchmarks.dashboard.sizes import sizes

MEMBERS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Exit status 1: an answer was wrong."""
    asked = _parser().parse_args(arguments)
    data_dir = asked.data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    print(f"{machine.now()}, {machine.revision()}, {machine.machine()}\n")
    database, cache = Database(data_dir), Cache(data_dir)
    web = Web(port=_free_port(), log=data_dir / "log" / "benchmark-web.log")
    os.environ.update(_settings(database, cache))
    try:
        cache.start()
        with database.connect() as connection:
            tokens = _prepare(connection, asked)
            web.start()
            bench = Bench(web, cache, connection, tokens)
            return _measure(bench, asked)
    except NotOurs as problem:
        raise SystemExit(str(problem)) from None
    finally:
        web.stop()
        cache.remove()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__)
    parser.add_argument("--organizations", type=int, default=1000)
    parser.add_argument("--shifts", type=int, default=1_000_000)
    parser.add_argument("--largest-shifts", type=int, default=100_000)
    parser.add_argument("--largest-sites", type=int, default=200)
    parser.add_argument("--data-dir", type=Path, default=Path("var/benchmark-dashboard"))
    parser.add_argument("--rounds", type=int, default=200, help="Answers measured of each quick case.")
    parser.add_argument("--reads", type=int, default=2000, help="Answers of the mixed load.")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=5, help="How long the clients ask for each page.")
    return parser


def _settings(database: Database, cache: Cache) -> dict[str, str]:
    return {
        "DATABASE_URL": database.url,
        "REDIS_URL": cache.url,
        "CELERY_BROKER_URL": cache.url.replace("unix://", "redis+socket://").replace("?db=0", ""),
        "SECRET_KEY": "only for the benchmark",
        "MUSTER_HTTPS": "false",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def _prepare(connection: Connection, asked: argparse.Namespace) -> list[str]:
    """The database, migrated and filled, and a token of a member in each of the largest organizations."""
    import django  # noqa: PLC0415 - reads the settings, which the environment now names
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    plan = sizes(
        organizations=asked.organizations,
        shifts=asked.shifts,
        largest_shifts=asked.largest_shifts,
        largest_sites=asked.largest_sites,
    )
    print(f"Data of {len(plan):,} organizations with {sum(size.shifts for size in plan):,} shifts: ", flush=True)
    print(f"{fill(connection, plan)}.\n", flush=True)
    if connection.info.parameter_status("is_superuser") == "on":
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {STATISTICS}")
    from benchmarks.dashboard.members import tokens_of_members  # noqa: PLC0415

    return tokens_of_members(min(MEMBERS, len(plan)))


def _measure(bench: Bench, asked: argparse.Namespace) -> int:
    bench.singles(asked.rounds)
    rounds = max(2, asked.rounds // 4)
    bench.outage("Redis refused", bench.cache.stop, bench.cache.start, rounds)
    bench.outage("Redis hung", bench.cache.hang, bench.cache.resume, rounds)
    print(report.singles(bench.samples), "\n", sep="\n", flush=True)
    mixed = {name: bench.mixed(asked.reads, pages) for name, pages in LOADS.items()}
    counted = {name: found for name, found in mixed.items() if found is not None}
    print(report.statements(counted), "\n", sep="\n", flush=True)
    paths = {**EMPTY, **{name: cached for name, (cached, _) in ENDPOINTS.items()}}
    paths.update({f"{name}, uncached": uncached for name, (_, uncached) in ENDPOINTS.items()})
    loads = {name: bench.crowd(path, clients=asked.clients, seconds=asked.seconds) for name, path in paths.items()}
    print(report.crowds(loads, asked.clients), "\n", sep="\n", flush=True)
    print(report.targets(bench.samples, counted, bench.wrong))
    return 1 if bench.wrong else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    raise SystemExit(main())
