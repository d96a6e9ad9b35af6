"""`manage.py import_data`."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rostering.models import Organization, Shift, Site
from tests import builders as b

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha() -> Organization:
    return b.make_organization("alpha")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The templates, as the command writes them."""
    run(str(tmp_path / "files"), "--template")
    return tmp_path / "files"


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("import_data", *arguments, stdout=out, stderr=out)
    return out.getvalue().splitlines()


def test_a_folder_is_imported_with_a_table_of_what_came_of_it(alpha: Organization, folder: Path) -> None:
    lines = run(str(folder), "--organization", "alpha")
    assert lines[0].split() == ["file", "created", "updated", "skipped", "errors"]
    assert lines[1].split() == ["certifications.csv", "2", "0", "0", "0"]
    assert lines[-1] == "Imported."
    assert Shift.objects.count() == 2
    assert run(str(folder), "--organization", "alpha")[1].split() == ["certifications.csv", "0", "0", "2", "0"]


def test_a_dry_run_changes_nothing(alpha: Organization, folder: Path) -> None:
    lines = run(str(folder), "--organization", "alpha", "--dry-run")
    assert lines[-1] == "Dry run: nothing was changed."
    assert not Site.objects.exists()


def test_a_fault_is_told_with_its_line_and_changes_nothing(alpha: Organization, folder: Path) -> None:
    (folder / "sites.csv").write_text("code,name,active\nASH,Ash,perhaps\n", encoding="utf-8")
    out = StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_data", str(folder), "--organization", "alpha", stdout=out, stderr=out)
    lines = out.getvalue().splitlines()
    assert lines[2].split() == ["sites.csv", "0", "0", "0", "1"]
    assert lines[3].split() == ["contracts.csv", "not", "tried"]
    assert lines[-1] == "sites.csv line 2, active: “perhaps” is neither yes nor no; write yes or no."
    assert not Site.objects.exists()


def test_wrong_arguments_are_refused_with_a_sentence(alpha: Organization, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Name the organization to import into"):
        run(str(tmp_path))
    with pytest.raises(CommandError, match="No organization “beta”"):
        run(str(tmp_path), "--organization", "beta")
    with pytest.raises(CommandError, match="has no CSV or XLSX files"):
        run(str(tmp_path), "--organization", "alpha")
    (tmp_path / "staff.csv").write_text("x")
    with pytest.raises(CommandError, match="name another folder"):
        run(str(tmp_path), "--template")
