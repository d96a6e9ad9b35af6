"""Importing and exporting on the pages: preview, confirm, and a sentence for whatever is wrong."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from rostering.models import Role, Site, Staff
from tests import builders as b
from tests.rostering.resources.files import workbook

pytestmark = pytest.mark.django_db
CSV, XLSX = "0", "1"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(b.make_member(b.make_organization("alpha"), Role.MANAGER))
    return client


def upload(client: Client, model: str, data: bytes, kind: str = CSV, name: str = "file.csv") -> Any:
    """Choose a file on the import page."""
    page = reverse(f"admin:rostering_{model}_import")
    file = SimpleUploadedFile(name, data)
    return client.post(page, {"import_file": file, "format": kind, "resource": ""}, follow=True)


def confirm(client: Client, model: str, preview: Any) -> Any:
    """Press the button below the preview."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', preview.content.decode()))
    fields.pop("csrfmiddlewaretoken", None)
    return client.post(reverse(f"admin:rostering_{model}_process_import"), fields, follow=True)


def text(response: Any) -> str:
    """What the page says."""
    assert response.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_a_preview_changes_nothing_and_confirming_does(manager: Client) -> None:
    preview = upload(manager, "site", b"code,name\nASH,Ash House\n")
    assert "Ash House" in text(preview)
    assert not Site.objects.exists()
    done = confirm(manager, "site", preview)
    assert "Import finished: 1 new" in text(done)
    assert Site.objects.get().organization.slug == "alpha"


def test_workbooks_are_imported_too(manager: Client) -> None:
    preview = upload(manager, "site", workbook(["code", "name"], ["ASH", "Ash House"]), XLSX, "file.xlsx")
    confirm(manager, "site", preview)
    assert Site.objects.get().name == "Ash House"


def test_wrong_rows_are_told_with_their_sentences(manager: Client) -> None:
    page = text(upload(manager, "site", b"code,name,active\nASH,Ash,perhaps\n,Oak,yes\n"))
    assert "“perhaps” is neither yes nor no; write yes or no." in page
    assert "The cell is empty; fill it in." in page
    assert not Site.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"code,title\nASH,Ash\n", "does not know “title” and misses “name” among the columns."),
        (b"", "The submitted file is empty."),
        (b"code,name\nASH,Caf\xe9\n", "Line 2 is not UTF-8 text"),
        (b"code,name\n" + b"A,B\n" * 1_000_000, "more than 100,000 rows; split it into several."),
        (b"x" * (20 * 1024 * 1024 + 1), "20 MB are the most."),
    ],
    ids=["columns", "empty", "encoding", "rows", "bytes"],
)
def test_files_that_cannot_be_imported_are_refused_with_a_sentence(manager: Client, data: bytes, sentence: str) -> None:
    assert sentence in text(upload(manager, "site", data))
    assert not Site.objects.exists()


def test_what_became_wrong_since_the_preview_is_told_and_nothing_is_stored(manager: Client) -> None:
    contract = b.make_contract("Full")
    header = "number,first_name,last_name,contract,hourly_rate,employed_from"
    preview = upload(manager, "staff", f"{header}\n1,Alice,Novak,Full,17.50,2024-03-01\n".encode())
    contract.name = "Other"
    contract.save()
    page = text(confirm(manager, "staff", preview))
    assert "Import finished" not in page
    assert "Alpha has no contract “Full”" in page
    assert not Staff.objects.exists()


def test_an_export_is_safe_to_open(manager: Client) -> None:
    b.make_site("ASH", name="=1+1")
    page = reverse("admin:rostering_site_export")
    chosen = {f"{column}": "on" for column in ("code", "name")}
    written = manager.post(page, {"format": CSV, "resource": "", **chosen}).content.decode("utf-8-sig")
    assert "ASH,'=1+1" in written
    book = openpyxl.load_workbook(io.BytesIO(manager.post(page, {"format": XLSX, "resource": "", **chosen}).content))
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
