"""Which part of a roster to free next: some people, some days of everybody, or some days of some people.

Sizes follow success: a kind of neighborhood that is searched quickly and in vain grows, a slow one shrinks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rostering.solver.team import Team

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Freed = dict[int, npt.NDArray[np.bool_]]
"""The layers of each person that are free; people who are not named keep what they have."""

NEAR_SHARE = 0.7
"""Of the neighborhoods so many are laid around a place that is short or one too many."""


@dataclass
class Kind:
    """One way to choose: `people` and `days` are shares of all of them; `score` says how often it helped of late.

    With `doubtful` the days are freed on which the root's solution mostly has something else. With `exact` the integer
    choice picks among the patterns generated in `rounds`, a dive decides otherwise.
    """

    name: str
    people: float
    days: float
    exact: bool = False
    doubtful: bool = False
    rounds: int = 6
    score: float = 1.0
    size: float = 1.0


class Neighborhoods:
    """Chooses neighborhoods of a team's rosters and learns which pay."""

    def __init__(self, team: Team, rng: random.Random) -> None:
        self.team, self.rng = team, rng
        shifts = team.compiled.shifts
        self.days = sorted({shift.day for shift in shifts})
        self.day_of = [shift.day for shift in shifts]
        self.layer_days = [
            np.array([shifts[layer[0]].day for layer in member.graph.layers], dtype=np.int64) for member in team.members
        ]
        self.able: list[list[int]] = [[] for _ in shifts]
        for index, member in enumerate(team.members):
            for shift in member.person.candidates:
                self.able[shift].append(index)
        count = max(1, len(team.members))
        few = min(1.0, 8 / count)
        week = min(1.0, 7 / max(1, len(self.days)))
        self.kinds = [
            Kind("people", few, 1.0),
            Kind("days", 1.0, week),
            Kind("both", min(1.0, 3 * few), min(1.0, 2.5 * week)),
            Kind("choice", few, 1.0, exact=True),
            Kind("doubtful", 1.0, 1.0, doubtful=True, size=0.7),
        ]

    def choose(self, agreement: Callable[[], dict[int, Floats]]) -> tuple[Kind, Freed]:
        """A kind in proportion to its success, and what it frees; `agreement` is asked for doubtful days."""
        weights = [max(0.05, kind.score) for kind in self.kinds]
        kind = self.rng.choices(self.kinds, weights)[0]
        wrong = np.flatnonzero(self.team.count != self.team.cover.need)
        wrong = wrong[[bool(self.able[shift]) for shift in wrong]] if len(wrong) else wrong
        near = int(wrong[self.rng.randrange(len(wrong))]) if len(wrong) and self.rng.random() < NEAR_SHARE else None
        people = self._people(kind, near)
        first, last = self._window(kind, near)
        if kind.doubtful:
            least = min(0.99, kind.size) * self.rng.uniform(0.6, 1.0)
            doubts = {person: share < least for person, share in agreement().items()}
            return kind, {person: free for person, free in doubts.items() if free.any()}
        freed = {}
        for person in people:
            days = self.layer_days[person]
            free = (days >= first) & (days <= last)
            if free.any():
                freed[person] = free
        return kind, freed

    def learn(self, kind: Kind, gained: float, seconds: float, target: float) -> None:
        """Note what a neighborhood gave; its kind takes about `target` seconds a time in the long run."""
        kind.score = 0.8 * kind.score + 0.2 * (1.0 if gained > 0 else 0.0) * min(3.0, target / max(0.05, seconds))
        if seconds > 1.5 * target:
            kind.size = max(0.25, kind.size * 0.85)
        elif gained <= 0 and seconds < target:
            kind.size *= 1.05

    def _people(self, kind: Kind, near: int | None) -> Sequence[int]:
        everyone = range(len(self.team.members))
        if kind.people >= 1.0:
            return everyone
        size = min(len(everyone), max(2, round(kind.people * kind.size * len(everyone))))
        if near is None:
            return self.rng.sample(everyone, size)
        able = self.able[near]
        chosen = set(self.rng.sample(able, min(len(able), (size + 1) // 2)))
        rest = [person for person in everyone if person not in chosen]
        return sorted([*chosen, *self.rng.sample(rest, size - len(chosen))])

    def _window(self, kind: Kind, near: int | None) -> tuple[int, int]:
        days = self.days
        if kind.days >= 1.0:
            return days[0], days[-1]
        scale = kind.size if kind.people >= 1.0 else 1.0
        length = min(len(days), max(2, round(kind.days * scale * len(days))))
        if near is None:
            start = self.rng.randint(-(length // 2), len(days) - 1 - length // 2)
        else:
            start = days.index(self.day_of[near]) - self.rng.randrange(length)
        start = max(0, min(len(days) - length, start))
        return days[start], days[start + length - 1]
