"""Rosters made shift by shift may leave people below a required minimum: those get their best whole pattern."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rostering.solver.compile import Compiled, Pattern, Person
from rostering.solver.graph import Drawings
from rostering.solver.opening import pairs_of, positions_of
from rostering.solver.pricing import Pricer, Scratch
from rostering.solver.session import Session
from rostering.solver.team import Cover, Member

Floats = npt.NDArray[np.float64]

NO_LIMIT = 1e15
MOST_SECONDS = 3.0
TRIES = 4
"""How long it may take, and how often a person is priced: the multipliers improve each time."""


def mend(compiled: Compiled, session: Session) -> None:
    """Offer the session's roster with everybody who breaks a required limit re-rostered against all others."""
    verdict = session.judgement
    if verdict is None or verdict.legal:
        return
    began = session.seconds
    roster = positions_of(compiled, session.assignments or ())
    drawings, scratch, cover = Drawings(), Scratch(), Cover(compiled)
    count = np.zeros(len(compiled.shifts), dtype=np.int64)
    for shifts in roster:
        count[list(shifts)] += 1
    for staff_id in sorted({match.staff for match in verdict.broken if match.staff is not None}):
        if session.asked_to_stop() or session.remaining <= 0 or session.seconds - began > MOST_SECONDS:
            break
        person = compiled.people[compiled.problem.staff_index[staff_id]]
        count[list(roster[person.index])] -= 1
        before = compiled.pattern(person, roster[person.index])
        best = _best_answer(compiled, person, cover.price(count), drawings, scratch, session)
        if best is not None and compiled.cost(best) < compiled.cost(before):
            roster[person.index] = best.shifts
        count[list(roster[person.index])] += 1
    session.offer(pairs_of(compiled, roster))


def _best_answer(  # noqa: PLR0917 - the tools of one loop
    compiled: Compiled,
    person: Person,
    price: Floats,
    drawings: Drawings,
    scratch: Scratch,
    session: Session,
) -> Pattern | None:
    """The person's best pattern at these prices, as their own limits cost it."""
    member = Member(compiled, person, drawings)
    pins = list(member.person.pins)
    price[pins] = np.where(np.isinf(price[pins]), 0.0, price[pins])
    pricer = Pricer(member.graph, compiled.problem.cost_weight, {})
    best, limit = None, NO_LIMIT
    for _ in range(TRIES):
        found = pricer.price(price, limit, scratch, session.asked_to_stop, quick=True).found
        if found:
            limit = found[0][0] - 1e-6
            best = compiled.pattern(person, member.legal(found[0][1]))
    return best
