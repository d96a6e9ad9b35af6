"""Reads the public Curtois–Qu text format, every fault a sentence with its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class InstanceError(ValueError):
    """The file is not an instance; the message says where and why."""


@dataclass(frozen=True)
class ShiftKind:
    """A shift type: its minutes, and the types that may not follow it the next day."""

    id: str
    minutes: int
    not_followed_by: frozenset[str]


@dataclass(frozen=True)
class Employee:
    """One line of the staff section."""

    id: str
    max_shifts: dict[str, int]
    max_minutes: int
    min_minutes: int
    max_consecutive: int
    min_consecutive: int
    min_days_off: int
    max_weekends: int


@dataclass(frozen=True)
class Request:
    """A shift asked for, or asked off."""

    employee: str
    day: int
    shift: str
    weight: int


@dataclass(frozen=True)
class CoverRow:
    """Places wanted on a day, with the price of each one short or extra."""

    day: int
    shift: str
    places: int
    under: int
    over: int


@dataclass
class Instance:
    """Everything a file says."""

    days: int = 0
    shifts: dict[str, ShiftKind] = field(default_factory=dict)
    employees: dict[str, Employee] = field(default_factory=dict)
    days_off: dict[str, set[int]] = field(default_factory=dict)
    on_requests: list[Request] = field(default_factory=list)
    off_requests: list[Request] = field(default_factory=list)
    cover: list[CoverRow] = field(default_factory=list)


def read_instance(path: str | Path) -> Instance:
    """Read a file. Raises InstanceError with a sentence when it is unreadable or not of the format."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InstanceError(f"{path} cannot be read: {error}.") from None
    return parse_instance(text, str(path))


def parse_instance(text: str, name: str = "instance") -> Instance:
    """Parse a file's text; see `read_instance`."""
    instance, section = Instance(), ""
    seen: set[str] = set()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("SECTION_"):
            section = line
            if section not in _READERS:
                raise InstanceError(f"{name}, line {number}: {line} is not a section of this format.")
            seen.add(section)
            continue
        if not section:
            raise InstanceError(f"{name}, line {number}: the text stands before any section.")
        try:
            _READERS[section](instance, [part.strip() for part in line.split(",")])
        except (ValueError, IndexError, KeyError) as error:
            raise InstanceError(f"{name}, line {number}, {section}: cannot read “{line[:60]}” ({error}).") from None
    for needed in ("SECTION_HORIZON", "SECTION_SHIFTS", "SECTION_STAFF", "SECTION_COVER"):
        if needed not in seen:
            raise InstanceError(f"{name}: {needed} is missing.")
    return instance


def _horizon(instance: Instance, parts: list[str]) -> None:
    instance.days = int(parts[0])
    if instance.days < 1:
        raise ValueError("the horizon needs at least one day")


def _shift(instance: Instance, parts: list[str]) -> None:
    banned = frozenset(part for part in parts[2].split("|") if part) if len(parts) > 2 else frozenset()
    minutes = int(parts[1])
    if not 0 < minutes <= 1440:
        raise ValueError("a shift lasts between 1 and 1440 minutes")
    instance.shifts[parts[0]] = ShiftKind(parts[0], minutes, banned)


def _employee(instance: Instance, parts: list[str]) -> None:
    limits = {kind: int(count) for kind, _, count in (item.partition("=") for item in parts[1].split("|") if item)}
    for kind in limits:
        _known(instance.shifts, kind, "shift")
    numbers = [int(part) for part in parts[2:8]]
    instance.employees[parts[0]] = Employee(parts[0], limits, *numbers)


def _days_off(instance: Instance, parts: list[str]) -> None:
    _known(instance.employees, parts[0], "employee")
    days = {_day(instance, part) for part in parts[1:] if part}
    instance.days_off.setdefault(parts[0], set()).update(days)


def _request(instance: Instance, parts: list[str]) -> Request:
    _known(instance.employees, parts[0], "employee")
    _known(instance.shifts, parts[2], "shift")
    return Request(parts[0], _day(instance, parts[1]), parts[2], int(parts[3]))


def _on_request(instance: Instance, parts: list[str]) -> None:
    instance.on_requests.append(_request(instance, parts))


def _off_request(instance: Instance, parts: list[str]) -> None:
    instance.off_requests.append(_request(instance, parts))


def _cover(instance: Instance, parts: list[str]) -> None:
    _known(instance.shifts, parts[1], "shift")
    instance.cover.append(CoverRow(_day(instance, parts[0]), parts[1], int(parts[2]), int(parts[3]), int(parts[4])))


def _known(names: dict[str, ShiftKind] | dict[str, Employee], name: str, what: str) -> None:
    if name not in names:
        raise ValueError(f"unknown {what} {name}")


def _day(instance: Instance, text: str) -> int:
    day = int(text)
    if not 0 <= day < instance.days:
        raise ValueError(f"day {day} is outside the horizon")
    return day


_READERS = {
    "SECTION_HORIZON": _horizon,
    "SECTION_SHIFTS": _shift,
    "SECTION_STAFF": _employee,
    "SECTION_DAYS_OFF": _days_off,
    "SECTION_SHIFT_ON_REQUESTS": _on_request,
    "SECTION_SHIFT_OFF_REQUESTS": _off_request,
    "SECTION_COVER": _cover,
}
