"""The integer choice: of the patterns in a program, one for each person; a PuLP model on CBC, or HiGHS by setting."""

from __future__ import annotations

from collections import defaultdict

import pulp

from rostering.solver.cbc import run_cbc
from rostering.solver.central import Central
from rostering.solver.highs import run_highs
from rostering.solver.patterns import Column
from rostering.solver.session import Session

ROUNDS_PER_LIMIT = 2_000
"""Nodes of branch and bound where iterations, not seconds, are limited."""


def choose(
    central: Central, session: Session, *, seconds: float, incumbent: dict[int, Column]
) -> dict[int, Column] | None:
    """The best choice found within `seconds`, started from `incumbent`, whose patterns are among the program's; None
    when nothing was found.
    """
    model, variables = _model(central)
    start = {
        variable.name: float(incumbent[column.person].shifts == column.shifts)
        for variable, column in zip(variables, central.columns, strict=True)
    }
    run = run_cbc if session.options.milp_solver == "cbc" else run_highs
    counted = session.options.iterations is not None
    outcome = run(
        model,
        seconds=session.remaining - 1.0 if counted else min(seconds, session.remaining - 1.0),
        start=start,
        nodes=ROUNDS_PER_LIMIT if counted else None,
        should_stop=session.over,
        wanted=session.wanted,
    )
    if outcome.values is None:
        return None
    taken = [variable.name for variable in variables if outcome.values.get(variable.name, 0.0) > 0.5]
    by_name = {variable.name: column for variable, column in zip(variables, central.columns, strict=True)}
    chosen = {by_name[name].person: by_name[name] for name in taken}
    return chosen if set(chosen) == set(central.people) else None


def _model(central: Central) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    model = pulp.LpProblem("choice", pulp.LpMinimize)
    variables = [model.add_variable(f"p{number}", 0, 1, pulp.LpInteger) for number in range(len(central.columns))]
    costs, wages = [], []
    at: dict[int, list[tuple[pulp.LpVariable, float]]] = defaultdict(list)
    of: dict[int, list[tuple[pulp.LpVariable, float]]] = defaultdict(list)
    for variable, column in zip(variables, central.columns, strict=True):
        costs.append((variable, column.cost))
        wages.append((variable, column.cents))
        of[column.person].append((variable, 1.0))
        for shift in column.shifts:
            at[shift].append((variable, 1.0))
    for shift, terms in sorted(at.items()):
        short = model.add_variable(f"u{shift}", 0, None)
        extra = model.add_variable(f"o{shift}", 0, 0.0 if central.closed[shift] else None)
        row = pulp.LpAffineExpression([*terms, (short, 1.0), (extra, -1.0)])
        model.addConstraint(pulp.LpConstraint(row, pulp.LpConstraintEQ, rhs=float(central.need[shift])))
        costs += [(short, float(central.under[shift])), (extra, float(central.over[shift]))]
    for terms in of.values():
        model.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), pulp.LpConstraintEQ, rhs=1.0))
    if central.budget is not None:
        within = pulp.LpAffineExpression(wages)
        model.addConstraint(pulp.LpConstraint(within, pulp.LpConstraintLE, rhs=central.budget))
    model.setObjective(pulp.LpAffineExpression(costs))
    return model, variables
