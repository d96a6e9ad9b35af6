"""How dates and times are written for people, in pages and in messages alike."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


def day(when: date) -> str:
    """A date as “Mon 02 Feb 2026”."""
    return f"{when:%a %d %b %Y}"


def span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """A span in a zone's local time, with the zone named: “Mon 02 Feb 2026 22:00–06:00 CET”."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if end - start > timedelta(days=1):
        return f"{start:%a %d %b %Y %H:%M} – {end:%a %d %b %H:%M} {start:%Z}"
    return f"{start:%a %d %b %Y %H:%M}–{end:%H:%M} {start:%Z}"


def moment(when: datetime, zone: tzinfo) -> str:
    """A moment in a zone's local time, with the zone named: “Mon 02 Feb 2026 22:00 CET”."""
    return f"{when.astimezone(zone):%a %d %b %Y %H:%M %Z}"


def dates_words(first: date, last: date) -> str:
    """Dates from the first to the last, no more said than needed: “1–28 Feb 2027”, “5 Feb – 4 Mar 2027”."""
    end = f"{last.day} {last:%b %Y}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    start = f"{first.day} {first:%b}"
    return f"{start} – {end}" if first.year == last.year else f"{start} {first.year} – {end}"


def counted(number: int, noun: str) -> str:
    """“1 shift”, “3 shifts”."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
