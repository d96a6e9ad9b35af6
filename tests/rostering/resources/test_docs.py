"""docs/imports.md says of every column what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from rostering.resources import RESOURCES, OrganizationResource, ShiftResource

PAGE = Path(__file__).parents[3] / "docs" / "imports.md"


def column_table(resource: type[OrganizationResource]) -> str:
    """The table of a file's columns as the page has it."""
    keys = {*resource.key, *(["date", "start"] if resource is ShiftResource else [])}
    lines = ["| column | required | what |", "|---|---|---|"]
    for column in resource.columns():
        name = f"**{column.column_name}**" if column.column_name in keys else column.column_name
        lines.append(f"| {name} | {'yes' if column.required else ''} | {column.text} |")
    return "\n".join(lines)


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_page_lists_every_column(resource: type[OrganizationResource]) -> None:
    assert f"### {resource.file_name}\n" in PAGE.read_text(encoding="utf-8")
    assert column_table(resource) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_example_names_columns_that_exist(resource: type[OrganizationResource]) -> None:
    names = {column.column_name for column in resource.columns()}
    assert all(set(example) <= names for example in resource.examples)
    assert all(column.text.endswith(".") for column in resource.columns())
