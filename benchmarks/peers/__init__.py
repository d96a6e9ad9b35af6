"""The solvers `benchmarks.compare` runs: one module each, with `solve(instance, limits, tell) -> Answer`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """A solver to compare: the module's name, what the table calls it, the package it needs."""

    name: str
    title: str
    package: str
    install: str


PEERS = (
    Peer("ours", "Muster", "numba", "requirements.txt"),
    Peer("cpsat", "CP-SAT", "ortools", "requirements-bench.txt"),
    Peer("highs", "HiGHS", "highspy", "requirements.txt"),
    Peer("cbc", "CBC", "pulp", "requirements.txt"),
)
"""In the order they run; `ours` is the one that is judged."""
