"""The interior point method against HiGHS on random programs of the pattern kind."""

from __future__ import annotations

import highspy
import numpy as np
import pytest

from rostering.solver.interior import Sparse, solve_interior


def pattern_program(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dense matrix, costs and right-hand side: patterns of some people, places short and extra."""
    rng = np.random.default_rng(seed)
    shifts, people, patterns = int(rng.integers(3, 12)), int(rng.integers(1, 6)), int(rng.integers(1, 8))
    cover = (rng.random((shifts, people * patterns)) < 0.4).astype(float)
    one = np.kron(np.eye(people), np.ones(patterns))
    slack = np.vstack((np.hstack((np.eye(shifts), -np.eye(shifts))), np.zeros((people, 2 * shifts))))
    matrix = np.hstack((np.vstack((cover, one)), slack))
    cost = np.concatenate((rng.integers(0, 30, people * patterns), np.full(shifts, 100.0), np.full(shifts, 1.0)))
    right = np.concatenate((rng.integers(0, 4, shifts), np.ones(people))).astype(float)
    return matrix, cost.astype(float), right


def sparse(matrix: np.ndarray) -> Sparse:
    """The same by columns."""
    entries = [(np.flatnonzero(column), column[np.flatnonzero(column)]) for column in matrix.T]
    start = np.concatenate(([0], np.cumsum([len(row) for row, _ in entries])))
    return Sparse(start, np.concatenate([row for row, _ in entries]), np.concatenate([value for _, value in entries]))


def optimum(matrix: np.ndarray, cost: np.ndarray, right: np.ndarray) -> float:
    """The least cost, by HiGHS."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy ships no types
    solver.setOptionValue("output_flag", False)
    columns = sparse(matrix)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrix.shape[1], matrix.shape[0]
    lp.col_cost_, lp.col_lower_ = cost, np.zeros(len(cost))
    lp.col_upper_ = np.full(len(cost), highspy.kHighsInf)
    lp.row_lower_ = lp.row_upper_ = right
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = columns.start, columns.row
    lp.a_matrix_.value_ = columns.value
    solver.passModel(lp)
    solver.run()
    return float(solver.getInfo().objective_function_value)


@pytest.mark.parametrize("seed", range(40))
def test_it_finds_the_optimum_and_prices_that_prove_it(seed: int) -> None:
    matrix, cost, right = pattern_program(seed)
    point = solve_interior(sparse(matrix), cost, right, 1e-7)
    assert point is not None
    best = optimum(matrix, cost, right)
    assert point.objective == pytest.approx(best, rel=1e-5, abs=1e-4)
    assert right @ point.y == pytest.approx(best, rel=1e-5, abs=1e-4)
    assert (matrix.T @ point.y <= cost + 1e-4).all()
    assert np.abs(matrix @ point.x - right).max() < 1e-3


@pytest.mark.parametrize("seed", range(10))
def test_stopping_early_keeps_its_word_on_the_gap(seed: int) -> None:
    matrix, cost, right = pattern_program(seed)
    point = solve_interior(sparse(matrix), cost, right, 0.1)
    assert point is not None
    assert point.gap <= 0.1
    best = optimum(matrix, cost, right)
    assert right @ point.y <= best + 1e-3 * (1 + abs(best))
    assert point.objective >= best - 1e-3 * (1 + abs(best))
