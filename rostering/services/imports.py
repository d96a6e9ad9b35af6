"""Importing files: one at a time or a folder of them, and the templates to begin with."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from import_export.results import RowResult

from rostering.models import Organization
from rostering.resources import RESOURCES, ImportRefused
from rostering.resources.formats import Table, check_size, read_csv, read_xlsx
from rostering.resources.rows import ImportResult

READERS = {".csv": read_csv, ".xlsx": read_xlsx}


@dataclass(frozen=True)
class FileReport:
    """What a file came to. With errors nothing of it was imported; `errors` are sentences, some thousand at most."""

    file: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    wrong: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FolderReport:
    """What a folder came to: the files tried, in order, and those not tried because one before them was wrong."""

    files: list[FileReport]
    untried: list[str]

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not any(report.errors for report in self.files)


def import_file(*, organization: Organization, path: Path, dry_run: bool = False) -> FileReport:
    """Import one CSV or XLSX file, named after what it holds; all of its rows or, when anything is wrong, none.

    Rows that are stored already as the file has them are left alone. With `dry_run` nothing is changed, but everything
    is tried. What is wrong stands in the report.
    """
    resources = {resource.file_name: resource for resource in RESOURCES}
    if path.stem not in resources:
        return _refused(path, f"Nothing is called “{path.stem}”; files are {', '.join(resources)}.")
    try:
        table = read_table(path)
    except ImportRefused as refusal:
        return _refused(path, str(refusal))
    result = resources[path.stem](organization=organization).import_data(table, dry_run=dry_run)
    return _report(path, result)


def import_folder(*, organization: Organization, folder: Path, dry_run: bool = False) -> FolderReport:
    """Import every CSV and XLSX file of a folder, those that others refer to first; all files or none.

    The first file with anything wrong ends it, since those after it may refer to its rows. Raises ImportRefused when
    the folder does not exist, has no such file, one that nothing is called, or two of the same name.
    """
    paths = _ordered(folder)
    reports: list[FileReport] = []
    with transaction.atomic():
        for path in paths:
            reports.append(import_file(organization=organization, path=path))
            if reports[-1].errors:
                break
        report = FolderReport(reports, [path.name for path in paths[len(reports) :]])
        if dry_run or not report.ok:
            transaction.set_rollback(True)
    return report


def read_table(path: Path) -> Table:
    """The rows of a CSV or XLSX file; raises ImportRefused for one too large or broken, before it costs anything."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ImportRefused(f"“{path.suffix}” files cannot be imported; save it as CSV UTF-8 or XLSX.")
    try:
        check_size(path.stat().st_size)
        return reader(path.read_bytes())
    except OSError as error:
        raise ImportRefused(f"The file cannot be read: {error.strerror}.") from error


def write_templates(*, folder: Path) -> list[Path]:
    """Write an example of every file into a folder, made when missing; together they import as they are.

    Raises ImportRefused, having written nothing, when one of the files exists.
    """
    paths = {resource: folder / f"{resource.file_name}.csv" for resource in RESOURCES}
    there = [path.name for path in paths.values() if path.exists()]
    if there:
        raise ImportRefused(f"{folder} has {', '.join(there)} already; name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for resource, path in paths.items():
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [column.column_name for column in resource.columns()])
            writer.writeheader()
            writer.writerows(resource.examples)
    return list(paths.values())


def _ordered(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ImportRefused(f"There is no folder “{folder}”.")
    order = [resource.file_name for resource in RESOURCES]
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in READERS and path.name[0] not in ".~")
    if not paths:
        raise ImportRefused(f"“{folder}” has no CSV or XLSX files; they are called {', '.join(order)}.")
    unknown = [path.name for path in paths if path.stem not in order]
    if unknown:
        raise ImportRefused(f"Nothing is called {', '.join(unknown)}; files are {', '.join(order)}.")
    twice = sorted({path.stem for path in paths if sum(other.stem == path.stem for other in paths) > 1})
    if twice:
        raise ImportRefused(f"“{folder}” has {', '.join(twice)} as CSV and as XLSX; keep one of them.")
    return sorted(paths, key=lambda path: order.index(path.stem))


def _refused(path: Path, sentence: str) -> FileReport:
    return FileReport(path.name, wrong=1, errors=[f"{path.name}: {sentence}"])


def _report(path: Path, result: ImportResult) -> FileReport:
    errors = [f"{path.name}{sentence}" for sentence in result.sentences()]
    totals = result.totals
    return FileReport(
        file=path.name,
        created=0 if errors else totals[RowResult.IMPORT_TYPE_NEW],
        updated=0 if errors else totals[RowResult.IMPORT_TYPE_UPDATE],
        unchanged=0 if errors else totals[RowResult.IMPORT_TYPE_SKIP],
        wrong=totals[RowResult.IMPORT_TYPE_INVALID] or len(errors),
        errors=errors,
    )
