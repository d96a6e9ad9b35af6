"""The `milp` algorithm: the compact model under the time limit, started from and never worse than the fast roster."""

from __future__ import annotations

from rostering.solver.backend import MilpOutcome
from rostering.solver.cbc import run_cbc
from rostering.solver.highs import run_highs
from rostering.solver.milp import CompactModel
from rostering.solver.session import Session
from rostering.solver.team import Team

LARGEST = 400_000
"""Compact variables beyond which the model is not even built: it would take longer than any limit allows."""


def improve_by_milp(team: Team, session: Session, seconds: float | None = None) -> None:
    """Solve the compact model, for `seconds` or until the limit, and offer what it finds."""
    people = [member.person for member in team.members]
    size = sum(len(person.candidates) for person in people)
    if size > LARGEST:
        session.enter("optimization", f"The exact model would have {size:,} variables: keeping the fast roster.")
        return
    session.enter("modeling", f"Writing the exact model: {size:,} choices.")
    compact = CompactModel(team.compiled, people)
    if not compact.build(lambda: not session.over()):
        return
    name = "CBC" if session.options.milp_solver == "cbc" else "HiGHS"
    session.enter("optimization", f"{name} is solving the exact model.")
    outcome = _run(compact, session, name, session.remaining if seconds is None else seconds)
    if outcome.bound is not None:
        session.raise_bound(outcome.bound - 1e-7 * abs(outcome.bound))
    if outcome.values is not None:
        before = list(team.chosen)
        team.take(compact.chosen(outcome.values))
        if not session.offer(team.assignments(), team.cost()):
            team.take(before)


def _run(compact: CompactModel, session: Session, name: str, seconds: float) -> MilpOutcome:
    known: dict[str, float] = {}

    def told(objective: float | None, bound: float | None) -> None:
        known.update({word: value for word, value in (("best", objective), ("bound", bound)) if value is not None})
        best = f"best {known['best']:,.0f}" if "best" in known else "no better roster yet"
        proof = f", at least {known['bound']:,.0f}" if "bound" in known else ""
        session.message = f"{name} is solving the exact model: {best}{proof}."

    run = run_cbc if session.options.milp_solver == "cbc" else run_highs
    return run(
        compact.model,
        seconds=max(0.0, min(seconds, session.remaining) - 0.5),
        threads=session.options.threads,
        should_stop=session.asked_to_stop,
        on_progress=told,
        wanted=session.wanted,
    )
