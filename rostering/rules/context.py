"""What a rule has to know of a person's fixed context, worked out once: checks are asked thousands of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from rostering.solver.problem import Calendar, Staff

R = TypeVar("R")
T = TypeVar("T")

_MOST = 500_000
"""Entries kept at once: 2,000 people with 25 rules each, ten times over."""


def remembered(rule: R, staff: Staff, calendar: Calendar, make: Callable[[R, Staff, Calendar], T]) -> T:
    """`make(rule, staff, calendar)`, kept with the calendar for as long as that lives.

    Rules and people are told apart by identity, which is quick; they are frozen, and the entry keeps them alive. A rule
    keeps one thing only: always pass the same `make` with it.
    """
    key = (id(rule), id(staff))
    entry = calendar.memo.get(key)
    if entry is None or entry[0] is not rule or entry[1] is not staff:
        if len(calendar.memo) >= _MOST:
            calendar.memo.clear()
        entry = calendar.memo[key] = (rule, staff, make(rule, staff, calendar))
    return cast(T, entry[2])
