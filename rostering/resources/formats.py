"""Reading import files without letting a large or broken one eat the machine."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import openpyxl
import tablib
from import_export.formats import base_formats

from rostering.resources.cells import defused

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
MAX_CELL = 10_000
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
MAX_UNPACKED_BYTES = 30 * MAX_BYTES
"""A workbook is a zip archive; a small one can unpack to any size."""


class ImportRefused(Exception):  # noqa: N818 – an answer, not a fault
    """The file as a whole cannot be imported; says why and what to do in a sentence."""


class Table(tablib.Dataset):
    """A dataset that knows the line of the file each of its rows stands on."""

    lines: list[int]


def check_size(size: int) -> None:
    """Refuse a file of so many bytes; raises ImportRefused."""
    if size > MAX_BYTES:
        raise ImportRefused(
            f"The file has {size / 1024 / 1024:.0f} MB; {MAX_BYTES // 1024 // 1024} MB are the most. Split it up."
        )


def read_csv(data: bytes | str) -> Table:
    """A table from comma, semicolon or tab separated text in UTF-8, its first line the columns.

    Reading stops at the first row too many. Raises ImportRefused.
    """
    check_size(len(data))
    text = data if isinstance(data, str) else _decode(data)
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    def numbered() -> Iterator[tuple[int, list[Any]]]:
        before = 0
        for cells in reader:
            yield before + 1, list(cells)
            before = reader.line_num

    try:
        return _table(numbered())
    except csv.Error as error:
        raise ImportRefused(f"Line {reader.line_num} cannot be read as CSV ({error}); save the file again.") from error


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ImportRefused(
            f"Line {line} is not UTF-8 text; save the file as “CSV UTF-8”, or as an XLSX workbook."
        ) from error


def read_xlsx(data: bytes) -> Table:
    """A table from the first sheet of a workbook, its first row the columns; formulas count as what they showed.

    Reading stops at the first row too many. Raises ImportRefused.
    """
    check_size(len(data))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise ImportRefused(f"The workbook unpacks to {unpacked / 1024 / 1024:.0f} MB; split it into several.")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except ImportRefused:
        raise
    except Exception as error:  # whatever a broken archive makes the reader trip over
        raise ImportRefused("The file is no XLSX workbook; save it as one, or as “CSV UTF-8”.") from error
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some writers declare a million rows
        return _table((number, [_value(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), 1))
    finally:
        book.close()


def _value(cell: Any) -> Any:
    """A cell's value; a date when it is shown without a time of day."""
    if isinstance(cell.value, datetime) and "h" not in str(cell.number_format).lower():
        return cell.value.date()
    return cell.value


def _table(rows: Iterable[tuple[int, list[Any]]]) -> Table:
    table, content = Table(), iter(rows)
    lines: list[int] = []
    headers = next(((line, cells) for line, cells in content if _filled(cells)), None)
    if headers is None:
        raise ImportRefused("The file is empty; its first line names the columns.")
    table.headers = [str(cell or "").strip() for cell in _trimmed(headers[1])]
    width = len(table.headers)
    for line, cells in content:
        if not _filled(cells):
            continue
        if len(lines) >= MAX_ROWS:
            raise ImportRefused(f"The file has more than {MAX_ROWS:,} rows; split it into several.")
        if len(cells) > width:
            cells = _trimmed(cells)  # noqa: PLW2901 – trailing empty cells
        if len(cells) > width:
            raise ImportRefused(f"Line {line} has {len(cells)} cells, but there are {width} columns; correct it.")
        if any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in cells):
            raise ImportRefused(f"Line {line} has a cell of more than {MAX_CELL:,} characters; shorten it.")
        table.append([*cells, *[None] * (width - len(cells))])
        lines.append(line)
    table.lines = lines
    return table


def _filled(cells: list[Any]) -> bool:
    return any(cell not in (None, "") and str(cell).strip() for cell in cells)


def _trimmed(cells: list[Any]) -> list[Any]:
    last = max((position for position, cell in enumerate(cells, 1) if cell not in (None, "")), default=0)
    return cells[:last]


def harmless(dataset: tablib.Dataset) -> tablib.Dataset:
    """The dataset with no text that a spreadsheet would run as a formula; plain numbers stay as they are."""
    safe = tablib.Dataset(headers=dataset.headers, title=dataset.title)
    for row in dataset:
        safe.append([defused(cell) if isinstance(cell, str) and not NUMBER.fullmatch(cell) else cell for cell in row])
    return safe


class LimitedCSV(base_formats.CSV):
    """CSV as the admin's import and export pages offer it."""

    def is_binary(self) -> bool:
        """Read as bytes, so that a wrong encoding is told with its line."""
        return True

    def get_read_mode(self) -> str:
        """See `is_binary`."""
        return "rb"

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> Any:
        """See `harmless`; the byte order mark tells spreadsheets that it is UTF-8."""
        return "\ufeff" + super().export_data(harmless(dataset), **kwargs)

    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> Table:
        """See `read_csv`."""
        return read_csv(in_stream)


class LimitedXLSX(base_formats.XLSX):
    """XLSX as the admin's import and export pages offer it."""

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> Any:
        """See `harmless`."""
        return super().export_data(harmless(dataset), **kwargs)

    def create_dataset(self, in_stream: bytes) -> Table:
        """See `read_xlsx`."""
        return read_xlsx(in_stream)


FORMATS = [LimitedCSV, LimitedXLSX]
