"""HiGHS on the compact program, passed as arrays."""

from __future__ import annotations

import highspy
import numpy as np

from benchmarks.instance import Instance
from benchmarks.peers.answer import Answer, Limits, Tell
from benchmarks.peers.compact import INFINITY, Program, compact_program

WHOLE_COSTS = 0.999
"""Every cost is a whole number, so a roster less than 1 above the bound is proven."""


def load(program: Program) -> highspy.Highs:
    """A silent HiGHS holding the program; the offset stays outside, so that a written file holds all of it."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call] # its constructor ships without types
    solver.setOptionValue("output_flag", False)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.cost), len(program.row_lower)
    lp.col_cost_ = np.array(program.cost)
    lp.col_lower_, lp.col_upper_ = np.array(program.lower), np.array(program.upper)
    lp.row_lower_, lp.row_upper_ = np.array(program.row_lower), np.array(program.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_ = np.array(program.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(program.index, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(program.value)
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in program.integer]
    if solver.passModel(lp) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS does not accept the model")
    return solver


def solve(instance: Instance, limits: Limits, tell: Tell) -> Answer:
    """The incumbent at the time limit, by HiGHS's own clock."""
    program = compact_program(instance)
    solver = load(program)
    for option, value in (
        ("threads", limits.threads),
        ("random_seed", limits.seed),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", WHOLE_COSTS),
        ("time_limit", max(limits.left(), 0.1)),
    ):
        solver.setOptionValue(option, value)
    found: list[float] = []

    def improved(event: highspy.HighsCallbackEvent) -> None:
        found.append(limits.used())
        data = event.data_out
        tell(found[-1], data.mip_primal_bound + program.offset, data.mip_dual_bound + program.offset)

    solver.cbMipImprovingSolution.subscribe(improved)
    solver.run()
    info = solver.getInfo()
    bound = float(info.mip_dual_bound) + program.offset
    has_roster = info.primal_solution_status == highspy.kSolutionStatusFeasible
    roster = program.roster(np.array(solver.getSolution().col_value)) if has_roster else None
    return Answer(
        roster=roster,
        bound=bound if abs(bound) < min(1e20, INFINITY) else None,
        first_seconds=found[0] if found else None,
        claimed=float(info.objective_function_value) + program.offset if has_roster else None,
        version=f"HiGHS {solver.version()}",
        note=solver.modelStatusToString(solver.getModelStatus()).lower(),
    )
