"""An independent reading of an instance: judges a roster from the format's own words, not through Muster's rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from benchmarks.instance import Employee, Instance

Roster = list[tuple[str, int, str]]
"""(employee id, day index, shift id) of each assignment."""


def faults(instance: Instance, roster: Roster) -> list[str]:
    """Every required rule broken, a sentence each."""
    found: list[str] = []
    for (person, day), count in Counter((person, day) for person, day, _ in roster).items():
        if count > 1:
            found.append(f"{person} works {count} shifts on day {day}.")
    for person in {person for person, _, _ in roster} - set(instance.employees):
        found.append(f"{person} is no employee.")
    for employee in instance.employees.values():
        work = {day: shift for person, day, shift in roster if person == employee.id}
        found.extend(f"{employee.id}: {text}." for text in _person(instance, employee, work))
    return found


def _person(instance: Instance, employee: Employee, work: dict[int, str]) -> Iterable[str]:
    for day in sorted(instance.days_off.get(employee.id, set()) & set(work)):
        yield f"works on day off {day}"
    for day, shift in sorted(work.items()):
        if work.get(day + 1) in instance.shifts[shift].not_followed_by:
            yield f"{work[day + 1]} on day {day + 1} follows {shift}"
    for kind, count in Counter(work.values()).items():
        if count > employee.max_shifts.get(kind, instance.days):
            yield f"{count} shifts {kind}, at most {employee.max_shifts[kind]}"
    minutes = sum(instance.shifts[shift].minutes for shift in work.values())
    if not employee.min_minutes <= minutes <= employee.max_minutes:
        yield f"{minutes} minutes, between {employee.min_minutes} and {employee.max_minutes} allowed"
    saturdays = range(5, instance.days, 7)
    weekends = sum(1 for day in saturdays if day in work or day + 1 in work)
    if weekends > employee.max_weekends:
        yield f"{weekends} weekends, at most {employee.max_weekends}"
    yield from _runs(instance, employee, work)


def _runs(instance: Instance, employee: Employee, work: dict[int, str]) -> Iterable[str]:
    for busy, group in groupby(range(instance.days), key=lambda day: day in work):
        days = list(group)
        inside = days[0] > 0 and days[-1] < instance.days - 1
        if busy and len(days) > employee.max_consecutive:
            yield f"{len(days)} days in a row from day {days[0]}, at most {employee.max_consecutive}"
        if busy and inside and len(days) < employee.min_consecutive:
            yield f"{len(days)} days in a row from day {days[0]}, at least {employee.min_consecutive}"
        if not busy and inside and len(days) < employee.min_days_off:
            yield f"{len(days)} days off from day {days[0]}, at least {employee.min_days_off}"


def penalty(instance: Instance, roster: Roster) -> int:
    """The objective as the benchmark counts it."""
    work = {(person, day): shift for person, day, shift in roster}
    filled = Counter((day, shift) for _, day, shift in roster)
    total = 0
    for request in instance.on_requests:
        total += request.weight if work.get((request.employee, request.day)) != request.shift else 0
    for request in instance.off_requests:
        total += request.weight if work.get((request.employee, request.day)) == request.shift else 0
    for row in instance.cover:
        there = filled[(row.day, row.shift)]
        total += row.under * max(0, row.places - there) + row.over * max(0, there - row.places)
    return total
