"""Reading files: what people's spreadsheets write, and what must be refused before it costs anything."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
import tablib

from rostering.resources import formats
from rostering.resources.formats import (
    MAX_BYTES,
    MAX_ROWS,
    ImportRefused,
    LimitedCSV,
    LimitedXLSX,
    read_csv,
    read_xlsx,
)
from tests.rostering.resources.files import workbook


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate(separator: str) -> None:
    table = read_csv(f"code{separator}name\nA{separator}Ash\n".encode())
    assert table.headers == ["code", "name"]
    assert list(table) == [("A", "Ash")]


def test_a_byte_order_mark_blank_lines_and_trailing_separators_do_no_harm() -> None:
    table = read_csv("\ufeffcode,name\r\n\r\nA,Ash,,\r\n,\r\nB\r\n".encode())
    assert list(table) == [("A", "Ash"), ("B", None)]
    assert table.lines == [3, 5]


def test_lines_are_counted_over_cells_of_several_lines() -> None:
    table = read_csv('code,name\nA,"two\nlines"\nB,b\n')
    assert table.lines == [2, 4]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"code,name\nA,Ash,more\n", "Line 2 has 3 cells, but there are 2 columns"),
        ("code,name\nA,Café\n".encode("latin-1"), "Line 2 is not UTF-8 text; save the file as “CSV UTF-8”"),
        (b"code,name\nA," + b"x" * 10_001, "Line 2 has a cell of more than 10,000 characters"),
        (b'code,name\nA,"' + b"x" * 200_000, "Line 2 cannot be read as CSV"),
    ],
)
def test_a_broken_csv_file_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        read_csv(data)


def test_a_million_rows_are_refused_quickly_and_without_being_kept() -> None:
    data = b"code,name\n" + b"A,B\n" * 1_000_000
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(ImportRefused, match=f"more than {MAX_ROWS:,} rows"):
        read_csv(data)
    seconds = time.perf_counter() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 20  # tracing makes it several times slower
    assert peak < 150 * 1024 * 1024


def test_a_file_of_too_many_bytes_is_refused_unread() -> None:
    with pytest.raises(ImportRefused, match="20 MB are the most"):
        read_csv(b"x" * (MAX_BYTES + 1))
    with pytest.raises(ImportRefused, match="20 MB are the most"):
        read_xlsx(b"x" * (MAX_BYTES + 1))


def test_a_workbook_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_ROWS", 1000)  # writing 100,001 rows takes the library ten seconds
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(1002):
        sheet.append(["A"])
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(ImportRefused, match="more than 1,000 rows"):
        read_xlsx(out.getvalue())


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb", "w") as member:
        for _ in range(650):
            member.write(bytes(1024 * 1024))
    assert len(out.getvalue()) < MAX_BYTES
    with pytest.raises(ImportRefused, match="unpacks to 650 MB"):
        read_xlsx(out.getvalue())


def test_what_is_no_workbook_is_refused() -> None:
    with pytest.raises(ImportRefused, match="no XLSX workbook"):
        read_xlsx(b"code,name\nA,Ash\n")


def test_a_workbooks_dates_are_dates_unless_they_show_a_time() -> None:
    table = read_xlsx(workbook(["day", "moment"], [date(2027, 1, 31), datetime(2027, 1, 31, 22)]))  # noqa: DTZ001
    assert list(table) == [(date(2027, 1, 31), datetime(2027, 1, 31, 22))]  # noqa: DTZ001
    assert type(table[0][0]) is date
    assert table.lines == [2]


def test_exports_hold_no_formulas() -> None:
    dataset = tablib.Dataset(["=cmd|' /C calc'!A0", "+49 30", "-1.5", "@x", "plain", -2], headers=list("abcdef"))
    written = LimitedCSV().export_data(dataset)
    assert written.startswith("\ufeff")
    assert written.splitlines()[1] == "'=cmd|' /C calc'!A0,'+49 30,-1.5,'@x,plain,-2"
    sheet = openpyxl.load_workbook(io.BytesIO(LimitedXLSX().export_data(dataset))).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
