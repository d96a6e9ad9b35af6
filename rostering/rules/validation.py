"""Whether a rule's row makes sense, told column by column in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from math import isfinite

from rostering.rules.kinds import COLUMNS, PERIODS, Columns, RuleKind
from rostering.rules.sentences import listed

_WORDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "period": "period",
    "period_days": "number of days",
    "tags": "tag",
    "shift_types": "shift type",
    "then_types": "following shift type",
    "required": "choice between required and preferred",
    "weight": "weight",
    "valid_from": "first date",
    "valid_until": "last date",
}
_LIMITS = ("minimum", "maximum")
_FREE = ("period", "required", "weight")
"""Columns that always hold something, so what a kind does not use is not looked at."""


class RuleError(ValueError):
    """A row that makes no rule; `errors` holds a sentence for each column at fault."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def read_columns(columns: Mapping[str, object]) -> Columns:
    """The row, with what it leaves empty at its default. The row must be valid."""
    given = {name: value for name, value in columns.items() if value is not None and value != ""}
    return Columns(**given)  # type: ignore[arg-type]  # validated by errors_of


def errors_of(kind: RuleKind, columns: Mapping[str, object]) -> dict[str, str]:
    """A sentence for each column at fault."""
    found = dict(_types(kind, columns))
    if not found:
        found = dict(_sense(kind, read_columns(columns)))
    return found


def _types(kind: RuleKind, columns: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in columns.items():
        if name not in COLUMNS:
            yield name, f"{kind.label} has no “{name}”; a rule has {listed(COLUMNS, 'and')}."
        elif value is not None and value != "" and not _TYPE_CHECKS[name](value):
            yield name, f"The {_WORDS[name]} of {kind.label.lower()} must be {_TYPE_WORDS[name]}."


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_words(value: object) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(isinstance(w, str) and w for w in value)


_TYPE_CHECKS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("minimum", "maximum", "period_days"), _is_integer),
    **dict.fromkeys(("tags", "shift_types", "then_types"), _is_words),
    **dict.fromkeys(("valid_from", "valid_until"), lambda value: isinstance(value, date)),
    "weight": _is_number,
    "period": lambda value: value in PERIODS,
    "required": lambda value: isinstance(value, bool),
}
_TYPE_WORDS = {
    **dict.fromkeys(("minimum", "maximum", "period_days"), "a whole number"),
    **dict.fromkeys(("tags", "shift_types", "then_types"), "a list of words"),
    **dict.fromkeys(("valid_from", "valid_until"), "a date"),
    "weight": "a number",
    "period": f"one of {listed(PERIODS)}",
    "required": "true or false",
}


def _sense(kind: RuleKind, row: Columns) -> Iterator[tuple[str, str]]:
    for name in kind.needs:
        if getattr(row, name) in (None, (), []):
            yield name, f"{kind.label} needs a {_WORDS[name]}{_unit(kind, name)}."
    if kind.one_of and all(getattr(row, name) in (None, (), []) for name in kind.one_of):
        words = listed([f"a {_WORDS[name]}" for name in kind.one_of])
        yield kind.one_of[0], f"{kind.label} needs {words}{_unit(kind, kind.one_of[0])}."
    for name in COLUMNS:
        if name not in kind.columns and name not in _FREE and getattr(row, name) not in (None, (), []):
            yield name, f"{kind.label} has no use for a {_WORDS[name]}; leave it empty."
    yield from _limits(kind, row)
    yield from _period(kind, row)
    if row.weight < 0:
        yield "weight", f"The weight of {kind.label.lower()} must not be negative."
    if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
        yield "valid_until", f"The last date, {row.valid_until}, lies before the first, {row.valid_from}."


def _limits(kind: RuleKind, row: Columns) -> Iterator[tuple[str, str]]:
    for name in _LIMITS:
        value, least = getattr(row, name), kind.least.get(name, 0)
        if value is not None and value < least:
            yield name, f"The {name} of {kind.label.lower()} must be at least {least}{_unit(kind, name)}."
    both = kind.columns.keys() >= set(_LIMITS) and row.minimum is not None and row.maximum is not None
    if both and (row.minimum or 0) > (row.maximum or 0):
        yield "maximum", f"The maximum, {row.maximum}, is below the minimum, {row.minimum}."


def _period(kind: RuleKind, row: Columns) -> Iterator[tuple[str, str]]:
    if kind.periods and row.period not in kind.periods:
        yield "period", f"The period of {kind.label.lower()} must be {listed(kind.periods)}, not {row.period}."
    if kind.periods and row.period == "rolling" and row.period_days is None:
        yield "period_days", f"{kind.label} over a rolling period needs its length, in days."
    if kind.periods and row.period != "rolling" and row.period_days is not None:
        yield "period_days", f"Only a rolling period has a length in days; this one is per {row.period}."
    if row.period_days is not None and not 1 <= row.period_days <= 366:
        yield "period_days", "The number of days must be between 1 and 366."


def _unit(kind: RuleKind, name: str) -> str:
    unit = kind.units.get(name)
    return f", in {unit}" if unit else ""
