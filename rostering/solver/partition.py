"""Splits a large problem's places into groups of sites that share few people, and its people among the groups.

Sites are tied by the people who may work at both. The tied sites are cut in two along the second eigenvector of their
graph (spectral bisection, Fiedler 1973), again and again until each group is about as large as asked for. A site too
large for one group is dealt with as several slices, each with some of its places.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rostering.solver.problem import Problem, Shift, Staff

Floats = npt.NDArray[np.float64]

SPREAD = 0.2
"""How far from the wanted share a cut may be moved to where fewer ties are cut."""
LOOSE = 1.3
"""Groups may be larger than asked for by this factor."""


@dataclass(frozen=True)
class Slice:
    """Some of a site's places: of each shift those whose number is `number` modulo `of`."""

    site: str
    number: int = 0
    of: int = 1


class Landscape:
    """Who may work where, how much each site asks for, and about how much each person gives (in paid minutes)."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.sites = list(dict.fromkeys(sorted(shift.site for shift in problem.shifts)))
        at = {site: number for number, site in enumerate(self.sites)}
        self.site_of = [at[shift.site] for shift in problem.shifts]
        self.demand = np.zeros(len(self.sites))
        samples: list[list[Shift]] = [[] for _ in self.sites]
        for shift, site in zip(problem.shifts, self.site_of, strict=True):
            self.demand[site] += shift.headcount * shift.paid_minutes
            samples[site].append(shift)
        self.samples = [[shifts[0], shifts[len(shifts) // 2], shifts[-1]] for shifts in samples]
        self.may: list[list[int]] = [self._sites_of(person) for person in problem.staff]
        self.capacity = _capacity(problem)
        self.ties = self._ties()

    def _sites_of(self, person: Staff) -> list[int]:
        """Sites at which nothing speaks against the person, by a look at a few shifts of each."""
        required = [rule for rule in person.pair_rules if rule.required]
        allowed = person.allowed_sites
        return [
            site
            for site, shifts in enumerate(self.samples)
            if (allowed is None or self.sites[site] in allowed)
            and any(all(rule.objection(person, shift) is None for rule in required) for shift in shifts)
        ]

    def _ties(self) -> Floats:
        ties = np.zeros((len(self.sites), len(self.sites)))
        for sites in self.may:
            if len(sites) > 1:
                ties[np.ix_(sites, sites)] += 1.0 / len(sites)
        np.fill_diagonal(ties, 0.0)
        return ties

    def groups(self, people: int, seed: int | None) -> list[list[Slice]]:
        """Groups that need about so many people each; another `seed`, other cuts."""
        share = people / max(1, len(self.problem.staff)) * float(self.demand.sum())
        slices: list[Slice] = []
        weight: list[float] = []
        for number, site in enumerate(self.sites):
            parts = max(1, round(float(self.demand[number]) / max(1.0, share) - 0.3))
            slices.extend(Slice(site, part, parts) for part in range(parts))
            weight.extend([float(self.demand[number]) / parts] * parts)
        at = {site: number for number, site in enumerate(self.sites)}
        rows = [at[part.site] for part in slices]
        ties = self.ties[np.ix_(rows, rows)]
        for number, row in enumerate(rows):
            ties[number, [other for other, r in enumerate(rows) if r == row and other != number]] = 1.0
        rng = None if seed is None else random.Random(seed)  # noqa: S311 - repeatable, not secret
        cut = bisect(list(range(len(slices))), np.array(weight), ties, share, rng)
        return [[slices[number] for number in sorted(group)] for group in cut]


def _capacity(problem: Problem) -> list[float]:
    """About how much each person works, judged by their history; those without one get the average."""
    days = problem.calendar.known_before
    known = [sum(shift.paid_minutes for shift in person.context if shift.day < 0) for person in problem.staff]
    worked = [minutes for minutes in known if minutes]
    mean = sum(worked) / len(worked) if worked and days >= 7 else 1.0
    return [float(minutes or mean) if worked and days >= 7 else 1.0 for minutes in known]


def bisect(nodes: list[int], weight: Floats, ties: Floats, share: float, rng: random.Random | None) -> list[list[int]]:
    """Cut the nodes into groups that weigh about `share`, along the weakest ties."""
    total = float(weight[nodes].sum())
    if len(nodes) < 2 or total <= LOOSE * share:
        return [nodes]
    pieces = max(2, round(total / share))
    wanted = (pieces // 2) / pieces if rng is None else rng.uniform(0.35, 0.65)
    order = _fiedler_order(nodes, ties)
    inside = ties[np.ix_(order, order)]
    reached = np.cumsum(weight[order])[:-1] / total
    crossing = np.array([inside[:cut, cut:].sum() for cut in range(1, len(order))])
    far = np.abs(reached - wanted)
    near = far <= max(SPREAD * min(wanted, 1 - wanted), float(far.min()) + 1e-12)
    cut = 1 + int(np.argmin(np.where(near, crossing + 1e-6 * far, np.inf)))
    left, right = order[:cut], order[cut:]
    return [*bisect(left, weight, ties, share, rng), *bisect(right, weight, ties, share, rng)]


def _fiedler_order(nodes: list[int], ties: Floats) -> list[int]:
    inside = ties[np.ix_(nodes, nodes)] + 1e-6
    laplacian = np.diag(inside.sum(axis=1)) - inside
    _, vectors = np.linalg.eigh(laplacian)
    place = vectors[:, 1]
    if place[np.argmax(np.abs(place))] < 0:
        place = -place
    return [nodes[number] for number in np.argsort(np.round(place, 9), kind="stable")]


def place_owners(problem: Problem, groups: Sequence[Sequence[Slice]]) -> list[list[int]]:
    """For each shift the group that owns each of its places and, last, that of anybody beyond them."""
    by_site: dict[str, dict[int, int]] = {}
    size: dict[str, int] = {}
    for number, group in enumerate(groups):
        for part in group:
            by_site.setdefault(part.site, {})[part.number] = number
            size[part.site] = part.of
    return [
        [by_site[shift.site][(place + index) % size[shift.site]] for place in range(shift.headcount + 1)]
        for index, shift in enumerate(problem.shifts)
    ]


def people_by_need(land: Landscape, groups: Sequence[Sequence[Slice]], seed: int) -> list[int]:
    """A group for everyone: those with the least choice first, each to where most is missing of what they can do."""
    at = {site: number for number, site in enumerate(land.sites)}
    missing = [{at[part.site]: float(land.demand[at[part.site]]) / part.of for part in group} for group in groups]
    groups_at: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        for part in group:
            groups_at.setdefault(at[part.site], []).append(number)
    given = sum(land.capacity)
    scale = float(land.demand.sum()) / given if given else 1.0
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    choice = [sorted({g for site in sites for g in groups_at[site]}) for sites in land.may]
    order = sorted(range(len(choice)), key=lambda person: (len(choice[person]), rng.random()))
    result = [0] * len(choice)
    start = [dict(group) for group in missing]
    for person in order:
        sites = land.may[person]
        supply = land.capacity[person] * scale
        best = max(choice[person], key=lambda g: (_need(missing[g], start[g], sites, supply), -g), default=0)
        result[person] = best
        _supply(missing[best], sites, supply)
    return result


def _need(missing: dict[int, float], start: dict[int, float], sites: Sequence[int], supply: float) -> float:
    """How much of the person's time the group could use at their sites, weighed by how short those are."""
    mine = [site for site in sites if site in missing]
    return sum(min(supply, max(0.0, missing[site])) * missing[site] / max(1.0, start[site]) for site in mine)


