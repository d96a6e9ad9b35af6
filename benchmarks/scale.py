"""`python -m benchmarks.scale --staff 2000 --sites 200 --days 28 --seconds 600`: how a large roster comes about.

Prints every better roster (objective, bound, gap, coverage), the seconds of each stage, memory and processor time of
all processes, what the independent checker says in the end, and the same figures for a small company in the same run:
seconds a person in both show whether the work grows with the people alone. Exit status 1: a required rule is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.world import make_world
from rostering.solver.checker import judge
from rostering.solver.engine import solve
from rostering.solver.problem import Match, Problem
from rostering.solver.result import ALGORITHMS, Hooks, Options, Progress, Result

SMALL_STAFF, SMALL_SITES = 80, 8
"""The small company that the large one is held against."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Log:
    """What a run reported: seconds by stage, and each better roster."""

    stages: dict[str, float] = field(default_factory=dict)
    rosters: list[tuple[float, float, float | None, float]] = field(default_factory=list)
    _stage: str = "preparing"
    _since: float = 0.0

    def take(self, progress: Progress) -> None:
        """Keep a report; print it when it brings a better roster."""
        self.stages[self._stage] = self.stages.get(self._stage, 0.0) + progress.seconds - self._since
        self._stage, self._since = progress.stage, progress.seconds
        if progress.assignments is not None and progress.objective is not None:
            self.rosters.append((progress.seconds, progress.objective, progress.bound, progress.coverage or 0.0))
            bound = "-" if progress.bound is None else f"{progress.bound:,.0f}"
            gap = "-" if progress.gap is None else f"{100 * progress.gap:.2f} %"
            print(
                f"{progress.seconds:8.1f} s  objective {progress.objective:12,.1f}  bound {bound:>10}  gap {gap:>8}  "
                f"coverage {progress.coverage:6.2f} %  {progress.stage}",
                flush=True,
            )


class Memory:
    """Peak resident memory of this process and its children together, looked at ten times a second."""

    def __init__(self) -> None:
        self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.peak = max(self.peak, sum(map(_resident, [os.getpid(), *_children(os.getpid())])))

    def close(self) -> float:
        """Peak in megabytes."""
        self._stop.set()
        self._thread.join()
        return self.peak / 1e6


def _children(parent: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            direct = [int(pid) for pid in task.read_text().split()]
        except OSError:
            continue
        for pid in direct:
            found += [pid, *_children(pid)]
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


@dataclass(frozen=True)
class Figures:
    """One run in numbers; `cpu_seconds` are of all its processes."""

    staff: int
    shifts: int
    places: int
    load: float
    seconds: float
    cpu_seconds: float
    first_seconds: float | None
    objective: float
    bound: float | None
    gap: float | None
    coverage: float
    broken: int
    megabytes: float
    stages: dict[str, float]

    @property
    def first_per_person(self) -> float:
        """Milliseconds a person until the first legal roster."""
        return 1000 * (self.first_seconds or 0.0) / self.staff


def run(problem: Problem, options: Options) -> Figures:
    """Solve, watch, and have the roster judged once more from nothing."""
    log, memory = Log(), Memory()
    began = _processor()
    result = solve(problem, options, Hooks(report=log.take))
    cpu = _processor() - began
    megabytes = memory.close()
    return _figures(problem, result, log, cpu, megabytes)


def _figures(problem: Problem, result: Result, log: Log, cpu: float, megabytes: float) -> Figures:
    began = time.monotonic()
    verdict = judge(problem, result.assignments)
    stages = {**log.stages, "check": time.monotonic() - began}
    if abs(verdict.objective - result.objective) > 1e-6 * max(1.0, abs(verdict.objective)):
        print(f"The objective is {verdict.objective}, and was reported as {result.objective}.", file=sys.stderr)
    _costs(problem, verdict.matches)
    asked = sum(shift.headcount * shift.paid_minutes for shift in problem.shifts)
    return Figures(
        staff=len(problem.staff),
        shifts=len(problem.shifts),
        places=verdict.places,
        load=asked / 60 / len(problem.staff) / (problem.calendar.days / 7),
        seconds=result.seconds,
        cpu_seconds=cpu,
        first_seconds=result.first_seconds,
        objective=verdict.objective,
        bound=result.bound,
        gap=result.gap,
        coverage=verdict.coverage,
        broken=len(verdict.broken),
        megabytes=megabytes,
        stages=stages,
    )


def _costs(problem: Problem, matches: Sequence[Match]) -> None:
    points: dict[str, float] = defaultdict(float)
    for match in matches:
        points[match.rule] += match.cost + problem.cost_weight * match.amount * (match.rule == "cost")
    ordered = sorted(points.items(), key=lambda row: -row[1])
    print("  points by rule: " + ", ".join(f"{rule} {cost:,.0f}" for rule, cost in ordered))


def _processor() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _print(title: str, figures: Figures) -> None:
    bound = "none" if figures.bound is None else f"{figures.bound:,.1f}"
    gap = "" if figures.gap is None else f", gap {100 * figures.gap:.2f} %"
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in figures.stages.items())
    lines = (
        f"{title}: {figures.staff} staff, {figures.shifts} shifts, {figures.places} places, "
        f"{figures.load:.1f} h a person and week",
        f"  first legal roster after {figures.first_seconds or 0:.1f} s ({figures.first_per_person:.1f} ms a person)",
        f"  objective {figures.objective:,.1f} ({figures.objective / figures.staff:.2f} a person), "
        f"bound {bound}{gap}, coverage {figures.coverage:.2f} %, required rules broken: {figures.broken}",
        f"  {figures.seconds:.1f} s ({figures.cpu_seconds:.1f} s of processor), peak {figures.megabytes:,.0f} MB",
        f"  {stages}",
    )
    print("\n".join(lines), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Both runs and the comparison; returns the exit status."""
    given = _arguments(arguments)
    began = time.monotonic()
    problem = make_world(given.staff, given.sites, given.days, given.seed)
    print(
        f"A company of {given.staff} staff and {given.sites} sites made in {time.monotonic() - began:.1f} s.",
        flush=True,
    )
    options = Options(given.algorithm, given.seconds, given.seed, given.threads)
    large = run(problem, options)
    _print("Large", large)
    answer = {"large": asdict(large)}
    if not given.alone:
        share = min(1.0, SMALL_STAFF / given.staff)
        small_options = Options(given.algorithm, max(10.0, given.seconds * share), given.seed, given.threads)
        small = run(make_world(SMALL_STAFF, SMALL_SITES, given.days, given.seed), small_options)
        _print("Small", small)
        ratio = large.first_per_person / small.first_per_person if small.first_per_person else float("nan")
        print(f"A person's share of the first roster takes {ratio:.2f} times as long in the large company, of the "
              f"objective {large.objective / large.staff / (small.objective / small.staff):.2f} times.")  # fmt: skip
        answer["small"] = asdict(small)
    if given.out:
        given.out.write_text(json.dumps(answer, indent=1) + "\n")
    return 1 if large.broken else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--staff", type=int, default=2000)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--algorithm", choices=ALGORITHMS, default="production")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--alone", action="store_true", help="leave out the small company")
    parser.add_argument("--out", type=Path, help="where the figures go, as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
