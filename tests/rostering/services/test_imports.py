"""Importing files and folders: all or nothing, in the order files refer to each other."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rostering.models import Availability, Certification, Organization, Shift, Site, Staff
from rostering.resources import RESOURCES, ImportRefused
from rostering.services.imports import FileReport, import_file, import_folder, write_templates
from tests import builders as b
from tests.rostering.resources.files import workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha() -> Organization:
    return b.make_organization("alpha", time_zone="Europe/Berlin")


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_templates_import_as_they_are_and_again_without_a_change(alpha: Organization, tmp_path: Path) -> None:
    paths = write_templates(folder=tmp_path / "new")
    assert [path.stem for path in paths] == [resource.file_name for resource in RESOURCES]
    first = import_folder(organization=alpha, folder=tmp_path / "new")
    assert first.ok
    assert all(report.created >= 2 for report in first.files)
    again = import_folder(organization=alpha, folder=tmp_path / "new")
    assert again.ok
    assert all((report.created, report.updated) == (0, 0) and report.unchanged >= 2 for report in again.files)


def test_templates_never_overwrite_a_file(tmp_path: Path) -> None:
    mine = write(tmp_path, "staff.csv", "mine")
    with pytest.raises(ImportRefused, match=r"has staff.csv already; name another folder"):
        write_templates(folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["staff.csv"]
    assert mine.read_text() == "mine"


def test_files_are_imported_before_those_that_refer_to_them(alpha: Organization, tmp_path: Path) -> None:
    write(tmp_path, "availability.csv", "staff,starts_at,ends_at", "1,2027-02-01,2027-02-02")
    write(
        tmp_path,
        "staff.csv",
        "number,first_name,last_name,contract,hourly_rate,employed_from",
        "1,Alice,Novak,Full,17.50,2024-01-01",
    )
    (tmp_path / "contracts.xlsx").write_bytes(workbook(["name"], ["Full"]))
    report = import_folder(organization=alpha, folder=tmp_path)
    assert [file.file for file in report.files] == ["contracts.xlsx", "staff.csv", "availability.csv"]
    assert Availability.objects.get().staff.contract.name == "Full"


def test_a_fault_in_the_last_file_undoes_the_first(alpha: Organization, tmp_path: Path) -> None:
    write(tmp_path, "certifications.csv", "code,name", "AID,First aid")
    write(tmp_path, "sites.csv", "code,name,required_certifications", "ASH,Ash,AID", "OAK,Oak,AIDS")
    write(tmp_path, "shifts.csv", "site,shift_type,date", "ASH,N,2027-02-01")
    report = import_folder(organization=alpha, folder=tmp_path)
    assert not report.ok
    assert report.files[0] == FileReport("certifications.csv", created=1)
    assert report.files[1].errors == [
        "sites.csv line 3, required_certifications: Alpha has no certification “AIDS”; did you mean “AID”?"
    ]
    assert report.untried == ["shifts.csv"]
    assert not Certification.objects.exists()
    assert not Site.objects.exists()


def test_a_dry_run_of_a_folder_changes_nothing_but_sees_its_own_rows(alpha: Organization, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    write_templates(folder=folder)
    report = import_folder(organization=alpha, folder=folder, dry_run=True)
    assert report.ok
    assert sum(file.created for file in report.files) > 15
    assert not Site.objects.exists()
    assert not Shift.objects.exists()


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "has no CSV or XLSX files; they are called certifications, sites"),
        (["people.csv"], "Nothing is called people.csv; files are certifications, sites"),
        (["staff.csv", "staff.xlsx"], "has staff as CSV and as XLSX; keep one of them"),
    ],
)
def test_a_folder_of_unknown_files_is_refused(
    alpha: Organization, tmp_path: Path, names: list[str], sentence: str
) -> None:
    for name in [*names, "notes.txt", ".hidden.csv"]:
        write(tmp_path, name, "x")
    with pytest.raises(ImportRefused, match=sentence):
        import_folder(organization=alpha, folder=tmp_path)


def test_a_folder_that_is_not_there_is_refused(alpha: Organization, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="There is no folder"):
        import_folder(organization=alpha, folder=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("people.csv", "people.csv: Nothing is called “people”; files are certifications,"),
        ("staff.ods", "staff.ods: “.ods” files cannot be imported; save it as CSV UTF-8 or XLSX."),
        ("missing/staff.csv", "staff.csv: The file cannot be read: No such file or directory."),
        ("staff.xlsx", "staff.xlsx: The file is no XLSX workbook;"),
        ("staff.csv", "staff.csv: The import does not know “x” and misses “number”,"),
    ],
)
def test_a_single_file_says_what_is_wrong_with_it(
    alpha: Organization, tmp_path: Path, name: str, sentence: str
) -> None:
    if "/" not in name:
        write(tmp_path, name, "x")
    report = import_file(organization=alpha, path=tmp_path / name)
    assert report.wrong == 1
    assert report.errors[0].startswith(sentence)


def test_a_million_rows_are_refused_and_change_nothing(alpha: Organization, tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_bytes(b"code,name\n" + b"".join(b"%d,Site\n" % number for number in range(1_000_000)))
    started = time.perf_counter()
    report = import_file(organization=alpha, path=path)
    assert time.perf_counter() - started < 10
    assert report.errors == ["sites.csv: The file has more than 100,000 rows; split it into several."]
    assert not Site.objects.exists()


def test_many_faults_are_counted_and_the_first_told(alpha: Organization, tmp_path: Path) -> None:
    path = write(tmp_path, "sites.csv", "code,name", *(f"{number}," for number in range(250)))
    report = import_file(organization=alpha, path=path)
    assert report.wrong == 250
    assert len(report.errors) == 201
    assert report.errors[-1] == "sites.csv: 50 more lines are wrong too; correct these first."


def test_two_thousand_people_take_seconds(alpha: Organization, tmp_path: Path) -> None:
    b.make_contract("Full", organization=alpha)
    for number in range(20):
        b.make_site(f"S{number}", organization=alpha)
    header = "number,first_name,last_name,contract,hourly_rate,employed_from,home_site,allowed_sites,email"
    rows = [f"{n},Ann,Lee,Full,17.50,2024-01-01,S{n % 20},S1;S{2 + n % 18},p{n}@example.com" for n in range(2000)]
    path = write(tmp_path, "staff.csv", header, *rows)
    started = time.perf_counter()
    assert import_file(organization=alpha, path=path).created == 2000
    assert time.perf_counter() - started < 15  # about two on an idle machine
    assert Staff.allowed_sites.through.objects.count() == 4000