def _supply(missing: dict[int, float], sites: Sequence[int], supply: float) -> None:
    """Take the person's time off what is missing, most from where most is missing."""
    mine = [site for site in sites if site in missing]
    total = sum(max(1.0, missing[site]) for site in mine)
    for site in mine:
        missing[site] -= supply * max(1.0, missing[site]) / total


def people_by_work(land: Landscape, owners: Sequence[Sequence[int]], chosen: Sequence[frozenset[int]]) -> list[int]:
    """A group for everyone: the one most of whose places they hold; those without work go where places are open."""
    shifts = land.problem.shifts
    count = np.zeros(len(shifts), dtype=np.int64)
    for positions in chosen:
        count[list(positions)] += 1
    groups = max((group for row in owners for group in row), default=0) + 1
    share = [np.bincount(row[:-1] or row, minlength=groups) / max(1, len(row) - 1) for row in owners]
    open_at = np.zeros((len(land.sites), groups))
    for position, shift in enumerate(shifts):
        for group in owners[position][count[position] : shift.headcount]:
            open_at[land.site_of[position], group] += shift.paid_minutes
    result = []
    for person, positions in enumerate(chosen):
        score = np.zeros(groups)
        for position in sorted(positions):
            score += share[position] * shifts[position].paid_minutes
        score += 0.05 * open_at[land.may[person]].sum(axis=0)
        result.append(int(np.argmax(score)))
    return result
