"""`python -m benchmarks.compare INSTANCE.txt …`: Muster beside CP-SAT, HiGHS and CBC, one after another, in one table.

Every solver runs alone in a process of its own, with the same seconds and threads, and every roster is read by
`benchmarks.verify`: no solver's word is taken for anything but its bound, and that is checked against every roster.
"""

from __future__ import annotations

import argparse
import math
import platform
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from benchmarks.best_known import PUBLISHED, BestKnownError, key, read_best_known
from benchmarks.instance import Instance, InstanceError, read_instance
from benchmarks.machine import machine, now, revision
from benchmarks.peers import PEERS
from benchmarks.peers.process import Measured, run_peer
from benchmarks.report import OURS, TITLES, Run, behind, by_instance, markdown, standing, summary
from benchmarks.verify import faults, penalty

BROKEN, MALFORMED, STOPPED = 1, 2, 130
"""Exit statuses: our roster or bound is wrong (with --strict: or a peer's is better); bad arguments; interrupted."""
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
TOLERANCE = 1e-6
"""What floating-point arithmetic may add to a bound or to our objective."""
SLACK = 0.01
"""What a peer's feasibility tolerance may take off its objective."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything, write the table after every run; returns the exit status."""
    options = _arguments(arguments)
    try:
        instances = [(path.stem, path, read_instance(path)) for path in options.instances]
        known = read_best_known(options.best_known) if options.best_known else PUBLISHED
        _check(options, [name for name, _, _ in instances])
    except (InstanceError, BestKnownError, ValueError) as error:
        print(error, file=sys.stderr)
        return MALFORMED
    facts = [("Date", now()), ("Machine", machine()), ("Limits", _limits(options))]
    runs: list[Run] = []
    stopped = True
    try:
        with _stop_when_told():
            for name, path, instance in instances:
                for solver in options.only:
                    print(f"{name}: {TITLES[solver]} …", flush=True)
                    measured = _measure(solver, path, options)
                    runs.append(judge(name, instance, solver, known.get(key(name)), measured))
                    print(f"{name}: {_line(runs[-1])}", flush=True)
                    _write(options.out, runs, facts, stopped)
        stopped = False
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    _write(options.out, runs, facts, stopped)
    return _conclude(check_bounds(runs), options, stopped)


def judge(name: str, instance: Instance, solver: str, best_known: int | None, measured: Measured) -> Run:
    """What an answer is worth: its roster read independently, its bound rounded up to the next whole number."""
    answer = measured.answer
    objective, broken = None, []
    if answer.roster is not None:
        broken = faults(instance, answer.roster)
        objective = None if broken else penalty(instance, answer.roster)
    if broken:
        broken.insert(0, "The roster breaks required rules and does not count.")
    if objective is not None and answer.claimed is not None and _differs(solver, answer.claimed, objective):
        broken.append(f"The objective is {objective}, and was reported as {answer.claimed:g}.")
    return Run(
        instance=name,
        solver=solver,
        best_known=best_known,
        objective=objective,
        bound=_rounded_up(answer.bound),
        first_seconds=answer.first_seconds,
        seconds=answer.seconds,
        peak_bytes=measured.peak_bytes,
        version=answer.version,
        note=answer.note,
        broken=tuple(broken),
    )


def _differs(solver: str, claimed: float, objective: int) -> bool:
    """A peer's places short and extra may both be counted too high until it has finished; ours are exact."""
    return abs(claimed - objective) > TOLERANCE if solver == OURS else claimed < objective - SLACK


def _rounded_up(bound: float | None) -> int | None:
    if bound is None or not math.isfinite(bound):
        return None
    return math.ceil(bound - TOLERANCE * max(1.0, abs(bound)))


def check_bounds(runs: Sequence[Run]) -> list[Run]:
    """The runs, where a bound above a roster of any solver, or the best known, is named as wrong and taken away."""
    groups = by_instance(runs)
    return [_bound_checked(run, groups[run.instance].values()) for run in runs]


def _bound_checked(run: Run, group: Iterable[Run]) -> Run:
    rosters = [
        objective for other in group for objective in (other.objective, other.best_known) if objective is not None
    ]
    if run.bound is None or not rosters or run.bound <= min(rosters):
        return run
    sentence = f"The bound {run.bound} is wrong: there is a roster of {min(rosters)}."
    return replace(run, bound=None, broken=(*run.broken, sentence))


