"""`pytest -p tests.chaos.table`: prints the table of all cases, and puts it into docs/jobs.md when all have passed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.case import PROPERTY

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "jobs.md"
BEGIN, END = "<!-- make chaos: begin -->", "<!-- make chaos: end -->"
COLUMNS = {
    "case": "case",
    "breaks": "what breaks",
    "proves": "what it proves",
    "recovery": "measured",
    "outcome": "how the jobs ended",
}
WIDTH = 100

Row = dict[str, str]


def pytest_configure(config: pytest.Config) -> None:
    """Listen to the cases as they end."""
    config.pluginmanager.register(Table(), "chaos-table")


class Table:
    """Gathers the rows that the `case` fixture leaves with each test."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.faults: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one case has ended."""
        if not report.passed:
            self.faults.add(report.nodeid)
        row = dict(report.user_properties).get(PROPERTY)
        if report.when == "teardown" and isinstance(row, dict):
            path, line, _ = report.location
            self.rows[report.nodeid] = {**row, "where": f"{path}:{line or 0:05}"}

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
        """Show what was broken and what came of it; keep it when it is all there and all well."""
        for case, row in sorted(self.rows.items(), key=lambda item: item[1]["where"]):
            terminalreporter.section(f"{row['case']}: {'FAILED' if case in self.faults else 'passed'}", sep="-")
            for name in ("breaks", "proves", "recovery", "outcome"):
                text = f"{COLUMNS[name]}: {row[name]}"
                terminalreporter.write_line(textwrap.fill(text, WIDTH, subsequent_indent="    "))
        terminalreporter.write_line("")
        options = config.option
        if exitstatus or self.faults or not self.rows:
            terminalreporter.write_line(f"Not every case passed, so docs/{DOCUMENT.name} keeps its table.")
        elif options.keyword or options.file_or_dir != ["tests/chaos"]:
            terminalreporter.write_line(f"Not every case ran, so docs/{DOCUMENT.name} keeps its table.")
        else:
            write(DOCUMENT, markdown(self.rows.values()))
            terminalreporter.write_line(f"docs/{DOCUMENT.name} has this table now.")


def markdown(rows: Iterable[Row]) -> str:
    """The table as docs/jobs.md shows it, in the order of the test files."""
    lines = ["| " + " | ".join(COLUMNS.values()) + " |", "|" + "---|" * len(COLUMNS)]
    for row in sorted(rows, key=lambda row: row["where"]):
        lines.append("| " + " | ".join(row[name].replace("|", "\\|") for name in COLUMNS) + " |")
    return "\n".join(lines)


def write(document: Path, table: str) -> None:
    """Put the table between the markers. Raises ValueError when the document has none."""
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} has no place for the table: {BEGIN} and {END} mark it")
    document.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")
