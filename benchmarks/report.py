"""The comparison as a table: what each solver gave on each instance, in Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.peers import PEERS

TITLES = {peer.name: peer.title for peer in PEERS}
OURS = PEERS[0].name
NONE = "none"
NEAR = 0.02
"""A bound within this share of the roster counts as near it."""


@dataclass(frozen=True)
class Run:
    """One solver on one instance, after the independent reader has judged its roster.

    `objective` is the reader's, None without a roster that keeps every required rule; `broken` says what an unusable
    roster or bound got wrong; `bound` is rounded up, since every cost is a whole number.
    """

    instance: str
    solver: str
    best_known: int | None
    objective: int | None
    bound: int | None = None
    first_seconds: float | None = None
    seconds: float = 0.0
    peak_bytes: int = 0
    version: str = ""
    note: str = ""
    broken: tuple[str, ...] = ()

    @property
    def gap(self) -> float | None:
        """How far above the best known objective, in percent of it; None when either is missing."""
        return None if self.best_known is None else percent_above(self.objective, self.best_known)

    @property
    def bound_gap(self) -> float | None:
        """How far the roster is above its own solver's bound, in percent of the roster."""
        if self.objective is None or self.bound is None:
            return None
        return 100.0 * (self.objective - self.bound) / self.objective if self.objective else 0.0


def percent_above(objective: int | None, best: int) -> float | None:
    """(objective - best) / best in percent; above 0 without end when the best is 0."""
    if objective is None:
        return None
    if best == 0:
        return 0.0 if objective == 0 else math.inf
    return 100.0 * (objective - best) / best


def behind(runs: Sequence[Run]) -> list[str]:
    """A sentence for each instance on which a peer's roster is better than ours."""
    sentences = []
    for instance, by_solver in by_instance(runs).items():
        ours = by_solver.get(OURS)
        if ours is None:
            continue
        for name, peer in by_solver.items():
            if peer.objective is not None and (ours.objective is None or peer.objective < ours.objective):
                sentences.append(
                    f"{instance}: {TITLES[name]} found {peer.objective}, {TITLES[OURS]} {_text(ours.objective)}."
                )
    return sentences


def by_instance(runs: Iterable[Run]) -> dict[str, dict[str, Run]]:
    """Instance → solver → run, in the order they ran."""
    found: dict[str, dict[str, Run]] = {}
    for run in runs:
        found.setdefault(run.instance, {})[run.solver] = run
    return found


def summary(runs: Sequence[Run], solver: str) -> str:
    """A solver's line: median and worst gap to the best known, where there is one and it found a roster."""
    mine = [run for run in runs if run.solver == solver]
    gaps = [run.gap for run in mine if run.gap is not None]
    rosters = sum(1 for run in mine if run.objective is not None)
    middle = f"median gap {statistics.median(gaps):.2f} %, worst {max(gaps):.2f} %" if gaps else "no gap to tell"
    near = sum(1 for run in mine if run.bound_gap is not None and run.bound_gap <= 100 * NEAR)
    return (
        f"{TITLES[solver]}: a roster on {rosters} of {len(mine)}, {middle}, bound within {100 * NEAR:.0f} % on {near}"
    )


def standing(runs: Sequence[Run]) -> str:
    """On how many instances our roster is as good as every peer's, or better."""
    compared = [group for group in by_instance(runs).values() if OURS in group and len(group) > 1]
    worse = len({sentence.partition(":")[0] for sentence in behind(runs)})
    return f"{TITLES[OURS]} is ahead of or level with every peer on {len(compared) - worse} of {len(compared)}."


def markdown(runs: Sequence[Run], facts: Sequence[tuple[str, str]], stopped: bool) -> str:
    """The whole file: facts about the run, summary, one row per instance, one row per run, what was broken."""
    solvers = [peer.name for peer in PEERS if any(run.solver == peer.name for run in runs)]
    lines = ["# Muster beside CP-SAT, HiGHS and CBC", ""]
    lines += ["Written by `python -m benchmarks.compare`; see [README.md](README.md) for what is compared and how.", ""]
    lines += [f"- {name}: {value}" for name, value in facts]
    if stopped:
        lines.append("- **Stopped before the end**: instances or solvers are missing.")
    if not runs:
        return "\n".join([*lines, "", "Nothing has run.", ""])
    lines += ["", "## Summary", "", *(f"- {summary(runs, solver)}" for solver in solvers)]
    if OURS in solvers and len(solvers) > 1:
        lines += ["", f"**{standing(runs)}**", *(f"- {sentence}" for sentence in behind(runs))]
    lines += ["", "## Objectives", "", "Lower is better; in brackets the gap to the best known.", ""]
    lines += _objectives(runs, solvers)
    lines += ["", "## Every run", ""]
    lines += _details(runs)
    broken = [f"- {run.instance}, {TITLES[run.solver]}: {text}" for run in runs for text in run.broken]
    if broken:
        lines += ["", "## Broken", "", *broken]
    return "\n".join([*lines, ""])


def _objectives(runs: Sequence[Run], solvers: Sequence[str]) -> list[str]:
    rows = []
    for instance, by_solver in by_instance(runs).items():
        best = next(iter(by_solver.values())).best_known
        objectives = [run.objective for run in by_solver.values() if run.objective is not None]
        cells = []
        for solver in solvers:
            run = by_solver.get(solver)
            text = "" if run is None else _with_gap(run)
            won = run is not None and run.objective is not None and run.objective == min(objectives)
            cells.append(f"**{text}**" if won else text)
        rows.append([instance, "-" if best is None else str(best), *cells])
    return _table(["instance", "best known", *(TITLES[solver] for solver in solvers)], rows)


def _with_gap(run: Run) -> str:
    return _text(run.objective) if run.gap is None else f"{run.objective} ({run.gap:+.2f} %)"


def _details(runs: Sequence[Run]) -> list[str]:
    head = ["instance", "solver", "objective", "gap to best known", "bound", "gap to bound"]
    head += ["first roster", "time used", "peak memory", "the solver's own words"]
    rows = [
        [
            run.instance,
            TITLES[run.solver],
            _text(run.objective),
            _percent(run.gap),
            _text(run.bound),
            _percent(run.bound_gap),
            "-" if run.first_seconds is None else f"{run.first_seconds:.1f} s",
            f"{run.seconds:.1f} s",
            f"{run.peak_bytes / 1e6:.0f} MB",
            run.note.replace("|", "/"),
        ]
        for run in runs
    ]
    return _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _text(value: int | None) -> str:
    return NONE if value is None else str(value)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} %"
