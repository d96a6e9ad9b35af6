"""What each person's fair share of a roster is: by contract, by days they are there, and by what they did before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo

from rostering.rules.fairness import MINUTES, Fairness, aimed
from rostering.solver.problem import Calendar, Shift, Staff


def with_fair_shares(
    staff: Sequence[Staff],
    shifts: Sequence[Shift],
    calendar: Calendar,
    *,
    weekly_minutes: Mapping[str, int],
    zone: tzinfo,
) -> tuple[Staff, ...]:
    """The staff with targets in their fairness rules; `weekly_minutes` are the contracts', by staff id.

    A share is contract minutes times the days of the roster on which the person is employed and not away all day (in
    `zone`). Nights, weekends and holidays worked in the known history count; working time does not, since hours are
    owed by the week.
    """
    shares = {person.id: float(weekly_minutes[person.id] * _days_there(person, calendar, zone)) for person in staff}
    balanced = _with_balances(staff, calendar, shares)
    return aimed(balanced, shifts, calendar, shares)


def _days_there(person: Staff, calendar: Calendar, zone: tzinfo) -> int:
    """Days of the roster the person is employed and not away all day long."""
    first = max(0, person.employed_from if person.employed_from is not None else 0)
    last = calendar.days - 1
    if person.employed_until is not None:
        last = min(last, person.employed_until)
    midnight = datetime.combine(calendar.start, time(), tzinfo=zone)
    edges = [int((midnight + timedelta(days=day)).timestamp() // 60) for day in range(calendar.days + 1)]
    away = {
        day
        for absence in person.absences
        for day in range(calendar.days)
        if absence.start <= edges[day] and edges[day + 1] <= absence.end
    }
    return sum(day not in away for day in range(first, last + 1))


def _with_balances(staff: Sequence[Staff], calendar: Calendar, shares: Mapping[str, float]) -> list[Staff]:
    """The staff with `balances` from their published work before the roster.

    Whoever worked nothing at all in that time (new, or long away) is given the others' average, so that nobody comes
    back to nothing but nights.
    """
    rules = {
        (rule.scope, rule.measure): rule for person in staff for rule in person.rules if isinstance(rule, Fairness)
    }
    done: dict[str, dict[str, float]] = {person.id: {} for person in staff}
    for (_, measure), rule in rules.items():
        if measure == MINUTES:
            continue
        counts = {
            person.id: float(sum(shift.day < 0 for shift in rule.scope.select(person.context, calendar)))
            for person in staff
        }
        known = [person.id for person in staff if any(shift.day < 0 for shift in person.context)]
        share = sum(shares[pk] for pk in known)
        rate = sum(counts[pk] for pk in known) / share if share else 0.0
        for person in staff:
            done[person.id][measure] = counts[person.id] if person.id in known else rate * shares[person.id]
    return [replace(person, balances=tuple(sorted(done[person.id].items()))) for person in staff]
