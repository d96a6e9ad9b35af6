"""Who could take a shift: everybody ranked, with what it costs and every rule they would break."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from rostering.exceptions import Conflict
from rostering.models import Assignment, Roster, Shift
from rostering.selectors.problems import load_problem
from rostering.solver import problem as solver
from rostering.solver.checker import judge_person
from rostering.solver.explain import objections
from rostering.solver.problem import Timeline


@dataclass(frozen=True)
class Candidate:
    """One person for one shift. Money in cents, rest in minutes (None: nothing near), points of preferred rules.

    `broken` are the required rules that speak against them and `warnings` the preferred ones, as sentences;
    `fairness_points` is the part of the points that fairness asks.
    """

    staff_id: int
    name: str
    eligible: bool
    certified: bool
    cost_cents: int
    rest_before_minutes: int | None
    rest_after_minutes: int | None
    points: float
    fairness_points: float
    broken: tuple[str, ...]
    warnings: tuple[str, ...]


def candidates(*, shift: Shift, roster: Roster) -> list[Candidate]:
    """Everybody who is not on the shift yet, the best first: no broken rule, then fewest points, then cheapest.

    Raises Conflict when the shift is not part of the roster.
    """
    loaded = load_problem(roster)
    problem = loaded.problem
    if shift.pk not in loaded.shifts:
        raise Conflict(f"{shift} is not part of {roster}: its dates or sites differ.")
    wanted = problem.shifts[problem.shift_index[str(shift.pk)]]
    given: dict[str, list[solver.Shift]] = defaultdict(list)
    for staff, taken in Assignment.objects.filter(roster=roster).values_list("staff_id", "shift_id"):
        if taken in loaded.shifts:
            given[str(staff)].append(problem.shifts[problem.shift_index[str(taken)]])
    found = [
        _candidate(Timeline(person, problem.calendar, tuple(given[person.id])), wanted)
        for person in problem.staff
        if wanted not in given[person.id]
    ]
    return sorted(found, key=lambda one: (len(one.broken), one.points, one.cost_cents, one.name, one.staff_id))


def _candidate(timeline: Timeline, wanted: solver.Shift) -> Candidate:
    against = objections(timeline, wanted)
    broken = [objection for objection in against if objection.required]
    preferred = [objection for objection in against if not objection.required and objection.points > 0]
    before, after = _rest(timeline, wanted)
    return Candidate(
        staff_id=int(timeline.staff.id),
        name=timeline.staff.name,
        eligible=not broken,
        certified=not any(objection.rule == "certification" for objection in broken),
        cost_cents=_extra_cents(timeline, wanted),
        rest_before_minutes=before,
        rest_after_minutes=after,
        points=sum(objection.points for objection in preferred),
        fairness_points=sum(objection.points for objection in preferred if objection.rule == "fairness"),
        broken=tuple(objection.sentence for objection in broken),
        warnings=tuple(objection.sentence for objection in preferred),
    )


def _rest(timeline: Timeline, wanted: solver.Shift) -> tuple[int | None, int | None]:
    """Minutes between the shift and its neighbours in the person's work; negative where they overlap."""
    ordered = sorted((*timeline.shifts, wanted), key=lambda shift: (shift.start, shift.end))
    before = after = None
    for first, then in pairwise(ordered):
        if then is wanted:
            before = then.start - first.end
        elif first is wanted:
            after = then.start - first.end
    return before, after


def _extra_cents(timeline: Timeline, wanted: solver.Shift) -> int:
    """What the shift adds to the person's wages, overtime and premiums included."""
    longer = Timeline(timeline.staff, timeline.calendar, (*timeline.assigned, wanted))
    return round(_cents(longer) - _cents(timeline))


def _cents(timeline: Timeline) -> float:
    return sum(match.amount for match in judge_person(timeline) if match.rule == "cost")
