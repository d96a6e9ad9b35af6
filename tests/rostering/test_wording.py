"""Dates and moments as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from rostering.wording import dates_words, moment


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2027-02-01", "2027-02-28", "1–28 Feb 2027"),
        ("2027-02-05", "2027-03-04", "5 Feb – 4 Mar 2027"),
        ("2026-12-28", "2027-01-24", "28 Dec 2026 – 24 Jan 2027"),
        ("2026-02-03", "2027-02-03", "3 Feb 2026 – 3 Feb 2027"),
        ("2027-02-01", "2027-02-01", "1 Feb 2027"),
    ],
)
def test_dates_say_no_more_than_needed(first: str, last: str, words: str) -> None:
    assert dates_words(date.fromisoformat(first), date.fromisoformat(last)) == words


def test_a_moment_names_its_zone() -> None:
    when = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert moment(when, ZoneInfo("Europe/Berlin")) == "Sun 28 Mar 2027 03:30 CEST"
    assert moment(when, ZoneInfo("UTC")) == "Sun 28 Mar 2027 01:30 UTC"
