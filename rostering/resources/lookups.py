"""What the codes in an import file mean in one organization; another's codes do not exist."""

from __future__ import annotations

import difflib
from typing import Any

from rostering.models import Certification, Contract, Organization, OwnedModel, ShiftType, Site, Staff

TABLES: dict[str, tuple[type[OwnedModel], str, str]] = {
    "certification": (Certification, "code", "certification"),
    "contract": (Contract, "name", "contract"),
    "shift_type": (ShiftType, "code", "shift type"),
    "site": (Site, "code", "site"),
    "staff": (Staff, "number", "staff number"),
}
"""Model, the column that names its rows, and what people call it."""

MAX_SUGGESTIONS = 50


class Lookups:
    """Rows of an organization by their code, each table read once and only when asked for."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self._rows: dict[str, dict[str, Any]] = {}
        self._suggested = 0

    def find(self, table: str, code: str) -> Any:
        """The row of this code; raises ValueError with a sentence, and the likeliest code that exists."""
        rows = self._table(table)
        if code in rows:
            return rows[code]
        label = TABLES[table][2]
        raise ValueError(f"{self.organization} has no {label} “{code}”; {self._advice(code, rows, label)}")

    def code(self, table: str, row: Any) -> str:
        """The code of a row."""
        return str(getattr(row, TABLES[table][1]))

    def _table(self, table: str) -> dict[str, Any]:
        if table not in self._rows:
            model, column, _ = TABLES[table]
            rows = model.objects.owned_by(self.organization)
            self._rows[table] = {}
            for row in rows:
                row.organization = self.organization  # known already: a site without a zone of its own asks for it
                self._rows[table][getattr(row, column)] = row
        return self._rows[table]

    def _advice(self, code: str, rows: dict[str, Any], label: str) -> str:
        near: list[str] = []
        if self._suggested < MAX_SUGGESTIONS:  # comparing is slow, and nobody reads the thousandth
            self._suggested += 1
            near = difflib.get_close_matches(code, list(rows)[:5000], n=1)
        return f"did you mean “{near[0]}”?" if near else f"correct it, or import the {label} first."
