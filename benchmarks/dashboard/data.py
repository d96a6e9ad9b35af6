"""Fills the benchmark's database once, in one transaction, and knows it again on the next run."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.dashboard import statements
from benchmarks.dashboard.sizes import Size

Connection = psycopg.Connection[tuple[Any, ...]]
FRESH_DAYS = 10
VERSION = 1


class NotOurs(Exception):  # noqa: N818 - says what it means
    """The database holds organizations that this benchmark did not make."""


def fill(connection: Connection, plan: Sequence[Size]) -> str:
    """Build the rows of `plan` unless they are there from a run of the last days; a sentence that says which.

    All or nothing. As superuser, keys and triggers are taken for granted while loading, which is ten times quicker.

    Raises:
        NotOurs: somebody else's data is in the database.
    """
    wanted = json.dumps({"version": VERSION, "plan": [size.row for size in plan]})
    with connection.transaction():
        found = _found(connection, wanted)
        if found is not None:
            return found
    started = time.perf_counter()
    with connection.transaction():
        _build(connection, plan)
        connection.execute("CREATE TABLE benchmark_data (plan text, built_at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO benchmark_data (plan) VALUES (%s)", [wanted])
    connection.execute("VACUUM (ANALYZE)")
    return f"built in {time.perf_counter() - started:.0f} s"


def _found(connection: Connection, wanted: str) -> str | None:
    """What to say when the data is there; None after making room for it."""
    marked = connection.execute("SELECT to_regclass('benchmark_data') IS NOT NULL").fetchone() == (True,)
    if marked:
        row = connection.execute(
            "SELECT plan = %s AND built_at > now() - make_interval(days => %s), built_at::date FROM benchmark_data",
            [wanted, FRESH_DAYS],
        ).fetchone()
        if row is not None and row[0]:
            return f"kept from {row[1]}"
        connection.execute("DROP TABLE IF EXISTS benchmark_data, benchmark_size")
        connection.execute("TRUNCATE rostering_organization CASCADE")
    elif connection.execute("SELECT EXISTS (SELECT FROM rostering_organization)").fetchone() == (True,):
        raise NotOurs("The database has organizations that this benchmark did not make; name an empty one.")
    return None


def _build(connection: Connection, plan: Sequence[Size]) -> None:
    connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
    connection.execute("SET LOCAL work_mem = '256MB'")
    connection.execute(statements.SIZES)
    with connection.cursor().copy(f"COPY benchmark_size ({statements.SIZE_COLUMNS}) FROM STDIN") as copy:
        for size in plan:
            copy.write_row(size.row)
    # Their trigger gives each organization the versions that answers are kept under.
    _timed(connection, "organizations", statements.ORGANIZATIONS)
    if connection.info.parameter_status("is_superuser") == "on":
        connection.execute("SET LOCAL session_replication_role = replica")
    for label, statement in statements.SMALL.items():
        _timed(connection, label, statement)
    for label, table, statement in (
        ("shifts", "rostering_shift", statements.SHIFTS),
        ("assignments", "rostering_assignment", statements.ASSIGNMENTS),
    ):
        put_back = _take_indexes(connection, table)
        _timed(connection, label, statement)
        _timed(connection, f"indexes of {label}", ";\n".join(put_back))
    for table in statements.TABLES:
        connection.execute(
            f"SELECT setval(pg_get_serial_sequence('rostering_{table}', 'id'), max(id)) FROM rostering_{table}"  # noqa: S608
        )


def _take_indexes(connection: Connection, table: str) -> list[str]:
    """Drop the table's indexes and the constraints they back, but those that a foreign key needs; how to restore."""
    constraints = connection.execute(
        """SELECT conname, pg_get_constraintdef(oid), conindid FROM pg_constraint c WHERE conrelid = %s::regclass
        AND contype IN ('u', 'x')
        AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)""",
        [table],
    ).fetchall()
    indexes = connection.execute(
        """SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = %s::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)""",
        [table],
    ).fetchall()
    for name, _, _ in constraints:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(_name(table), _name(name)))
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(_name(name)))
    return [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}' for name, text, _ in constraints] + [
        text for _, text in indexes
    ]


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _timed(connection: Connection, label: str, statement: str) -> None:
    started = time.perf_counter()
    connection.execute(statement)
    print(f"  {label}: {time.perf_counter() - started:.1f} s", flush=True)
