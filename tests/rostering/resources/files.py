"""Import files for tests, written as people write them."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from django.db.models import Model
from import_export.results import RowResult

from rostering.models import Organization
from rostering.resources import OrganizationResource
from rostering.resources.formats import read_csv
from rostering.resources.rows import ImportResult

STAFF = "number,first_name,last_name,contract,hourly_rate,employed_from"
ALICE = "1,Alice,Novak,Full time,17.50,2024-03-01"


def run(
    resource: type[OrganizationResource], organization: Organization | None, *lines: str, dry_run: bool = False
) -> ImportResult:
    """Import a CSV file of these lines."""
    return resource(organization=organization).import_data(read_csv("\n".join(lines)), dry_run=dry_run)


def counts(result: ImportResult) -> tuple[int, int, int]:
    """Rows made, changed and left alone; fails when anything was wrong."""
    assert sentences(result) == []
    totals = result.totals
    kinds = (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE, RowResult.IMPORT_TYPE_SKIP)
    new, changed, same = (totals[kind] for kind in kinds)
    return new, changed, same


def sentences(result: ImportResult) -> list[str]:
    """Everything that was wrong, as “line column: sentence”."""
    rows = [
        f"{row.number} {column}: {sentence}"
        for row in result.invalid_rows
        for column, found in row.error_dict.items()
        for sentence in found
    ]
    return [*(str(error.error) for error in result.base_errors), *rows]


def workbook(*rows: list[Any]) -> bytes:
    """An XLSX file of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def only(model: type[Model], **fields: Any) -> Any:
    """The one row there is."""
    return model._default_manager.get(**fields)
