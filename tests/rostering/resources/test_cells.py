"""Cells: what they read, what they refuse and how they say so."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostering.models import Priority
from rostering.resources import cells


@pytest.mark.parametrize(
    ("cell", "value", "read"),
    [
        (cells.Cell(), "  Ash House ", "Ash House"),
        (cells.Cell(), 1001.0, "1001"),
        (cells.Cell(), "'+49 30 5550", "+49 30 5550"),
        (cells.Cell(), "'s-Hertogenbosch", "'s-Hertogenbosch"),
        (cells.Cell(), "", None),
        (cells.Whole(), "12", 12),
        (cells.Whole(), 12.0, 12),
        (cells.Number(), "12.5", 12.5),
        (cells.Money(), "17.5", Decimal("17.50")),
        (cells.Money(), 17.1, Decimal("17.10")),
        (cells.Hours(maximum_hours=168), "38.5", 2310),
        (cells.Day(), "2027-01-31", date(2027, 1, 31)),
        (cells.Day(), "31.1.2027", date(2027, 1, 31)),
        (cells.Day(), datetime(2027, 1, 31), date(2027, 1, 31)),  # noqa: DTZ001
        (cells.Clock(), "6:05", time(6, 5)),
        (cells.Clock(), time(22), time(22)),
        (cells.Moment(), "2027-01-31", date(2027, 1, 31)),
        (cells.Moment(), "22:00", time(22)),
        (cells.Moment(), "2027-01-31T22:00", datetime(2027, 1, 31, 22)),  # noqa: DTZ001
        (cells.Flag(), "Yes", True),
        (cells.Flag(), "0", False),
        (cells.Flag(), True, True),
        (cells.Choice(Priority), "High", "high"),
        (cells.Weekdays(), "mon-fri", [0, 1, 2, 3, 4]),
        (cells.Weekdays(), "Sat, Sunday", [5, 6]),
        (cells.Weekdays(), "fri-mon", [0, 4, 5, 6]),
        (cells.Weekdays(), "daily", list(range(7))),
        (cells.Words(), "night; long;night", ["night", "long"]),
    ],
)
def test_what_is_read(cell: cells.Cell, value: Any, read: Any) -> None:
    assert cell.clean(value) == read


@pytest.mark.parametrize(
    ("cell", "value", "sentence"),
    [
        (cells.Whole(), "1.5", "“1.5” is no whole number"),
        (cells.Whole(minimum=1, maximum=500), "0", "write a number from 1 to 500"),
        (cells.Whole(), "9" * 30, "no whole number"),
        (cells.Number(), "nan", "out of bounds"),
        (cells.Number(), "-1", "out of bounds"),
        (cells.Number(), "much", "“much” is no number"),
        (cells.Money(), "17,50", "write it as 17.50"),
        (cells.Money(), "17.505", "more than two decimals"),
        (cells.Money(), "-1", "out of bounds"),
        (cells.Money(), "Infinity", "out of bounds"),
        (cells.Hours(maximum_hours=168), "200", "out of bounds"),
        (cells.Day(), "01/02/2027", "“01/02/2027” is no date; write it as 2027-01-31"),
        (cells.Day(), "2027-02-30", "not a day of the calendar"),
        (cells.Day(), "31.2.2027", "not a day of the calendar"),
        (cells.Day(), "20270131", "is no date"),
        (cells.Clock(), "24:00", "no time of day; write it as 22:00"),
        (cells.Moment(), "2027-01-31 25:00", "no date and time"),
        (cells.Flag(), "maybe", "neither yes nor no"),
        (cells.Choice(Priority), "urgent", "none of low, normal, high, critical"),
        (cells.Weekdays(), "monx", "“monx” is no weekday"),
        (cells.Weekdays(), "1,2", "“1” is no weekday"),
    ],
)
def test_what_is_refused(cell: cells.Cell, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        cell.clean(value)


@given(st.integers(0, 10080))
def test_hours_bring_every_minute_back(minutes: int) -> None:
    cell = cells.Hours(maximum_hours=168)
    assert cell.clean(cell.render(minutes)) == minutes


@given(st.sets(st.integers(0, 6), min_size=1).map(sorted))
def test_weekdays_come_back(days: list[int]) -> None:
    cell = cells.Weekdays()
    assert cell.clean(cell.render(days)) == days


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1))
def test_text_is_never_a_formula_and_comes_back(text: str) -> None:
    written = cells.Cell().render(text)
    assert not written.startswith(cells.FORMULA_STARTS)
    if not (text.startswith("'") and text[1:2] in cells.FORMULA_STARTS):
        assert cells.Cell().clean(written) == text
