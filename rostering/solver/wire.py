"""A problem as plain JSON and back, so that parts of it can be solved by other processes or on other machines.

No pickle: only frozen dataclasses of the solver and the rules are read back, and nothing of them but their fields.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any

from rostering.solver.problem import Problem

ROOMS = ("rostering.solver.problem", "rostering.rules.")
"""Modules whose dataclasses may travel."""

Json = Any


class WireError(ValueError):
    """Something in the problem cannot travel, or what arrived is not a problem."""


def to_wire(problem: Problem) -> dict[str, Json]:
    """The problem as JSON values; rules that several people share are written once. Raises WireError."""
    writer = _Writer()
    body = writer.write(problem)
    return {"rules": writer.rules, "problem": body}


def sendable(problem: Problem) -> bool:
    """Whether all the rules are of kinds that can travel; a caller's own rules stay in its process."""
    kinds = {type(rule) for person in problem.staff for rule in (*person.rules, *person.pair_rules)}
    return all(_may_travel(kind.__module__) for kind in kinds)


def from_wire(message: Mapping[str, Json]) -> Problem:
    """The problem written by `to_wire`. Raises WireError when it is none."""
    try:
        reader = _Reader()
        reader.rules = [reader.read(rule) for rule in message["rules"]]
        problem = reader.read(message["problem"])
    except WireError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise WireError(f"not a problem: {error}") from error
    if not isinstance(problem, Problem):
        raise WireError("not a problem: something else was sent")
    return problem


class _Writer:
    def __init__(self) -> None:
        self.rules: list[Json] = []
        self.known: dict[int, int] = {}
        self.kept: list[object] = []

    def write(self, value: object) -> Json:
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, tuple):
            return ["t", *(self.write(item) for item in value)]
        if isinstance(value, frozenset):
            return ["s", *(self.write(item) for item in sorted(value, key=repr))]
        if isinstance(value, date):
            return ["d", value.isoformat()]
        if is_dataclass(value) and not isinstance(value, type):
            return self._shared(value) if hasattr(value, "kind") else self._object(value)
        raise WireError(f"a {type(value).__name__} cannot be sent to another process: {value!r}")

    def _shared(self, rule: object) -> Json:
        number = self.known.get(id(rule))
        if number is None:
            body = self._object(rule)
            number = self.known[id(rule)] = len(self.rules)
            self.rules.append(body)
            self.kept.append(rule)
        return ["r", number]

    def _object(self, value: object) -> Json:
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        _allowed(type(value).__module__)
        return ["c", name, *(self.write(getattr(value, field)) for field in _fields(name))]


class _Reader:
    def __init__(self) -> None:
        self.rules: list[Any] = []

    def read(self, value: Json) -> Any:
        if not isinstance(value, list):
            return value
        tag, rest = value[0], value[1:]
        if tag == "t":
            return tuple(self.read(item) for item in rest)
        if tag == "s":
            return frozenset(self.read(item) for item in rest)
        if tag == "d":
            return date.fromisoformat(rest[0])
        if tag == "r":
            return self.rules[rest[0]]
        if tag == "c":
            names = _fields(rest[0])
            return _class(rest[0])(**dict(zip(names, map(self.read, rest[1:]), strict=True)))
        raise WireError(f"not a problem: unknown tag {tag!r}")


@cache
def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    _allowed(module)
    found = getattr(importlib.import_module(module), qualified)
    if not isinstance(found, type) or not is_dataclass(found):
        raise WireError(f"{name} is not a dataclass")
    return found


@cache
def _fields(name: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(_class(name)) if field.init)


def _may_travel(module: str) -> bool:
    return any(module == room or (room.endswith(".") and module.startswith(room)) for room in ROOMS)


def _allowed(module: str) -> None:
    if not _may_travel(module):
        raise WireError(f"nothing of {module} may be sent to another process")
