"""Parts of a large problem: some people with the places they hold and some open ones; everybody else stands still.

Every place belongs to exactly one part, so parts can be solved at the same time and put together again: a place that
somebody holds belongs to its holder's part, an open one to the part its site's group makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rostering.solver.problem import Problem, Shift
from rostering.solver.result import Assignments

Chosen = Sequence[frozenset[int]]
"""Everyone's shifts, as positions in the whole problem."""


@dataclass(frozen=True)
class Part:
    """A problem of its own; `people` are positions in the whole problem, `start` the roster its people have now."""

    number: int
    people: tuple[int, ...]
    problem: Problem
    start: Assignments


def split(
    problem: Problem,
    group_of: Sequence[int],
    owners: Sequence[Sequence[int]],
    chosen: Chosen,
    budgets: Sequence[int] | None = None,
) -> list[Part]:
    """The parts of a problem whose people work `chosen` now; groups without people make none.

    `group_of` names everyone's group, `owners` the group of each place of each shift and, last, of its extras;
    `budgets` is what each group may spend, in cents.
    """
    size = max([*group_of, *(group for row in owners for group in row)], default=-1) + 1
    members: list[list[int]] = [[] for _ in range(size)]
    for person, group in enumerate(group_of):
        members[group].append(person)
    shifts = _deal(problem, group_of, owners, chosen, size)
    pins: list[set[tuple[str, str]]] = [set() for _ in range(size)]
    for staff_id, shift_id in problem.pins:
        pins[group_of[problem.staff_index[staff_id]]].add((staff_id, shift_id))
    parts = []
    for group in range(size):
        if members[group]:
            people = tuple(members[group])
            inner = Problem(
                calendar=problem.calendar,
                shifts=tuple(shifts[group]),
                staff=tuple(problem.staff[person] for person in people),
                pins=frozenset(pins[group]),
                budget_cents=None if budgets is None else budgets[group],
                cost_weight=problem.cost_weight,
                currency=problem.currency,
            )
            parts.append(Part(group, people, inner, roster_of(problem, people, chosen)))
    return parts


def roster_of(problem: Problem, people: Sequence[int], chosen: Chosen) -> Assignments:
    """The assignments of these people."""
    return frozenset(
        (problem.staff[person].id, problem.shifts[shift].id) for person in people for shift in chosen[person]
    )


def _deal(
    problem: Problem, group_of: Sequence[int], owners: Sequence[Sequence[int]], chosen: Chosen, size: int
) -> list[list[Shift]]:
    """Each group's shifts with the places that are theirs."""
    held: list[dict[int, int]] = [{} for _ in problem.shifts]
    for person, positions in enumerate(chosen):
        group = group_of[person]
        for position in positions:
            held[position][group] = held[position].get(group, 0) + 1
    result: list[list[Shift]] = [[] for _ in range(size)]
    for shift, holders, row in zip(problem.shifts, held, owners, strict=True):
        places, extras = _places(shift, holders, row)
        for group, count in sorted(places.items()):
            over = shift.over_cost if group in extras else None
            if count == shift.headcount and over == shift.over_cost:
                result[group].append(shift)
            else:
                result[group].append(replace(shift, headcount=count, over_cost=over))
    return result


def _places(shift: Shift, holders: dict[int, int], row: Sequence[int]) -> tuple[dict[int, int], set[int]]:
    """Places of one shift by group, and the groups that may have people beyond theirs, at a price."""
    places: dict[int, int] = {}
    extras: set[int] = set()
    left = shift.headcount
    for group, count in sorted(holders.items()):
        places[group] = min(count, left)
        left -= places[group]
        if count > places[group]:
            extras.add(group)
    for group in row[shift.headcount - left : shift.headcount]:
        places[group] = places.get(group, 0) + 1
    if shift.over_cost is not None:
        extras.add(row[-1])
        places.setdefault(row[-1], 0)
    return places, extras
