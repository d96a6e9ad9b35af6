"""Where a quick roster misses a minimum: everyone in turn takes their best pattern, then repair and sweeps.

A place too many is cheap at first and dearer every sweep, so people whose required minimum finds no open place push
others on to theirs; at the end none is left. The budget is held the same way, by a rising price of money.
"""

from __future__ import annotations

import math
import random

import numpy as np

from rostering.solver.compile import Pattern
from rostering.solver.session import Session
from rostering.solver.team import Floats, Team

FIRST_WIDTH = 12
SWEEP_WIDTH = 32
SWEEPS = 6


def construct(team: Team, session: Session, seconds: float) -> None:
    """Leave a legal roster in `team` and offer it; stops improving after `seconds`, or when asked to."""
    deadline = session.seconds + seconds
    weight = team.compiled.problem.cost_weight
    order = _order(team, session.options.seed)
    _build(team, order, weight, session, deadline)
    budget = team.compiled.problem.budget_cents
    if budget is not None and team.cents() > budget:
        weight = _hold_budget(team, order, budget, session, deadline)
        _spend(team, order, budget, session)
    session.offer(team.assignments(), team.cost())
    _improve(team, order, weight, session, deadline)


def _order(team: Team, seed: int) -> list[int]:
    """Those with the fewest choices first; ties by the seed."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return sorted(
        range(len(team.members)), key=lambda index: (len(team.members[index].person.candidates), rng.random())
    )


def _build(team: Team, order: list[int], weight: float, session: Session, deadline: float) -> None:
    """One pass of best answers, then sweeps until nobody is short of a minimum or sits on a place too many."""
    dear = float(team.cover.under.max(initial=1.0)) * 1.5
    for index in order:
        _reroster(team, index, weight, dear, FIRST_WIDTH)
        session.asked_to_stop()
    rng = random.Random(session.options.seed + 1)  # noqa: S311
    for _ in range(SWEEPS):
        crowded = _crowded(team)
        if not crowded:
            break
        dear *= 3.0
        rng.shuffle(crowded)
        for index in crowded:
            _reroster(team, index, weight, dear, FIRST_WIDTH)
        if session.asked_to_stop() or session.seconds > deadline:
            break
    for index in _crowded(team):
        _reroster(team, index, weight, math.inf, SWEEP_WIDTH)


def _crowded(team: Team) -> list[int]:
    """People on a shift that has a place too many and allows none."""
    closed = np.isinf(team.cover.over)
    limit = np.maximum(team.cover.need, team.pinned)
    full = set(np.flatnonzero(closed & (team.count > limit)).tolist())
    return [index for index, shifts in enumerate(team.chosen) if shifts - team.members[index].person.pins & full]


def _reroster(team: Team, index: int, weight: float, extra: float, width: int) -> bool:
    """Give one person their best pattern against everyone else's; keep the old one when it is as good."""
    member = team.members[index]
    price = team.price_for(index, extra)
    path = member.search.cheapest(price, weight, width)
    if math.isinf(path.cost):
        path = member.search.cheapest(price, weight, width * 16)
    shifts = path.shifts if not math.isinf(path.cost) else member.person.pins
    shifts = member.legal(shifts)
    if shifts == team.chosen[index]:
        return False
    before, after = (_worth(team, index, option, price, weight) for option in (team.chosen[index], shifts))
    if after < before - 1e-9 or not team.chosen[index]:
        team.give(index, shifts)
        return True
    return False


def _worth(team: Team, index: int, shifts: frozenset[int], price: Floats, weight: float) -> float:
    pattern = team.members[index].pattern(shifts)
    own = pattern.points + weight * pattern.cents + team.compiled.breach * pattern.broken
    return own + float(price[list(shifts)].sum())


def _improve(team: Team, order: list[int], weight: float, session: Session, deadline: float) -> None:
    """Best answers in random order until nobody can do better alone."""
    rng = random.Random(session.options.seed + 2)  # noqa: S311
    order = list(order)
    quiet = 0
    while quiet < len(order):
        rng.shuffle(order)
        for index in order:
            if session.over() or session.seconds > deadline:
                break
            quiet = 0 if _keeps_budget(team, index, weight) else quiet + 1
            if quiet >= len(order):
                break
        else:
            session.offer(team.assignments(), team.cost())
            continue
        break
    session.offer(team.assignments(), team.cost())


def _keeps_budget(team: Team, index: int, weight: float) -> bool:
    """Re-roster one person, undone when it would break the budget."""
    before = team.chosen[index]
    changed = _reroster(team, index, weight, math.inf, SWEEP_WIDTH)
    budget = team.compiled.problem.budget_cents
    if changed and budget is not None and team.cents() > budget:
        team.give(index, before)
        return False
    return changed


def _hold_budget(team: Team, order: list[int], budget: int, session: Session, deadline: float) -> float:
    """Raise the price of money until the wages fit, then lower it as far as they still do."""
    low = team.compiled.problem.cost_weight
    high = max(low, float(team.cover.under.max(initial=1.0)) / 1000.0)
    empty = [member.person.pins for member in team.members]
    fits: tuple[float, list[frozenset[int]]] | None = None
    for _ in range(24):
        weight = high if fits is None else (low + high) / 2
        team.take(empty)
        _build(team, order, weight, session, deadline)
        if team.cents() <= budget:
            fits, high = (weight, list(team.chosen)), weight
        else:
            low = weight
            high = high if fits else high * 4.0
        if fits and (session.seconds > deadline or high - low < 0.02 * high):
            break
    team.take(fits[1] if fits else empty)
    return fits[0] if fits else high


def _spend(team: Team, order: list[int], budget: int, session: Session) -> None:
    """Use what is left of the budget: people in turn take their best pattern, cut down until it is affordable."""
    weight = team.compiled.problem.cost_weight
    for index in order:
        if session.asked_to_stop() or team.cents() >= budget:
            return
        before, cost = team.chosen[index], team.cost()
        _reroster(team, index, weight, math.inf, FIRST_WIDTH)
        _afford(team, index, budget)
        if team.cents() > budget or team.cost() > cost - 1e-9:
            team.give(index, before)


def _afford(team: Team, index: int, budget: int) -> None:
    """Take shifts off a person, least loss for the money first, until the wages fit the budget."""
    member = team.members[index]
    while team.cents() > budget and team.chosen[index] - member.person.pins:
        full = member.pattern(team.chosen[index])
        price = team.price_for(index, 0.0)

        def loss(shift: int, full: Pattern = full, price: Floats = price) -> float:
            less = member.pattern(full.shifts - {shift})
            saved = max(full.cents - less.cents, 1e-9)
            return (team.compiled.cost(less) - team.compiled.cost(full) - float(price[shift])) / saved

        team.give(index, full.shifts - {min(sorted(full.shifts - member.person.pins), key=loss)})
