"""What a remedy is: one change that fills an open place, how remedies compare, and how they read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rostering.solver.standing import Change, Moves, Pair, Standing

Kind = Literal[
    "move",
    "points",
    "budget",
    "unpin",
    "limit",
    "site",
    "employment",
    "leave",
    "certification",
    "waiver",
    "hire",
    "headcount",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""From the smallest kind of change to the largest: nobody's rule, a preference, the budget, a pin, one limit of one
person, what one person may do, what the shift asks, one more person; asking for fewer fills nothing and comes last."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change that fills one place. `change` is made in the problem, `moves` in the roster; both in words too.

    `points` is the rise of the objective, the place's own cost included (negative: a better roster), `cents` that of
    wages. `size` compares remedies of one kind: points, cents, the share of a limit, days, hours, certifications.
    `opens` is the site or certification given to somebody; `also` other shifts that the same fills, each by itself.
    """

    kind: Kind
    change_words: str
    moves_words: str
    staff: str | None
    size: float
    points: float
    cents: float
    moves: Moves
    change: Change
    opens: str = ""
    also: int = 0

    @property
    def sentence(self) -> str:
        """What changes, and what moves."""
        return " ".join(part for part in (self.change_words, self.moves_words) if part)

    @property
    def moved(self) -> int:
        """Assignments that go to somebody else, the place itself not counted."""
        return max(0, len(self.moves.gains) - 1)

    @property
    def order(self) -> tuple[int, float, int, float, str]:
        """Smaller remedies first."""
        return KINDS.index(self.kind), round(self.size, 6), self.moved, round(self.points, 6), self.sentence


@dataclass(frozen=True, slots=True)
class Found:
    """The remedies of a place, the smallest first; `thorough` when every smaller change there is was tried.

    `ties` are all those as small as the first but for points, where what is changed lasts.
    """

    remedies: tuple[Remedy, ...]
    thorough: bool
    ties: tuple[Remedy, ...] = ()


def shared(found: Mapping[str, Found]) -> dict[str, Found]:
    """The same by shift id, but of remedies equally small each place names first the one that fills most places."""
    use = Counter((tie.staff, tie.opens) for entry in found.values() for tie in entry.ties)
    return {shift_id: _with_first(entry, use) if entry.ties else entry for shift_id, entry in found.items()}


def _with_first(entry: Found, use: Counter[tuple[str | None, str]]) -> Found:
    best = min(entry.ties, key=lambda tie: (-use[tie.staff, tie.opens], tie.order))
    first = replace(best, also=use[best.staff, best.opens] - 1)
    return replace(entry, remedies=(first, *entry.remedies[1:]))


def told(standing: Standing, moves: Moves, shift_id: str) -> str:
    """Who takes the place, and what that sets going, in a sentence."""
    taker = next(pair for pair in sorted(moves.gains) if pair[1] == shift_id)
    others = list(_handed(standing, moves.gains - {taker}, moves))
    return f"{standing.staff(taker[0]).name} takes the place; {'; '.join(others) or 'nothing else changes'}."


def _handed(standing: Standing, gains: Iterable[Pair], moves: Moves) -> Iterator[str]:
    left = sorted(moves.losses)
    for staff_id, shift_id in sorted(gains, key=lambda pair: (standing.shift(pair[1]).start, pair)):
        shift, name = standing.shift(shift_id), standing.staff(staff_id).name
        giver = next((pair for pair in left if pair[1] == shift_id), None)
        if giver is None:
            yield f"{name} also takes an open place of {shift.label or shift.id}"
        else:
            left.remove(giver)
            yield f"{name} takes {shift.label or shift.id} from {standing.staff(giver[0]).name}"
