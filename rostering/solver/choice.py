"""The integer choice: of the patterns in a program, one for each person; a PuLP model on CBC, or HiGHS by setting."""

from __future__ import annotations

import math

import numpy as np
import pulp

from rostering.solver.cbc import run_cbc
from rostering.solver.highs import run_highs
from rostering.solver.master import Master
from rostering.solver.session import Session

ROUNDS_PER_LIMIT = 2_000
"""Nodes of branch and bound where iterations, not seconds, are limited."""


def choose(
    master: Master, session: Session, *, seconds: float, cutoff: float, incumbent: dict[int, int], most: int = 4_000
) -> dict[int, int] | None:
    """The best choice found within `seconds`: pattern numbers by person; None when none beats `cutoff`.

    Of more than `most` patterns those in `incumbent` and the newest are looked at.
    """
    places = range(len(master.numbers))
    if len(places) > most:
        kept = {place for place in places if incumbent.get(master.columns[place].person) == master.numbers[place]}
        places_list = sorted(kept | set(range(len(master.numbers) - most, len(master.numbers))))
    else:
        places_list = list(places)
    model, variables, start = _model(master, places_list, incumbent)
    run = run_cbc if session.options.milp_solver == "cbc" else run_highs
    limit = seconds if session.options.iterations is None else session.remaining
    outcome = run(
        model,
        seconds=min(limit, session.remaining - 1.0),
        start=start,
        nodes=None if session.options.iterations is None else ROUNDS_PER_LIMIT,
        should_stop=session.over,
    )
    if outcome.values is None:
        return None
    chosen = {}
    for place, variable in variables.items():
        if outcome.values.get(variable.name, 0.0) > 0.5:
            chosen[master.columns[place].person] = master.numbers[place]
    if set(chosen) != set(master.people) or _cost(master, chosen) > cutoff:
        return None
    return chosen


def _cost(master: Master, chosen: dict[int, int]) -> float:
    """The roster's cost with these choices."""
    by_number = dict(zip(master.numbers, master.columns, strict=True))
    count = np.zeros(len(master.need))
    cost = master.constant
    for number in chosen.values():
        column = by_number[number]
        count[list(column.shifts)] += 1
        cost += column.cost
    missing = master.need - count
    over = np.where(master.closed, 0.0, np.where(master.closed, 0.0, master.cover.over))
    if (np.maximum(-missing, 0)[master.closed] > master.excess[master.closed]).any():
        return math.inf
    return cost + float((np.maximum(missing, 0) * master.cover.under + np.maximum(-missing, 0) * over).sum())


def _model(
    master: Master, places: list[int], incumbent: dict[int, int]
) -> tuple[pulp.LpProblem, dict[int, pulp.LpVariable], dict[str, float]]:
    model = pulp.LpProblem("choice", pulp.LpMinimize)
    variables = {place: model.add_variable(f"p{place}", 0, 1, pulp.LpInteger) for place in places}
    start = {
        variable.name: float(incumbent.get(master.columns[place].person) == master.numbers[place])
        for place, variable in variables.items()
    }
    costs = [(variables[place], master.columns[place].cost) for place in places]
    at: dict[int, list[tuple[pulp.LpVariable, float]]] = {}
    of: dict[int, list[tuple[pulp.LpVariable, float]]] = {person: [] for person in master.people}
    for place in places:
        column = master.columns[place]
        of[column.person].append((variables[place], 1.0))
        for shift in column.shifts:
            at.setdefault(shift, []).append((variables[place], 1.0))
    for shift, terms in sorted(at.items()):
        need = float(master.need[shift])
        closed = bool(master.closed[shift])
        short = model.add_variable(f"u{shift}", 0, None)
        extra = model.add_variable(f"o{shift}", 0, float(master.excess[shift]) if closed else None)
        row = pulp.LpAffineExpression([*terms, (short, 1.0), (extra, -1.0)])
        model.addConstraint(pulp.LpConstraint(row, pulp.LpConstraintEQ, rhs=need))
        costs.append((short, float(master.cover.under[shift])))
        costs.append((extra, 0.0 if closed else float(master.cover.over[shift])))
    for terms in of.values():
        model.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), pulp.LpConstraintEQ, rhs=1.0))
    if master.budget is not None:
        wages = [(variables[place], master.columns[place].cents) for place in places]
        model.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(wages), pulp.LpConstraintLE, rhs=master.spare))
    model.setObjective(pulp.LpAffineExpression(costs))
    return model, variables, start
