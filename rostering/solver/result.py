"""What a solver is asked with and what it answers: options, hooks, progress, result."""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from rostering.solver.problem import Match

Algorithm = Literal["production", "milp", "fast", "auto"]
ALGORITHMS: tuple[Algorithm, ...] = ("production", "milp", "fast", "auto")

Assignments = frozenset[tuple[str, str]]
"""A roster: (staff id, shift id) pairs."""


class Signal(enum.Enum):
    """What the caller wants of a running solve."""

    GO_ON = "go on"
    STOP = "stop and keep the best so far"
    CANCEL = "cancel"


class Status(enum.Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """Proven best, within the tolerance of the bound."""
    FEASIBLE = "feasible"
    """Legal; better ones may exist. The search ran to its time or iteration limit."""
    STOPPED = "stopped"
    """Legal; somebody asked to stop and keep."""
    CANCELLED = "cancelled"
    """Somebody asked to cancel; the roster is to be thrown away."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to solve. `iterations` makes a run repeatable: with it, equal seeds give equal rosters."""

    algorithm: Algorithm = "production"
    time_limit_seconds: float = 60.0
    seed: int = 1
    threads: int = 2
    iterations: int | None = None
    milp_solver: Literal["cbc", "highs"] = "cbc"


@dataclass(frozen=True, slots=True)
class Progress:
    """A report from a running solve: `progress` and `coverage` in percent, `assignments` set with a new best roster."""

    seconds: float
    progress: float
    stage: str
    message: str
    objective: float | None = None
    bound: float | None = None
    coverage: float | None = None
    assignments: Assignments | None = None

    @property
    def gap(self) -> float | None:
        """Share by which the objective can still fall, 0 to 1; see `relative_gap`."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """(objective - bound) / |objective|, at least 0; None while either is unknown."""
    if objective is None or bound is None:
        return None
    return max(0.0, objective - bound) / max(abs(objective), 1e-9) if objective > bound + 1e-9 else 0.0


class CrewLike(Protocol):
    """Whoever solves the parts of a large problem: `solver.crew.Crew`, or what the caller puts in its place."""

    @property
    def size(self) -> int:
        """How many parts are solved at once; may change."""

    def work(self, requests: Iterator[dict[str, Any]]) -> Generator[dict[str, Any] | None, None, None]:
        """Messages (`task`, `event`: better, done, failed) as they come, None when nothing came for a moment."""

    def ask_to_stop(self) -> None:
        """Ask for the best found so far; answers still come through `work`."""

    def end(self) -> None:
        """Let everybody go."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """How a solve talks to its caller; `report` and `should_stop` are called often and must be cheap.

    `crew` makes the crew for a problem solved in parts, given the number of threads; None for worker processes.
    """

    report: Callable[[Progress], None] = lambda progress: None
    should_stop: Callable[[], Signal] = lambda: Signal.GO_ON
    crew: Callable[[int], CrewLike] | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A shift with places left unfilled."""

    shift: str
    short: int
    cost: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """The independent checker's verdict on a roster.

    `matches` holds every penalty; `broken` the required rules broken, which no solver may return except for pins and
    contradictions in the input. `objective` is the sum of all costs in points, money included by its weight.
    """

    objective: float
    matches: tuple[Match, ...]
    broken: tuple[Match, ...]
    shortfalls: tuple[Shortfall, ...]
    cents: int
    minutes: int
    places: int
    filled: int

    @property
    def coverage(self) -> float:
        """Percent of places filled; 100 when there are none."""
        return 100.0 * self.filled / self.places if self.places else 100.0

    @property
    def legal(self) -> bool:
        """No required rule is broken."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Result:
    """The best roster found and how good it is. `bound` is a proven lower bound on any roster's objective."""

    assignments: Assignments
    judgement: Judgement
    status: Status
    algorithm: Algorithm
    bound: float | None
    seconds: float
    first_seconds: float | None
    iterations: int = 0
    history: tuple[tuple[float, float], ...] = field(default=())
    """(seconds, objective) of each improvement."""

    @property
    def objective(self) -> float:
        """Points; lower is better."""
        return self.judgement.objective

    @property
    def gap(self) -> float | None:
        """See `relative_gap`."""
        return relative_gap(self.objective, self.bound)