def _measure(solver: str, path: Path, options: argparse.Namespace) -> Measured:
    return run_peer(
        solver, path, seconds=options.seconds, threads=options.threads, seed=options.seed, verbose=options.verbose
    )


def _line(run: Run) -> str:
    gap = "" if run.gap is None else f" ({run.gap:+.2f} %)"
    bound = "no bound" if run.bound is None else f"bound {run.bound}"
    first = "" if run.first_seconds is None else f", first roster after {run.first_seconds:.1f} s"
    found = "none" if run.objective is None else f"{run.objective}{gap}"
    return (
        f"{TITLES[run.solver]} {found}, {bound}{first}, {run.seconds:.1f} s, {run.peak_bytes / 1e6:.0f} MB, "
        f"{run.note}{''.join(f' {text}' for text in run.broken)}"
    )


def _write(out: Path, runs: Sequence[Run], facts: Sequence[tuple[str, str]], stopped: bool) -> None:
    versions = {run.solver: run.version for run in runs if run.version}
    said = [f"{TITLES[solver]} {version}" if solver == OURS else version for solver, version in versions.items()]
    commit = revision()
    python = f"Python {platform.python_version()}{f', commit {commit}' if commit else ''}"
    out.write_text(
        markdown(check_bounds(runs), [*facts, ("Versions", "; ".join([python, *said]))], stopped), encoding="utf-8"
    )


def _conclude(runs: Sequence[Run], options: argparse.Namespace, stopped: bool) -> int:
    for solver in options.only:
        if any(run.solver == solver for run in runs):
            print(summary(runs, solver))
    print(f"Written to {options.out}.")
    ours = [run for run in runs if run.solver == OURS]
    wrong = [f"{run.instance}: {text}" for run in ours for text in run.broken]
    wrong += [f"{run.instance}: no roster; {run.note}." for run in ours if run.objective is None and not run.broken]
    worse = behind(runs)
    if ours and len(options.only) > 1:
        print(standing(runs))
    for sentence in [*wrong, *worse]:
        print(sentence, file=sys.stderr)
    if wrong or (options.strict and worse):
        return BROKEN
    return STOPPED if stopped else 0


def _limits(options: argparse.Namespace) -> str:
    seconds = f"{options.seconds:g} s, {options.threads} thread{'s' if options.threads > 1 else ''}"
    return f"{seconds} and seed {options.seed} for each, one process at a time"


def _check(options: argparse.Namespace, names: Sequence[str]) -> None:
    """Everything that could go wrong only after an hour; ValueError with a sentence."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Two instances are called {twice[0]}: rename one, the table tells them apart by file name.")
    for peer in PEERS:
        if peer.name in options.only and find_spec(peer.package) is None:
            rest = ",".join(name for name in options.only if name != peer.name)
            raise ValueError(
                f"{peer.title} needs the package {peer.package}: pip install -r {peer.install}"
                f"{f', or leave it out with --only {rest}' if rest else ''}."
            )
    if not options.out.parent.is_dir() or options.out.is_dir():
        raise ValueError(f"{options.out} cannot be written: name a file in a directory that exists.")


@contextmanager
def _stop_when_told() -> Iterator[None]:
    """SIGTERM and SIGINT (ignored by default in a shell's background) end the run: what is there is written."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument("instances", nargs="+", type=Path, help="instances in the public text format")
    parser.add_argument("--seconds", type=_seconds, default=60.0, help="time limit of each solver (default 60)")
    parser.add_argument("--threads", type=_threads, default=2, help="threads of each solver (default 2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=_solvers, default=[peer.name for peer in PEERS], help="ours,cpsat,highs,cbc")
    parser.add_argument("--best-known", type=Path, help="file of `name objective` lines, beside the published ones")
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="where the table goes (default benchmarks/RESULTS.md)"
    )
    parser.add_argument("--strict", action="store_true", help="fail also when a peer's roster is better than ours")
    parser.add_argument("--verbose", action="store_true", help="print every improvement")
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError("the time limit must be more than 0 seconds")
    return value


def _threads(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least one thread is needed")
    return value


def _solvers(text: str) -> list[str]:
    asked = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in asked if name not in TITLES]
    if unknown or not asked:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(TITLES)}; {', '.join(unknown) or 'nothing'} is none")
    return [peer.name for peer in PEERS if peer.name in asked]


if __name__ == "__main__":
    raise SystemExit(main())
