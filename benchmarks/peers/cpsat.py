"""CP-SAT: literals for person, day, shift; clauses for runs and successions; whole-number cover.

Run lengths are clauses of three literals (a run that starts goes on): measured at about equal work, they gave better
rosters than start variables on the larger instances (not on 9), and far better ones than an automaton.
Symmetry detection stays on, the linear relaxation holds every constraint, no hints are given.

OR-Tools brings a HiGHS library of its own under the same name as highspy's: never import both in one process.
"""

from __future__ import annotations

from importlib.metadata import version
from itertools import pairwise

from ortools.sat.python import cp_model

from benchmarks.instance import Employee, Instance
from benchmarks.peers.answer import Answer, Limits, Tell
from benchmarks.peers.compact import Cell, cell_costs, succession_cliques, usable_shifts, worked_days
from benchmarks.verify import Roster

Linear = cp_model.LinearExpr
SYMMETRY_LEVEL = 2
"""Detect symmetries and use them in presolve and search (CP-SAT's own default, said here since it matters)."""
LINEARIZATION_LEVEL = 2
"""Put every constraint into the linear relaxation."""


class RosterModel:
    """The model of an instance; `cells` maps (employee id, day, shift id) to its literal."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.model = cp_model.CpModel()
        self.cells: dict[Cell, cp_model.IntVar] = {}
        self._cliques = succession_cliques(instance)
        for employee in instance.employees.values():
            self._person(employee)
        self._cover_and_objective()

    def _person(self, employee: Employee) -> None:
        model, instance = self.model, self.instance
        off = instance.days_off.get(employee.id, set())
        days: list[dict[str, cp_model.IntVar]] = []
        works: list[cp_model.IntVar] = []
        for day in range(instance.days):
            usable = [] if day in off else usable_shifts(instance, employee)
            days.append({kind: model.new_bool_var(f"x_{employee.id}_{day}_{kind}") for kind in usable})
            self.cells.update({(employee.id, day, kind): literal for kind, literal in days[-1].items()})
            works.append(model.new_bool_var(f"w_{employee.id}_{day}"))
            model.add_exactly_one([*days[-1].values(), works[-1].negated()])
        self._successions(days)
        self._totals(employee, days, works)
        self._runs(employee, works)
        self._weekends(employee, works)

    def _successions(self, days: list[dict[str, cp_model.IntVar]]) -> None:
        for before, after in pairwise(days):
            for today, tomorrow in self._cliques:
                first = [literal for kind, literal in before.items() if kind in today]
                then = [literal for kind, literal in after.items() if kind in tomorrow]
                if first and then:
                    self.model.add_at_most_one([*first, *then])

    def _totals(self, employee: Employee, days: list[dict[str, cp_model.IntVar]], works: list[cp_model.IntVar]) -> None:
        for kind, most in employee.max_shifts.items():
            literals = [each[kind] for each in days if kind in each]
            if len(literals) > most:
                self.model.add_linear_constraint(Linear.sum(literals), 0, most)
        cells = [(literal, self.instance.shifts[kind].minutes) for each in days for kind, literal in each.items()]
        minutes = Linear.weighted_sum([literal for literal, _ in cells], [length for _, length in cells])
        self.model.add_linear_constraint(minutes, employee.min_minutes, employee.max_minutes)
        self.model.add_linear_constraint(Linear.sum(works), *worked_days(self.instance, employee))

    def _runs(self, employee: Employee, works: list[cp_model.IntVar]) -> None:
        """Runs that touch the first or the last day are never too short."""
        model, days = self.model, len(works)
        for first in range(days - employee.max_consecutive):
            model.add_bool_or(day.negated() for day in works[first : first + employee.max_consecutive + 1])
        for day in range(1, days):
            for later in range(day + 1, min(day + employee.min_consecutive, days)):
                model.add_bool_or(works[day - 1], works[day].negated(), works[later])
            for later in range(day + 1, min(day + employee.min_days_off, days)):
                model.add_bool_or(works[day - 1].negated(), works[day], works[later].negated())

    def _weekends(self, employee: Employee, works: list[cp_model.IntVar]) -> None:
        weekends = []
        for saturday in range(5, len(works), 7):
            weekends.append(self.model.new_bool_var(f"k_{employee.id}_{saturday}"))
            for day in works[saturday : saturday + 2]:
                self.model.add_implication(day, weekends[-1])
        if len(weekends) > employee.max_weekends:
            self.model.add_linear_constraint(Linear.sum(weekends), 0, employee.max_weekends)

    def _cover_and_objective(self) -> None:
        model, instance = self.model, self.instance
        wishes, offset = cell_costs(instance)
        priced = [(self.cells[cell], cost) for cell, cost in wishes.items() if cell in self.cells]
        for number, row in enumerate(instance.cover):
            there = [
                cell for who in instance.employees if (cell := self.cells.get((who, row.day, row.shift))) is not None
            ]
            short = model.new_int_var(0, row.places, f"short_{number}")
            extra = model.new_int_var(0, max(0, len(there) - row.places), f"extra_{number}")
            terms = Linear.weighted_sum([*there, short, extra], [*[1] * len(there), 1, -1])
            model.add_linear_constraint(terms, row.places, row.places)
            priced += [(short, row.under), (extra, row.over)]
        model.minimize(Linear.weighted_sum([term for term, _ in priced], [cost for _, cost in priced]) + offset)


class _Watch(cp_model.CpSolverSolutionCallback):
    """Notes when rosters are found."""

    def __init__(self, limits: Limits, tell: Tell) -> None:
        super().__init__()
        self.limits, self.tell = limits, tell
        self.first: float | None = None

    def on_solution_callback(self) -> None:
        """CP-SAT has a better roster."""
        now = self.limits.used()
        self.first = now if self.first is None else self.first
        self.tell(now, float(self.objective_value), float(self.best_objective_bound))


def solve(instance: Instance, limits: Limits, tell: Tell) -> Answer:
    """The incumbent at the time limit, by CP-SAT's own clock."""
    roster_model = RosterModel(instance)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = limits.threads
    solver.parameters.random_seed = limits.seed
    solver.parameters.symmetry_level = SYMMETRY_LEVEL
    solver.parameters.linearization_level = LINEARIZATION_LEVEL
    solver.parameters.max_time_in_seconds = max(limits.left(), 0.1)
    watch = _Watch(limits, tell)
    status = solver.solve(roster_model.model, watch)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    roster: Roster | None = None
    if found:
        roster = [cell for cell, literal in roster_model.cells.items() if solver.boolean_value(literal)]
        roster.sort(key=lambda entry: (entry[1], entry[0], entry[2]))
    return Answer(
        roster=roster,
        bound=float(solver.best_objective_bound),
        first_seconds=watch.first,
        claimed=float(solver.objective_value) if found else None,
        version=f"OR-Tools {version('ortools')}",
        note=str(solver.status_name(status)).lower(),
    )
