"""The opening of every solve: a legal roster in milliseconds a person, then people trade what they have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rostering.solver.compile import Compiled
from rostering.solver.quick import quick_roster
from rostering.solver.result import Assignments
from rostering.solver.session import Session
from rostering.solver.trade import HEAT, Trader

SECONDS_BETWEEN_OFFERS = 0.02
"""Better rosters are judged and passed on so many seconds a person apart, but at least one second."""
STEPS_PER_ITERATION = 2000
"""Where iterations are limited, trading takes so many steps for each."""
LEAST_PATIENCE = 1500
PATIENCE = 15
"""Steps without a better roster after which trading ends: so many for each pair of people."""


def first_roster(compiled: Compiled, session: Session) -> bool:
    """Offer a first roster; False when it misses a required minimum, which takes whole patterns to meet."""
    session.enter("construction", "Making a first legal roster.")
    chosen = quick_roster(compiled, session.options.seed, session.asked_to_stop)
    session.offer(pairs_of(compiled, chosen))
    return session.judgement is not None and session.judgement.legal


def trade(compiled: Compiled, session: Session, seconds: float, iterations: int, heat: float = HEAT) -> None:
    """Let people trade for so long, or for so many iterations where those are limited; offers what is better."""
    session.enter("trading", "People trade shifts.")
    trader = Trader(compiled, positions_of(compiled, session.assignments or ()), session.options.seed)
    began = offered = session.seconds
    length = max(0.1, min(seconds, session.remaining))
    counted = session.options.iterations is not None
    pause = max(1.0, SECONDS_BETWEEN_OFFERS * len(compiled.people))
    patience = max(LEAST_PATIENCE, PATIENCE * len(compiled.people) ** 2)
    best, since = 0.0, 0

    def used(steps: int) -> float:
        nonlocal offered, best, since
        if trader.best_cost < best - 1e-9:
            best, since = trader.best_cost, steps
        if session.asked_to_stop() or session.remaining <= 0 or steps - since > patience:
            return 1.0
        if session.seconds - offered >= pause and trader.best_cost < 0:
            session.offer(pairs_of(compiled, trader.best))
            offered = session.seconds
        return steps / (iterations * STEPS_PER_ITERATION) if counted else (session.seconds - began) / length

    trader.run(used, heat)
    session.offer(pairs_of(compiled, trader.best))


def pairs_of(compiled: Compiled, chosen: Sequence[frozenset[int]]) -> Assignments:
    """A roster by person as (staff id, shift id) pairs."""
    problem = compiled.problem
    return frozenset(
        (problem.staff[person].id, problem.shifts[shift].id) for person, shifts in enumerate(chosen) for shift in shifts
    )


def positions_of(compiled: Compiled, pairs: Iterable[tuple[str, str]]) -> list[frozenset[int]]:
    """Pairs as a roster by person; pins are in it whether the pairs name them or not."""
    problem = compiled.problem
    chosen = [set(person.pins) for person in compiled.people]
    for staff_id, shift_id in sorted(pairs):  # the order of sets decides the order of trades
        chosen[problem.staff_index[staff_id]].add(problem.shift_index[shift_id])
    return [frozenset(shifts) for shifts in chosen]
