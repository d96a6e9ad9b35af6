"""One running solve: its clock, the caller's wishes, the best roster so far, and everything reported of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from rostering.solver.checker import judge
from rostering.solver.problem import Problem
from rostering.solver.result import Algorithm, Assignments, Hooks, Judgement, Options, Progress, Result, Signal, Status

POLL_SECONDS = 0.1
QUIET_SECONDS = 1.0
"""A report at least this often while the search goes on, so that bars move."""


class Session:
    """Keeps the promises every algorithm shares: judged rosters only, monotone progress, stop and time limit."""

    def __init__(self, problem: Problem, options: Options, hooks: Hooks) -> None:
        self.problem, self.options, self.hooks = problem, options, hooks
        self.judge: Callable[[Assignments], Judgement] = partial(judge, problem)
        self.started = time.monotonic()
        self.signal = Signal.GO_ON
        self.assignments: Assignments | None = None
        self.judgement: Judgement | None = None
        self._bound: float | None = None
        self._priced = 0.0
        self.proven = False
        self.first_seconds: float | None = None
        self.iterations = 0
        self.history: list[tuple[float, float]] = []
        self.stage, self.message = "preparing", "Reading the problem."
        self._polled = self._reported = -1.0
        self._progress = 0.0

    # -- time and wishes -------------------------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """Seconds since the solve began."""
        return time.monotonic() - self.started

    @property
    def remaining(self) -> float:
        """Seconds left of the time limit, a little kept for judging and answering."""
        reserve = min(1.0, 0.02 * self.options.time_limit_seconds)
        return self.options.time_limit_seconds - reserve - self.seconds

    def over(self) -> bool:
        """Whether to stop now: asked to, or out of time or iterations, or nothing is left to gain."""
        return self.asked_to_stop() or self.remaining <= 0 or self.exhausted() or self.proven

    def exhausted(self) -> bool:
        """Whether the iteration limit is reached."""
        return self.options.iterations is not None and self.iterations >= self.options.iterations

    def share(self) -> float:
        """How much of the run is used, 0 to 1: of the iterations where they are limited, else of the time."""
        if self.options.iterations is not None:
            return self.iterations / max(1, self.options.iterations)
        return self.seconds / self.options.time_limit_seconds

    def asked_to_stop(self) -> bool:
        """Ask the caller (a few times a second at most) whether to go on; also keeps quiet stages reporting."""
        now = self.seconds
        if self.signal is Signal.GO_ON and now - self._polled >= POLL_SECONDS:
            self._polled = now
            self.signal = self.hooks.should_stop()
            if now - self._reported >= QUIET_SECONDS:
                self.report()
        return self.signal is not Signal.GO_ON

    def wanted(self) -> bool:
        """Whether what is found is still of use: not once the caller has cancelled."""
        return self.signal is not Signal.CANCEL

    # -- rosters ---------------------------------------------------------------------------------------------------

    def offer(self, assignments: Assignments, modelled: float | None = None) -> bool:
        """Judge a roster and keep it when it is better: fewer required rules broken, then a lower objective.

        `modelled` is its cost as the searches see it, with what is unavoidably broken priced in.
        """
        verdict = self.judge(assignments)
        if self.judgement is not None and not _better(verdict, self.judgement):
            return False
        self.assignments, self.judgement = assignments, verdict
        self._priced = modelled - verdict.objective if verdict.broken and modelled is not None else 0.0
        if self.first_seconds is None:
            self.first_seconds = self.seconds
        self.history.append((self.seconds, verdict.objective))
        self._check_proof()
        self.report(improved=True)
        return True

    def raise_bound(self, bound: float) -> None:
        """Take a proven lower bound on the modelled cost of every roster; the best one is kept."""
        if self._bound is None or bound > self._bound:
            self._bound = bound
            self._check_proof()

    def close(self) -> None:
        """The roster is the only one possible: its objective is the bound."""
        if self.judgement is not None:
            self.raise_bound(self.judgement.objective + self._priced)

    @property
    def bound(self) -> float | None:
        """Lower bound on the objective of every roster that breaks no more than the best one does."""
        if self._bound is None or self.judgement is None:
            return self._bound
        return min(self._bound - self._priced, self.judgement.objective)

    def _check_proof(self) -> None:
        if self.judgement is None or self._bound is None:
            return
        bound = self._bound - self._priced
        self.proven = self.judgement.objective <= bound + 1e-6 * max(1.0, abs(bound))

    # -- reports ---------------------------------------------------------------------------------------------------

    def enter(self, stage: str, message: str) -> None:
        """Begin a stage, told to the caller in a sentence."""
        self.stage, self.message = stage, message
        self.report()

    def report(self, improved: bool = False) -> None:
        """Tell the caller where things stand."""
        now = self.seconds
        self._reported = now
        self._progress = max(self._progress, min(99.0, 100.0 * self.share()))
        verdict = self.judgement
        self.hooks.report(
            Progress(
                seconds=now,
                progress=self._progress,
                stage=self.stage,
                message=self.message,
                objective=verdict.objective if verdict else None,
                bound=self.bound,
                coverage=verdict.coverage if verdict else None,
                assignments=self.assignments if improved else None,
            )
        )

    def result(self, algorithm: Algorithm) -> Result:
        """The answer. Raises RuntimeError when no roster was ever offered (a bug, not an input)."""
        if self.assignments is None or self.judgement is None:
            raise RuntimeError("the solver ended without offering a roster")
        if self.signal is Signal.CANCEL:
            status = Status.CANCELLED
        elif self.proven:
            status = Status.OPTIMAL
        elif self.signal is Signal.STOP:
            status = Status.STOPPED
        else:
            status = Status.FEASIBLE
        self.stage, self.message = "done", f"Finished after {self.seconds:.1f} seconds."
        return Result(
            assignments=self.assignments,
            judgement=self.judgement,
            status=status,
            algorithm=algorithm,
            bound=self.bound,
            seconds=self.seconds,
            first_seconds=self.first_seconds,
            iterations=self.iterations,
            history=tuple(self.history),
        )


def _better(candidate: Judgement, best: Judgement) -> bool:
    broken, before = _damage(candidate), _damage(best)
    if broken != before:
        return broken < before
    return candidate.objective < best.objective - 1e-9


def _damage(verdict: Judgement) -> tuple[int, float]:
    return len(verdict.broken), sum(match.amount for match in verdict.broken)
