"""The opening of every solve: a legal roster in milliseconds a person, then people trade what they have."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from rostering.solver import warm
from rostering.solver.books import write_terms
from rostering.solver.compile import Compiled
from rostering.solver.quick import quick_roster
from rostering.solver.result import Assignments
from rostering.solver.session import Session
from rostering.solver.trade import HEAT, Trader, filled

LOADING_SECONDS = 2.0
"""How long a first roster waits for loops to be loaded; while they are compiled it is made without them."""
SECONDS_BETWEEN_OFFERS = 0.02
"""Better rosters are judged and passed on so many seconds a person apart, but at least one second."""
STEPS_PER_ITERATION = 10_000
"""Where iterations are limited, trading takes so many steps for each."""
LEAST_STEPS, STEPS_PER_CHOICE = 100_000, 5000
"""The most steps a trader makes: so many, and so many for each shift somebody may work."""
HEATS = (1.0, 2.5)
"""Traders side by side begin at different temperatures: gentle ones suit loose rules, hot ones tight minima."""
POLL_SECONDS = 0.03


def first_roster(compiled: Compiled, session: Session) -> None:
    """Offer a first roster; required minima are met where trading brings people there."""
    session.enter("construction", "Making a first legal roster.")
    session.offer(pairs_of(compiled, first_choice(compiled, session.options.seed, session.asked_to_stop)))


def first_choice(compiled: Compiled, seed: int, should_stop: Callable[[], bool]) -> list[frozenset[int]]:
    """A first roster by person: by compiled loops once they are loaded, without them while they are being compiled."""
    if warm.traders_ready(LOADING_SECONDS):
        return filled(compiled, seed, should_stop)
    return quick_roster(compiled, seed, should_stop)


def trade(compiled: Compiled, session: Session, seconds: float, iterations: int, heat: float = HEAT) -> None:
    """Let people trade for so long, or for so many iterations where those are limited; offers what is better.

    Where only time is limited each thread has a roster of its own, and the best is kept.
    """
    session.enter("trading", "People trade shifts.")
    began = session.seconds
    while not warm.traders_ready(POLL_SECONDS):
        if session.asked_to_stop() or session.remaining <= 0:
            return
    choices = sum(len(person.candidates) for person in compiled.people)
    steps = LEAST_STEPS + STEPS_PER_CHOICE * choices
    length: float | None = max(0.1, min(seconds - (session.seconds - began), session.remaining))
    if session.options.iterations is not None:
        steps, length = min(steps, iterations * STEPS_PER_ITERATION), None
    start, terms = positions_of(compiled, session.assignments or ()), write_terms(compiled)
    rooms = [
        _Room(
            Trader(compiled, start, session.options.seed + number, terms=terms), steps, length, heat * HEATS[number % 2]
        )
        for number in range(session.options.threads if length is not None else 1)
    ]
    pause = max(1.0, SECONDS_BETWEEN_OFFERS * len(compiled.people))
    offered = session.seconds
    while sum(room.busy(POLL_SECONDS) for room in rooms):
        stopping = session.asked_to_stop() or session.remaining <= 0
        showing = session.seconds - offered >= pause
        for room in rooms:
            room.stopping = stopping
            if showing:
                _offer(compiled, session, room)
        offered = session.seconds if showing else offered
    for room in sorted(rooms, key=lambda room: room.trader.cost):
        _offer(compiled, session, room)


class _Room:
    """A trader at work in a thread. What is better is handed out between two chunks of steps, when asked for."""

    def __init__(self, trader: Trader, steps: int, seconds: float | None, heat: float) -> None:
        self.trader, self.steps, self.seconds, self.heat = trader, steps, seconds, heat
        self.stopping = self.asked = False
        self.began = time.monotonic()
        self.shown: list[frozenset[int]] | None = None
        self.shown_cost = trader.cost
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._work, name="solver-trader", daemon=True)
        self.thread.start()

    def busy(self, seconds: float) -> bool:
        """Whether it is still at work, waited for at most so long. Raises what went wrong in it."""
        self.thread.join(seconds)
        if self.error is not None:
            raise self.error
        return self.thread.is_alive()

    def better(self) -> list[frozenset[int]] | None:
        """A better roster than those handed out before, if there is one by now."""
        if not self.thread.is_alive():
            self._show()
        self.asked = True
        shown, self.shown = self.shown, None
        return shown

    def _work(self) -> None:
        try:
            self.trader.run(self._used, self.heat)
        except BaseException as error:  # raised again in the thread that waits
            self.error = error

    def _used(self, made: int) -> float:
        if self.asked:
            self.asked = False
            self._show()
        by_time = (time.monotonic() - self.began) / self.seconds if self.seconds is not None else 0.0
        return 1.0 if self.stopping else max(by_time, made / self.steps)

    def _show(self) -> None:
        if self.trader.cost < self.shown_cost - 1e-6:
            self.shown, self.shown_cost = self.trader.best, self.trader.cost


def _offer(compiled: Compiled, session: Session, room: _Room) -> None:
    better = room.better()
    if better is not None:
        session.offer(pairs_of(compiled, better))


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
    for staff_id, shift_id in pairs:
        chosen[problem.staff_index[staff_id]].add(problem.shift_index[shift_id])
    return [frozenset(shifts) for shifts in chosen]
