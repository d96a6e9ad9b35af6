"""What a cell of an import file can hold: each kind reads text (or a spreadsheet's value) and writes it back.

`clean` returns the Python value, None for an empty cell, or raises ValueError with a sentence that says what is wrong
and how to write it instead. `render` is its inverse.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Choices
from import_export.widgets import Widget

from rostering.days import check_day

if TYPE_CHECKING:
    from rostering.resources.lookups import Lookups

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YES = ("yes", "y", "true", "1", "x")
NO = ("no", "n", "false", "0")

AnyDay = TypeVar("AnyDay", bound=date)


def as_text(value: Any) -> str:
    """What a person sees in the cell, trimmed, without the apostrophe that keeps text from being a formula."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text[1:] if text.startswith("'") and text[1:2] in FORMULA_STARTS else text


def defused(text: str) -> str:
    """Text that no spreadsheet will run as a formula; `as_text` takes the apostrophe away again."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class Cell(Widget):
    """Any text."""

    lookups: Lookups
    """Set by the resource before reading: what codes of other tables mean in its organization."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """The cell's value; None when it is empty. Raises ValueError with a sentence."""
        text = as_text(value)
        return self.read(text, value) if text else None

    def read(self, text: str, value: Any) -> Any:
        """The value of a cell that is not empty."""
        return text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """The cell to write for a value."""
        return "" if value is None else defused(str(value))


class Whole(Cell):
    """A whole number, optionally in other units than it is stored: `factor` stored units to one in the file."""

    def __init__(self, *, minimum: int = 0, maximum: int = 2**31 - 1) -> None:
        super().__init__()
        self.minimum, self.maximum = minimum, maximum

    def read(self, text: str, value: Any) -> int:
        """Raises ValueError outside of the bounds."""
        if not re.fullmatch(r"[+-]?\d{1,18}", text):
            raise ValueError(f"“{text}” is no whole number; write it with digits alone.")
        if not self.minimum <= int(text) <= self.maximum:
            raise ValueError(f"{text} is out of bounds; write a number from {self.minimum} to {self.maximum}.")
        return int(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """A number, so that spreadsheets can calculate with it."""
        return "" if value is None else value


class Number(Cell):
    """A number of points, zero or more."""

    def read(self, text: str, value: Any) -> float:
        """Raises ValueError for what is no number, negative, or without end."""
        try:
            number = float(text)
        except ValueError:
            raise ValueError(f"“{text}” is no number; write it as 12.5.") from None
        if not math.isfinite(number) or number < 0:
            raise ValueError(f"{text} is out of bounds; write a number of zero or more.")
        return number

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """A number."""
        return "" if value is None else value


class Money(Cell):
    """An amount with at most two decimals, zero or more."""

    maximum = Decimal("999999.99")

    def read(self, text: str, value: Any) -> Decimal:
        """Raises ValueError for a negative amount or more than two decimals."""
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"“{text}” is no amount; write it as 17.50, without currency or commas.") from None
        if not amount.is_finite() or not 0 <= amount <= self.maximum:
            raise ValueError(f"{text} is out of bounds; write an amount from 0 to {self.maximum}.")
        rounded = amount.quantize(Decimal("0.01"))
        if rounded != amount and not isinstance(value, float):
            raise ValueError(f"{text} has more than two decimals; round it.")
        return rounded

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Two decimals."""
        return "" if value is None else f"{value:.2f}"


class Hours(Cell):
    """Hours with decimals in the file, whole minutes in the database."""

    def __init__(self, *, maximum_hours: int) -> None:
        super().__init__()
        self.maximum_hours = maximum_hours

    def read(self, text: str, value: Any) -> int:
        """Raises ValueError outside of 0 to the most hours."""
        try:
            hours = float(text)
        except ValueError:
            raise ValueError(f"“{text}” is no number of hours; write it as 38.5.") from None
        if not 0 <= hours <= self.maximum_hours:
            raise ValueError(f"{text} hours are out of bounds; write a number from 0 to {self.maximum_hours}.")
        return round(hours * 60)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Hours, without needless decimals; three of them bring every minute back."""
        return "" if value is None else f"{value / 60:.3f}".rstrip("0").rstrip(".")


class Day(Cell):
    """A date."""

    def read(self, text: str, value: Any) -> date:
        """2027-01-31, 31.01.2027 or a spreadsheet's date; slashes mean different dates to different people."""
        if isinstance(value, datetime):
            value = value.date()
        return _meant(value if isinstance(value, date) else parse_day(text))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """ISO."""
        return "" if value is None else value.isoformat()


class LastDay(Day):
    """A date, or `never`, read as `date.max`."""

    def read(self, text: str, value: Any) -> date:
        """A date, or date.max."""
        return date.max if text.lower() == "never" else super().read(text, value)


