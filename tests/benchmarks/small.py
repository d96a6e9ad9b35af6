"""Small instances in the public format, and their best rosters by trying everything."""

from __future__ import annotations

import random
from itertools import product

from benchmarks.instance import Instance, parse_instance
from benchmarks.verify import Roster, faults, penalty

FEASIBLE = 6
"""A seed of `random_text` with many legal rosters."""


def random_text(seed: int) -> str:
    """Two people, six to nine days, two or three shift types, every section and limit of the format: at random."""
    draw = random.Random(seed)
    days, kinds = draw.choice(((6, ["E", "D", "L"]), (8, ["E", "L"]), (9, ["E", "L"])))
    shifts = [f"{kind},{draw.choice((240, 480, 600))},{_banned(draw, kinds)}" for kind in kinds]
    staff: list[str] = []
    off: list[str] = []
    on_requests: list[str] = []
    off_requests: list[str] = []
    for person in ("Alice", "Bob"):
        limits = "|".join(f"{kind}={draw.choice((0, 2, 3, 8))}" for kind in kinds)
        run, rest = draw.randint(1, 3), draw.randint(1, 3)
        fewest = draw.choice((0, 480, 960, 1200))
        most, longest, weekends = fewest + draw.choice((0, 480, 2400)), run + draw.randint(0, 2), draw.randint(0, 1)
        staff.append(f"{person},{limits},{most},{fewest},{longest},{run},{rest},{weekends}")
        if draw.random() < 0.7:
            off.append(f"{person},{draw.randrange(days)}")
        for requests in (on_requests, off_requests):
            requests += [f"{person},{draw.randrange(days)},{draw.choice(kinds)},{draw.randint(1, 5)}" for _ in range(2)]
    cover = [
        f"{day},{kind},{draw.randint(0, 2)},{draw.choice((1, 10, 100))},{draw.choice((0, 1, 3))}"
        for day in range(days)
        for kind in kinds
    ]
    sections = {
        "HORIZON": [str(days)],
        "SHIFTS": shifts,
        "STAFF": staff,
        "DAYS_OFF": off,
        "SHIFT_ON_REQUESTS": on_requests,
        "SHIFT_OFF_REQUESTS": off_requests,
        "COVER": cover,
    }
    return "\n".join("\n".join([f"SECTION_{name}", "# a comment", *lines, ""]) for name, lines in sections.items())


def _banned(draw: random.Random, kinds: list[str]) -> str:
    return "|".join(kind for kind in kinds if draw.random() < 0.35)


def random_instance(seed: int) -> Instance:
    """The instance of `random_text`."""
    return parse_instance(random_text(seed))


def best_objective(instance: Instance) -> int | None:
    """The least penalty of all legal rosters, each judged by the independent reader; None when there is none."""
    patterns = [_legal_patterns(instance, who) for who in instance.employees]
    costs = [penalty(instance, [entry for pattern in choice for entry in pattern]) for choice in product(*patterns)]
    return min(costs, default=None)


def _legal_patterns(instance: Instance, who: str) -> list[Roster]:
    alone = Instance(
        instance.days, instance.shifts, {who: instance.employees[who]}, instance.days_off, cover=instance.cover
    )
    rosters: list[Roster] = []
    for choice in product([None, *instance.shifts], repeat=instance.days):
        rosters.append([(who, day, kind) for day, kind in enumerate(choice) if kind is not None])
    return [roster for roster in rosters if not faults(alone, roster)]
