"""Runs HiGHS on a PuLP model, in this process: stops when asked, reports as it goes, takes a start."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import highspy
import numpy as np
import pulp

from rostering.solver.backend import MilpOutcome, OnProgress


def run_highs(
    model: pulp.LpProblem,
    *,
    seconds: float,
    threads: int = 1,
    start: Mapping[str, float] | None = None,
    nodes: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: OnProgress = lambda objective, bound: None,
    wanted: Callable[[], bool] = lambda: True,
) -> MilpOutcome:
    """Minimize `model`; returns within about a second of `seconds`, or sooner when asked to stop.

    `threads` and `wanted` are accepted for symmetry with CBC: HiGHS fixes one number of threads for the whole process,
    so one is used, and it hands over what it has without waiting.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="muster-highs-") as folder:
        path = Path(folder, "model.mps")
        _, names, _, _ = model.writeMPS(str(path), rename=True)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships no types
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.readModel(str(path))
    left = seconds - (time.monotonic() - began)
    if left <= 0.05 or should_stop():
        return MilpOutcome(None, None, False)
    solver.setOptionValue("time_limit", left)
    solver.setOptionValue("mip_rel_gap", 0.0)
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    columns = {solver.getColName(index)[1]: index for index in range(solver.getNumCol())}
    if start:
        known = [(columns[names[name]], value) for name, value in start.items() if names.get(name) in columns]
        indices = np.array([index for index, _ in known], dtype=np.int32)
        solver.setSolution(len(known), indices, np.array([value for _, value in known], dtype=np.float64))
    offset = float(model.objective.constant) if model.objective is not None else 0.0
    _listen(solver, offset, should_stop, on_progress)
    solver.run()
    return _read(solver, names, columns, offset)


def _listen(solver: highspy.Highs, offset: float, should_stop: Callable[[], bool], on_progress: OnProgress) -> None:
    def hear(event: highspy.HighsCallbackEvent) -> None:
        if should_stop():
            event.interrupt()
        if abs(event.data_out.mip_primal_bound) < 1e20:
            on_progress(event.data_out.mip_primal_bound + offset, event.data_out.mip_dual_bound + offset)

    solver.cbMipInterrupt.subscribe(hear)


def _read(solver: highspy.Highs, names: Mapping[str, str], columns: Mapping[str, int], offset: float) -> MilpOutcome:
    info = solver.getInfo()
    bound = float(info.mip_dual_bound) + offset if abs(info.mip_dual_bound) < 1e20 else None
    proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    if info.primal_solution_status != highspy.kSolutionStatusFeasible:
        return MilpOutcome(None, bound, False)
    values = solver.getSolution().col_value
    if not any(solver.getLp().integrality_):
        bound = float(info.objective_function_value) + offset if proven else None
    return MilpOutcome({name: float(values[columns[short]]) for name, short in names.items()}, bound, proven)
