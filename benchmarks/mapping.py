"""A benchmark instance as Muster's own problem: its rules from the registry, nothing made for the benchmark."""

from __future__ import annotations

from datetime import date

from benchmarks.instance import Employee, Instance
from benchmarks.verify import Roster
from rostering.rules import registry
from rostering.rules.base import BaseRule
from rostering.solver.problem import Absence, Calendar, Problem, Shift, Staff, Wish
from rostering.solver.result import Assignments

MONDAY = date(2024, 1, 1)
DAY = 1440
UNWANTED_EXTRA = 0.0
"""Where an instance has no cover row for a shift type on a day, nobody is wanted and extras cost nothing."""


def to_problem(instance: Instance) -> Problem:
    """Days become dates from a Monday; shifts start at midnight, so that only the format's own rules separate days."""
    shifts = tuple(_shifts(instance))
    common = tuple(_succession(instance))
    staff = tuple(_staff(instance, employee, common) for employee in instance.employees.values())
    return Problem(Calendar(MONDAY, instance.days), shifts, staff)


def to_roster(problem: Problem, assignments: Assignments) -> Roster:
    """Assignments in the benchmark's words, in order."""
    roster = []
    for staff_id, shift_id in assignments:
        shift = problem.shifts[problem.shift_index[shift_id]]
        roster.append((staff_id, shift.day, shift.type))
    return sorted(roster, key=lambda entry: (entry[1], entry[0], entry[2]))


def _shifts(instance: Instance) -> list[Shift]:
    rows = {(row.day, row.shift): row for row in instance.cover}
    shifts = []
    for day in range(instance.days):
        for kind in instance.shifts.values():
            row = rows.get((day, kind.id))
            start = day * DAY
            shifts.append(
                Shift(
                    id=f"{day}/{kind.id}",
                    site="ward",
                    type=kind.id,
                    start=start,
                    end=start + kind.minutes,
                    day=day,
                    end_day=day,
                    paid_minutes=kind.minutes,
                    headcount=row.places if row else 0,
                    under_cost=float(row.under) if row else 0.0,
                    over_cost=float(row.over) if row else UNWANTED_EXTRA,
                )
            )
    return shifts


def _succession(instance: Instance) -> list[BaseRule]:
    return [
        registry.build("succession", shift_types=[kind.id], then_types=sorted(kind.not_followed_by), period_days=1)
        for kind in instance.shifts.values()
        if kind.not_followed_by
    ]


def _staff(instance: Instance, employee: Employee, common: tuple[BaseRule, ...]) -> Staff:
    rules = [
        registry.build("availability", start=MONDAY),
        registry.build("one_shift_per_day"),
        registry.build("wishes"),
        registry.build("minutes", period="roster", minimum=employee.min_minutes, maximum=employee.max_minutes),
        registry.build("consecutive_days", minimum=employee.min_consecutive, maximum=employee.max_consecutive),
        registry.build("consecutive_days_off", minimum=employee.min_days_off),
        registry.build("weekends", period="roster", maximum=employee.max_weekends),
        *common,
    ]
    for kind, most in employee.max_shifts.items():
        rules.append(registry.build("shifts", period="roster", shift_types=[kind], maximum=most))
    pair_rules, other = registry.split(rules)
    absences = [Absence(day * DAY, (day + 1) * DAY, "day off") for day in instance.days_off.get(employee.id, ())]
    return Staff(
        id=employee.id,
        name=employee.id,
        absences=tuple(absences),
        wishes=_wishes(instance, employee),
        pair_rules=pair_rules,
        rules=other,
    )


def _wishes(instance: Instance, employee: Employee) -> tuple[Wish, ...]:
    wanted = [(request, True) for request in instance.on_requests if request.employee == employee.id]
    unwanted = [(request, False) for request in instance.off_requests if request.employee == employee.id]
    return tuple(
        Wish(request.day * DAY, (request.day + 1) * DAY, float(request.weight), is_wanted, request.shift)
        for request, is_wanted in (*wanted, *unwanted)
    )
