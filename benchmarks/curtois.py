"""`python -m benchmarks.curtois INSTANCE.txt --seconds 60 --out solution.json`: one instance, one line, one file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.instance import InstanceError, read_instance
from benchmarks.mapping import to_problem, to_roster
from benchmarks.verify import faults, penalty
from rostering.solver.engine import solve
from rostering.solver.result import ALGORITHMS, Hooks, Options, Progress

BROKEN, MALFORMED = 1, 2
"""Exit statuses: a required rule is broken; the file or the arguments make no sense."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Solve, verify, write, print; returns the exit status."""
    options = _arguments(arguments)
    try:
        instance = read_instance(options.instance)
    except InstanceError as error:
        print(error, file=sys.stderr)
        return MALFORMED
    problem = to_problem(instance)
    result = solve(
        problem,
        Options(options.algorithm, options.seconds, options.seed, options.threads, milp_solver=options.milp_solver),
        Hooks(report=_tell if options.verbose else lambda progress: None),
    )
    roster = to_roster(problem, result.assignments)
    broken = faults(instance, roster)
    objective = penalty(instance, roster)
    if abs(objective - result.objective) > 1e-6:
        broken.append(f"The objective is {objective}, and was reported as {result.objective}.")
    first = result.first_seconds
    answer = {
        "assignments": [list(entry) for entry in roster],
        "objective": objective,
        "bound": result.bound,
        "first_seconds": first,
    }
    options.out.write_text(json.dumps(answer) + "\n")
    bound = "none" if result.bound is None else f"{result.bound:.2f}"
    gap = "" if result.gap is None else f", gap {100 * result.gap:.2f} %"
    print(
        f"{Path(options.instance).stem}: objective {objective}, bound {bound}{gap}, {result.status.value}, "
        f"first roster after {first or 0:.1f} s, {result.seconds:.1f} s, {result.algorithm}"
    )
    for sentence in broken:
        print(sentence, file=sys.stderr)
    return BROKEN if broken else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.curtois", description=__doc__)
    parser.add_argument("instance", help="an instance in the public text format")
    parser.add_argument("--seconds", type=_seconds, default=60.0, help="time limit (default 60)")
    parser.add_argument("--algorithm", choices=ALGORITHMS, default="production")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, choices=(1, 2), default=2)
    parser.add_argument("--milp-solver", choices=("cbc", "highs"), default="cbc")
    parser.add_argument("--out", type=Path, default=Path("solution.json"), help="where the roster goes, as JSON")
    parser.add_argument("--verbose", action="store_true", help="report progress on standard error")
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("the time limit must be more than 0 seconds")
    return value


def _tell(progress: Progress) -> None:
    best = "-" if progress.objective is None else f"{progress.objective:.0f}"
    bound = "-" if progress.bound is None else f"{progress.bound:.1f}"
    mark = "*" if progress.assignments is not None else " "
    print(
        f"{progress.seconds:7.2f} s {mark} {best:>8} {bound:>10}  {progress.stage}: {progress.message}", file=sys.stderr
    )


if __name__ == "__main__":
    raise SystemExit(main())
