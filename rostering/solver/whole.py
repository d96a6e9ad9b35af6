"""Whether every roster costs a whole number of points, so that a lower bound may be rounded up."""

from __future__ import annotations

from collections.abc import Iterator

from rostering.solver.compile import Compiled, Person
from rostering.solver.primitives import Distinct, Total
from rostering.solver.resources import common_unit


def whole_points(compiled: Compiled) -> bool:
    """Whether all prices of the problem are whole points and money costs nothing."""
    weight = compiled.problem.cost_weight
    figures = [compiled.breach]
    for shift in compiled.shifts:
        figures += [shift.under_cost, shift.over_cost or 0.0]
    for person in compiled.people:
        if weight and (person.constant_cents or any(person.cents.values())):
            return False
        figures += [person.constant_points, *person.points.values(), *_figures(person, weight)]
    return all(abs(figure - round(figure)) < 1e-9 * max(1.0, abs(figure)) for figure in figures)


def _figures(person: Person, weight: float) -> Iterator[float]:
    """Everything a limit's cost is made of; a half where money counts, which is never whole."""
    for limit in person.limits:
        if isinstance(limit, Total | Distinct):
            offset, unit = (limit.offset, common_unit(limit.values)) if isinstance(limit, Total) else (0.0, 1)
            for tier in (*limit.over, *limit.under):
                cost = tier.cost or 0.0
                yield from (cost * unit, cost * (tier.threshold - offset))
            if isinstance(limit, Total) and limit.cents and weight:
                yield 0.5
        else:
            yield getattr(limit, "cost", None) or 0.0
