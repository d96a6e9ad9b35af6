"""How rules speak: hours, dates, names of shifts, lists; the same words in every sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from rostering.solver.problem import Calendar, Period, Shift

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PERIODS = {"day": "day", "week": "week", "month": "month", "roster": "roster period"}


def duration(minutes: float) -> str:
    """Minutes as people say them: `11 h`, `7 h 30 min`, `45 min`."""
    whole = round(minutes)
    hours, rest = divmod(abs(whole), 60)
    parts = [f"{hours} h"] if hours or not rest else []
    if rest:
        parts.append(f"{rest} min")
    return ("-" if whole < 0 else "") + " ".join(parts)


def on_date(day: date) -> str:
    """A date with its weekday: `Mon 2 Mar`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def span(calendar: Calendar, first: int, last: int) -> str:
    """One day or a range of days, by day numbers: `Mon 2 Mar – Sun 8 Mar`."""
    start = on_date(calendar.date(first))
    return start if first == last else f"{start} – {on_date(calendar.date(last))}"


def within(calendar: Calendar, first: int, last: int) -> str:
    """When, by day numbers: `on Mon 2 Mar`, `in Mon 2 Mar – Sun 8 Mar`."""
    return f"{'on' if first == last else 'in'} {span(calendar, first, last)}"


def name(shift: Shift, calendar: Calendar) -> str:
    """What people call the shift: its label, else its type and date."""
    return shift.label or f"{shift.type} on {on_date(calendar.date(shift.day))}"


def counted(number: float, noun: str) -> str:
    """A number with its noun, in the plural where it must be: `1 day`, `3 days`, `2 days of work`."""
    first, _, rest = noun.partition(" of ")
    plural = f"{first}s" + (f" of {rest}" if rest else "")
    return f"{number:g} {noun if number == 1 else plural}"


def listed(words: Iterable[str], conjunction: str = "or") -> str:
    """Words in a row: `a`, `a or b`, `a, b or c`."""
    ordered = list(words)
    if len(ordered) < 2:
        return "".join(ordered)
    return f"{', '.join(ordered[:-1])} {conjunction} {ordered[-1]}"


def with_article(words: str) -> str:
    """`a night shift`, `an early shift`, `an N shift`."""
    first = words.split(" ", 1)[0]
    spelled = first.isupper() and first[0] in "AEFHILMNORSX"
    return f"{'an' if spelled or first[:1].lower() in 'aeiou' else 'a'} {words}"


def per(period: Period, length: int | None) -> str:
    """`per week`, `in any 7 days`."""
    if period == "rolling":
        return f"in any {counted(length or 0, 'day')}"
    return f"per {_PERIODS[period]}"


def limits(minimum: str | None, maximum: str | None) -> str:
    """`At least a`, `At most b` or `Between a and b`."""
    if minimum is not None and maximum is not None:
        return f"Exactly {minimum}" if minimum == maximum else f"Between {minimum} and {maximum}"
    return f"At least {minimum}" if minimum is not None else f"At most {maximum}"


def money(cents: float) -> str:
    """An amount in whole units of the currency: `1,234.50`."""
    return f"{cents / 100:,.2f}"


def kinds_of_shift(tags: Collection[str], types: Collection[str]) -> str:
    """The shifts a rule speaks of, as an adjective: `night`, `N or L`; empty when it speaks of all."""
    return " ".join(listed(sorted(words)) for words in (tags, types) if words)
