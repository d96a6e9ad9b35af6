"""One solver on one instance in a process of its own; `benchmarks.compare` starts it and measures it."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, cast

from benchmarks.instance import Instance, InstanceError, read_instance
from benchmarks.peers import PEERS
from benchmarks.peers.answer import Answer, Limits, Tell


class SolverModule(Protocol):
    """What every module named in PEERS has."""

    def solve(self, instance: Instance, limits: Limits, tell: Tell) -> Answer:
        """The best roster within the limits."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Solve, write the answer as JSON; returns the exit status."""
    options = _arguments(arguments)
    if options.tied:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    keep_to(options.threads)
    solver = cast(SolverModule, importlib.import_module(f"benchmarks.peers.{options.peer}"))
    try:
        instance = read_instance(options.instance)
    except InstanceError as error:
        print(error, file=sys.stderr)
        return 2
    limits = Limits(options.seconds, options.threads, options.seed)
    answer = solver.solve(instance, limits, _tell if options.verbose else lambda seconds, objective, bound: None)
    replace(answer, seconds=limits.used()).write(options.out)
    return 0


def keep_to(threads: int) -> None:
    """Let this process and its children use that many cores and no more, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def _end_with_parent() -> None:
    """Standard input is a pipe the parent holds open: when it closes, end the whole process group."""
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


def _tell(seconds: float, objective: float | None, bound: float | None) -> None:
    best = "-" if objective is None else f"{objective:.0f}"
    least = "" if bound is None or abs(bound) > 1e20 else f", bound {bound:.1f}"
    print(f"      {seconds:7.1f} s  {best}{least}", flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.peers.run", description=__doc__)
    parser.add_argument("peer", choices=[peer.name for peer in PEERS])
    parser.add_argument("instance", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="where the answer goes, as JSON")
    parser.add_argument("--verbose", action="store_true", help="print every improvement")
    parser.add_argument("--tied", action="store_true", help="end when standard input closes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