def _meant(day: AnyDay) -> AnyDay:
    """The date or moment itself; raises ValueError for a year that nobody means."""
    try:
        check_day(day)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from None
    return day


def parse_day(text: str) -> date:
    """A date as 2027-01-31 or 31.01.2027; raises ValueError with a sentence."""
    dotted = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        if dotted:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a day of the calendar; correct it.") from None
    raise ValueError(f"“{text}” is no date; write it as 2027-01-31.")


class Clock(Cell):
    """A time of day."""

    def read(self, text: str, value: Any) -> time:
        """22:00, or a spreadsheet's time."""
        if isinstance(value, datetime):
            return value.time()
        if isinstance(value, time):
            return value
        return parse_clock(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Hours and minutes."""
        return "" if value is None else value.strftime("%H:%M")


def parse_clock(text: str) -> time:
    """A time as 22:00; raises ValueError with a sentence."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", text)
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    raise ValueError(f"“{text}” is no time of day; write it as 22:00.")


class Moment(Cell):
    """A date, a time of day, or both; the resource says in which zone and what a missing part means."""

    def read(self, text: str, value: Any) -> date | time | datetime:
        """2027-01-31, 22:00, 2027-01-31 22:00, each of the last two also with +01:00; or a spreadsheet's value."""
        if isinstance(value, time):
            return value
        if isinstance(value, date):
            return _meant(value)
        if re.match(r"\d{1,2}:", text):
            return parse_clock(text)
        if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text):
            try:
                moment = datetime.fromisoformat(text).replace(second=0, microsecond=0)
            except ValueError:
                raise ValueError(f"“{text}” is no date and time; write it as 2027-01-31 22:00.") from None
            return _meant(moment)
        return _meant(parse_day(text))


class Flag(Cell):
    """Yes or no."""

    def read(self, text: str, value: Any) -> bool:
        """Raises ValueError for anything but the usual words."""
        if text.lower() in YES:
            return True
        if text.lower() in NO:
            return False
        raise ValueError(f"“{text}” is neither yes nor no; write yes or no.")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """yes or no."""
        return "" if value is None else "yes" if value else "no"


class Choice(Cell):
    """One of a few words."""

    def __init__(self, choices: type[Choices]) -> None:
        super().__init__()
        self.words = {str(member.value): str(member.label) for member in choices}

    def read(self, text: str, value: Any) -> str:
        """The word, or its label as the pages show it; raises ValueError naming all of them."""
        for word, label in self.words.items():
            if text.lower() in (word, label.lower()):
                return word
        raise ValueError(f"“{text}” is none of {', '.join(self.words)}; write one of these.")


class Weekdays(Cell):
    """Days of the week: mon;wed, mon-fri or daily; 0 is Monday."""

    def read(self, text: str, value: Any) -> list[int]:
        """In order; raises ValueError naming the part that is no weekday."""
        if text.lower() in ("daily", "all"):
            return list(range(7))
        days: set[int] = set()
        for part in filter(None, re.split(r"[;,\s]+", text.lower().replace(" - ", "-").replace("–", "-"))):
            first, _, last = part.partition("-")
            start, end = self._number(first), self._number(last or first)
            days.update(day % 7 for day in range(start, end + 1 if end >= start else end + 8))
        return sorted(days)

    def _number(self, word: str) -> int:
        for number, name in enumerate(WEEKDAYS):
            if len(word) >= 2 and name.startswith(word):
                return number
        raise ValueError(f"“{word}” is no weekday; write mon;wed, mon-fri or daily.")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """mon;wed."""
        return ";".join(WEEKDAYS[day][:3] for day in value or ())


class Words(Cell):
    """Several words, between semicolons."""

    def read(self, text: str, value: Any) -> list[str]:
        """In order, each once."""
        return list(dict.fromkeys(word for word in (part.strip() for part in re.split("[;,]", text)) if word))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Between semicolons."""
        return defused(";".join(value or ()))


class One(Cell):
    """The code of a row in another table of the same organization."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table

    def read(self, text: str, value: Any) -> Any:
        """The row; raises ValueError when the organization has none of this code."""
        return self.lookups.find(self.table, text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Its code."""
        return "" if value is None else defused(self.lookups.code(self.table, value))


class Many(One):
    """Several codes of rows in another table, between semicolons."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Sequence[Any]:
        """The rows; none for an empty cell."""
        codes = dict.fromkeys(filter(None, re.split(r"\s*[;,]\s*", as_text(value))))
        return [self.lookups.find(self.table, code) for code in codes]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Codes between semicolons."""
        rows: Iterable[Any] = () if value is None else value if isinstance(value, (list, tuple)) else value.all()
        return defused(";".join(sorted(self.lookups.code(self.table, row) for row in rows)))
