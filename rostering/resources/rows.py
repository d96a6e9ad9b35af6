"""A row of an import file on its way, the column it is in, and what is told about it afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import NOT_PROVIDED
from import_export.fields import Field
from import_export.results import Error, Result, RowResult

from rostering.resources.cells import Cell, Many

PREVIEW_ROWS = 200
MAX_REPORTED = 200


class Column(Field):
    """A column of a file: its kind of cell, the attribute it fills, and what to tell people about it.

    An empty cell means `empty`, by default the model field's own default. A required column must be there and filled;
    one that is not required may be left out, and then keeps what is stored.
    """

    widget: Cell

    def __init__(
        self,
        cell: Cell,
        text: str,
        *,
        required: bool = False,
        attribute: str | None = None,
        empty: Any = NOT_PROVIDED,
        names: Sequence[str] = (),
    ) -> None:
        super().__init__(attribute=attribute, widget=cell)
        self.text, self.required, self.empty, self.names = text, required, empty, tuple(names)

    @property
    def many(self) -> bool:
        """Whether it holds several rows of another table."""
        return isinstance(self.widget, Many)


@dataclass
class Row:
    """A row of the file on its way: what was read, what is wrong with it, and the instance it becomes.

    `defaults` are attributes that only a new instance takes, for columns the file does not have.
    """

    line: int
    cells: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    key: tuple[Any, ...] = ()
    instance: Any = None
    new: bool = False
    changed: bool = False
    many: dict[str, set[int]] = field(default_factory=dict)
    diff: list[str] | None = None

    def wrong(self, column: str, sentence: str) -> None:
        """Note what is wrong in a column, or with the row as a whole (`NON_FIELD_ERRORS`)."""
        self.errors.setdefault(column, []).append(sentence)


class RefusalError(Error):
    """Why the whole file was refused; no traceback, as nothing went wrong in the program."""

    traceback = ""


class ImportResult(Result):
    """A result whose lists stay short enough to look at; its totals count everything."""

    def valid_rows(self) -> list[RowResult]:
        """The first rows, for the preview."""
        return [row for row in self.rows[:PREVIEW_ROWS] if row.is_valid()]

    def append_invalid_row(self, number: int, row: dict[str, Any], validation_error: ValidationError) -> None:
        """Keep the row unless there are plenty already."""
        if len(self.invalid_rows) < MAX_REPORTED:
            super().append_invalid_row(number, row, validation_error)

    def sentences(self) -> Iterator[str]:
        """What is wrong, to be written after the name of the file: “ line 7, expires: …” or “: …”."""
        for error in self.base_errors:
            yield f": {error.error}"
        for row in self.invalid_rows:
            for column, found in row.error_dict.items():
                where = "" if column == NON_FIELD_ERRORS else f", {column}"
                yield from (f" line {row.number}{where}: {sentence}" for sentence in found)
        more = self.totals[RowResult.IMPORT_TYPE_INVALID] - len(self.invalid_rows)
        if more > 0:
            yield f": {more:,} more lines are wrong too; correct these first."


def import_type(row: Row) -> str:
    if row.errors:
        return str(RowResult.IMPORT_TYPE_INVALID)
    if row.new:
        return str(RowResult.IMPORT_TYPE_NEW)
    return str(RowResult.IMPORT_TYPE_UPDATE if row.changed else RowResult.IMPORT_TYPE_SKIP)
