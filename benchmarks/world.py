"""A made-up but believable guarding company of any size: regions of sites, people who live near some of them.

Deterministic: the same figures and seed give the same Problem, down to ids. Nothing in it is made for the solver: the
rules come from the registry, in the words of a contract; demand is about what the contracts can give.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rostering.rules import registry
from rostering.rules.cost import Cost, Overtime
from rostering.rules.fairness import aimed, standard
from rostering.solver.problem import Absence, Calendar, Holding, Problem, Shift, Staff, Wish

START = date(2026, 3, 2)
"""A Monday; four weeks from it end on the day the clocks go forward."""
ZONE = ZoneInfo("Europe/Berlin")
HISTORY_DAYS = 14
SITES_PER_REGION = 20
LOAD = 0.90
"""Paid hours asked for, as a share of the contract hours of those who are there."""


@dataclass(frozen=True)
class Kind:
    """A shift type: local start, length and unpaid break in minutes."""

    start: str
    minutes: int
    pause: int
    tags: tuple[str, ...]


KINDS = {
    "E": Kind("06:00", 480, 30, ("day",)),
    "L": Kind("14:00", 480, 30, ("late",)),
    "N": Kind("22:00", 480, 30, ("night",)),
    "D12": Kind("07:00", 720, 45, ("day", "long")),
    "N12": Kind("19:00", 720, 45, ("night", "long")),
    "O": Kind("08:00", 540, 60, ("day",)),
}
DAY_TYPES = ("E", "L", "D12", "O")

SERVICES: tuple[tuple[float, dict[str, tuple[float, float]]], ...] = (
    (0.34, {"E": (1.0, 0.7), "L": (1.0, 0.7), "N": (0.8, 0.8)}),
    (0.26, {"D12": (1.0, 1.0), "N12": (0.9, 0.9)}),
    (0.14, {"E": (1.0, 0.6), "L": (1.0, 0.8)}),
    (0.12, {"O": (1.0, 0.0), "N": (0.5, 0.5), "D12": (0.0, 0.6)}),
    (0.14, {"N": (1.0, 1.0), "L": (0.5, 0.5)}),
)
"""How common a service is, and its places by shift type on weekdays and at weekends, in proportion."""

LICENSES = (("FIRST-AID", 0.35), ("FIRE", 0.2), ("AIRSIDE", 0.08), ("DOG", 0.06))
"""License and the share of sites that ask for it; everybody holds GUARD."""


@dataclass(frozen=True)
class Site:
    """Where it lies (in kilometers), how big it is, what it runs and which licenses it asks for."""

    id: str
    x: float
    y: float
    size: float
    service: dict[str, tuple[float, float]]
    licenses: frozenset[str]


@dataclass(frozen=True)
class Contract:
    """Weekly hours, their share of the staff, and the rules as rows."""

    name: str
    share: float
    weekly_minutes: int
    rows: tuple[tuple[str, dict[str, Any]], ...]


COMMON: tuple[tuple[str, dict[str, Any]], ...] = (
    ("rest", {"minimum": 660}),
    ("rest", {"minimum": 720, "tags": ["long"]}),
    ("one_shift_per_day", {}),
    ("succession", {"tags": ["night"], "then_types": ["E", "D12", "O"], "period_days": 2}),
    ("consecutive_days", {"maximum": 6}),
    ("consecutive_days", {"maximum": 4, "tags": ["long"]}),
    ("consecutive_days_off", {"minimum": 2, "required": False, "weight": 5.0}),
    ("complete_weekends", {"required": False, "weight": 3.0}),
    ("preferred_site", {"required": False, "weight": 2.0}),
)
WEEKENDS = ("weekends", {"maximum": 3, "period": "roster"})

CONTRACTS = (
    Contract(
        "Full time 40 h",
        0.50,
        2400,
        (
            ("minutes", {"maximum": 2880, "period": "week"}),
            ("minutes", {"maximum": 10200, "period": "roster"}),
            ("minutes", {"minimum": 1800, "period": "week", "required": False, "weight": 2.0}),
            ("consecutive_days", {"maximum": 5, "tags": ["night"]}),
            WEEKENDS,
        ),
    ),
    Contract(
        "Part time 24 h",
        0.22,
        1440,
        (
            ("minutes", {"maximum": 1800, "period": "week"}),
            ("consecutive_days", {"maximum": 3, "tags": ["night"]}),
            ("days", {"maximum": 4, "period": "week", "required": False, "weight": 5.0}),
            WEEKENDS,
        ),
    ),
    Contract(
        "Night specialist 36 h",
        0.13,
        2160,
        (
            ("minutes", {"maximum": 2520, "period": "week"}),
            ("shifts", {"maximum": 0, "period": "roster", "shift_types": list(DAY_TYPES)}),
            ("consecutive_days", {"maximum": 5, "tags": ["night"]}),
            ("consecutive_days", {"minimum": 2, "tags": ["night"], "required": False, "weight": 4.0}),
        ),
    ),
    Contract(
        "Student 10 h",
        0.15,
        600,
        (
            ("minutes", {"maximum": 900, "period": "week"}),
            ("shifts", {"maximum": 0, "period": "roster", "tags": ["night"]}),
            ("days", {"maximum": 2, "period": "week", "required": False, "weight": 3.0}),
        ),
    ),
)


def make_world(staff: int = 2000, sites: int = 200, days: int = 28, seed: int = 1) -> Problem:
    """The company's next roster. `sites` and `staff` at least 1, `days` at least 7."""
    if staff < 1 or sites < 1 or days < 7:
        raise ValueError("a world needs at least one person, one site and seven days")
    return _World(staff, sites, days, seed).problem()


class _World:
    def __init__(self, staff: int, sites: int, days: int, seed: int) -> None:
        self.rng = random.Random(f"{staff}/{sites}/{days}/{seed}")
        self.count, self.days = staff, days
        self.calendar = Calendar(START, days, known_before=HISTORY_DAYS)
        self.regions = [
            (self.rng.uniform(0, 400), self.rng.uniform(0, 400)) for _ in range(-(-sites // SITES_PER_REGION))
        ]
        self.sites = [self._site(number) for number in range(sites)]
        self.rules = {contract.name: _rules(contract) for contract in CONTRACTS}

    def problem(self) -> Problem:
        """People first: what they can give decides what is asked of each site."""
        people, contracts = [], {}
        for number in range(self.count):
            contract = self._contract(number)
            person = self._person(number, contract)
            people.append(person)
            contracts[person.id] = contract
        shares = {p.id: float(contracts[p.id].weekly_minutes * self._days_there(p)) for p in people}
        shifts = tuple(self._demand(people, shares))
        fair = aimed([_balanced(p) for p in people], shifts, self.calendar, shares)
        return Problem(self.calendar, shifts, fair, cost_weight=0.0001)

    # -- sites -----------------------------------------------------------------------------------------------------

    def _site(self, number: int) -> Site:
        rng = self.rng
        x, y = self.regions[number // SITES_PER_REGION]
        service = rng.choices([s for _, s in SERVICES], [w for w, _ in SERVICES])[0]
        asked = {code for code, share in LICENSES if rng.random() < share}
        return Site(
            id=f"S{number:03}",
            x=rng.gauss(x, 15),
            y=rng.gauss(y, 15),
            size=rng.lognormvariate(0, 0.5),
            service=service,
            licenses=frozenset({"GUARD", *asked}),
        )

    # -- people ----------------------------------------------------------------------------------------------------

    def _contract(self, number: int) -> Contract:
        """Shares kept exactly, however small the world."""
        place = (number * 0.6180339887) % 1.0
        for contract in CONTRACTS:
            place -= contract.share
            if place < 0:
                return contract
        return CONTRACTS[0]

    def _person(self, number: int, contract: Contract) -> Staff:
        rng = self.rng
        home = rng.choices(self.sites, [site.size for site in self.sites])[0]
        near = sorted(self.sites, key=lambda site: math.hypot(site.x - home.x, site.y - home.y))
        wanted = min(len(near), 3 + min(12, int(rng.expovariate(1 / 4.5))))
        allowed = near[:1] + sorted(
            rng.sample(near[1 : 2 * wanted], min(wanted - 1, len(near[1 : 2 * wanted]))), key=lambda s: s.id
        )
        if rng.random() < 0.06:
            allowed.append(rng.choice(self.sites))
        pair_rules, rules = self.rules[contract.name]
        return Staff(
            id=f"P{number:04}",
            name=f"Person {number:04}",
            rate_cents_per_hour=rng.randrange(1400, 2300, 10),
            holdings=tuple(self._holdings(allowed)),
            absences=tuple(self._absences()),
            wishes=tuple(self._wishes()),
            employed_from=rng.randrange(1, self.days) if rng.random() < 0.01 else None,
            employed_until=rng.randrange(0, self.days) if rng.random() < 0.01 else None,
            home_site=home.id,
            allowed_sites=frozenset(site.id for site in allowed),
            preferred_sites=frozenset(site.id for site in allowed[: max(1, len(allowed) // 3)]),
            pair_rules=pair_rules,
            rules=rules,
            context=tuple(self._history(home, contract)),
        )

    def _holdings(self, allowed: Sequence[Site]) -> Iterator[Holding]:
        """Nearly every license their sites ask for; a few run out during the roster."""
        asked = sorted({code for site in allowed for code in site.licenses})
        for code in asked:
            if code == "GUARD" or self.rng.random() < 0.85:
                until = self.rng.randrange(1, self.days) if self.rng.random() < 0.02 else 400
                yield Holding(code, minute(-400), minute(until))

    def _absences(self) -> Iterator[Absence]:
        """Leave in whole weeks or long weekends, and a day of the week that is never worked."""
        rng = self.rng
        if rng.random() < 0.2:
            first = rng.randrange(0, self.days)
            yield Absence(minute(first), minute(first + rng.choice((3, 5, 7, 7, 14))), "leave")
        if rng.random() < 0.08:
            weekday = rng.randrange(7)
            for day in range(weekday, self.days, 7):
                yield Absence(minute(day), minute(day + 1), "never on this weekday")

    def _history(self, home: Site, contract: Contract) -> Iterator[Shift]:
        """Two weeks of work before the roster: blocks of the home site's shifts, as many as the contract asks for."""
        rng = self.rng
        if rng.random() < 0.03:
            return
        nights = [code for code in home.service if "night" in KINDS[code].tags]
        days = [code for code in home.service if "night" not in KINDS[code].tags]
        specialist, student = contract.name.startswith("Night"), contract.name.startswith("Student")
        code = rng.choice((nights if specialist or (nights and not student and rng.random() < 0.25) else days) or ["E"])
        a_week = min(4 if "long" in KINDS[code].tags else 5, contract.weekly_minutes // KINDS[code].minutes) or 1
        shift = rng.randrange(7)
        for week in range(HISTORY_DAYS // 7):
            for offset in range(a_week):
                day = -HISTORY_DAYS + 7 * week + (shift + offset) % 7
                yield _shift(home, code, day, 1, name=f"H/{home.id}/{code}/{day}")

    def _wishes(self) -> Iterator[Wish]:
        """Days asked off, and now and then work asked for."""
        rng = self.rng
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            day = rng.randrange(self.days)
            yield Wish(minute(day), minute(day + 1), float(rng.choice((5, 10, 20))), rng.random() < 0.25)

    def _days_there(self, person: Staff) -> int:
        first = max(0, person.employed_from or 0)
        last = self.days - 1 if person.employed_until is None else person.employed_until
        away = {
            day
            for absence in person.absences
            if absence.reason == "leave"
            for day in range(self.days)
            if absence.start <= minute(day) < absence.end
        }
        return sum(day not in away for day in range(first, last + 1))

    # -- demand ----------------------------------------------------------------------------------------------------

    def _demand(self, people: Sequence[Staff], shares: dict[str, float]) -> list[Shift]:
        """Each site asks for about what the people near it can give, in whole places."""
        supply = dict.fromkeys((site.id for site in self.sites), 0.0)
        size = {site.id: site.size for site in self.sites}
        for person in people:
            able = [site for site in self.sites if site.id in (person.allowed_sites or ()) and _licensed(person, site)]
            total = sum(size[site.id] for site in able)
            for site in able:
                supply[site.id] += LOAD * shares[person.id] / 7 * size[site.id] / total
        shifts = [shift for site in self.sites for shift in self._site_demand(site, supply[site.id])]
        return sorted(shifts, key=lambda shift: (shift.start, shift.site, shift.type))

    def _site_demand(self, site: Site, minutes: float) -> Iterator[Shift]:
        """Places by type, weekday or weekend, the same every week; rounding errors are carried on, not lost."""
        weekly = {(code, weekday): site.service[code][weekday >= 5] for code in site.service for weekday in range(7)}
        unit = sum(share * (KINDS[code].minutes - KINDS[code].pause) for (code, _), share in weekly.items())
        scale = minutes / (unit * self.days / 7)
        carried = self.rng.random() - 0.5
        counts = {}
        for (code, weekday), share in weekly.items():
            exact = scale * share + carried
            counts[code, weekday] = max(0, round(exact))
            carried = exact - counts[code, weekday] if share else carried
        important = self.rng.choices((1000.0, 3000.0, 300.0), (0.7, 0.2, 0.1))[0]
        for day in range(self.days):
            for code in site.service:
                places = counts[code, self.calendar.weekday(day)]
                if places:
                    yield _shift(site, code, day, places, name=f"{site.id}/{code}/{day}", under_cost=important)


def _rules(contract: Contract) -> tuple[Any, Any]:
    built = [registry.build(kind, start=START, **columns) for kind, columns in (*COMMON, *contract.rows)]
    overtime = (Overtime(contract.weekly_minutes, 25.0),)
    wages = Cost(overtime=overtime, sunday_percent=50.0, holiday_percent=100.0)
    return registry.split([*registry.defaults(), *built, *standard(1.0, ("night", "weekend")), wages])


def _licensed(person: Staff, site: Site) -> bool:
    return site.licenses <= {holding.certification for holding in person.holdings}


def _balanced(person: Staff) -> Staff:
    """The person with nights and weekends of their history as balances."""
    measures = {tag: float(sum(tag in s.tags for s in person.context if s.day < 0)) for tag in ("night", "weekend")}
    return replace(person, balances=tuple(sorted(measures.items())))


def minute(day: int, clock: str = "00:00") -> int:
    """A local clock time on a day of the roster, in minutes since the epoch."""
    moment = datetime.combine(START + timedelta(days=day), time.fromisoformat(clock), ZONE)
    return round(moment.timestamp() / 60)


def _shift(site: Site, code: str, day: int, places: int, *, name: str, under_cost: float = 1000.0) -> Shift:
    kind = KINDS[code]
    start = minute(day, kind.start)
    ends = datetime.combine(START + timedelta(days=day), time.fromisoformat(kind.start)) + timedelta(
        minutes=kind.minutes
    )
    end = round(ends.replace(tzinfo=ZONE).timestamp() / 60)
    end_day = ((ends - timedelta(minutes=1)).date() - START).days
    touched = range(day, end_day + 1)
    weekend = {"weekend"} if any((START.weekday() + d) % 7 >= 5 for d in touched) else set()
    sundays = sum(_overlap(start, end, d) for d in touched if (START.weekday() + d) % 7 == 6)
    return Shift(
        id=name,
        site=site.id,
        type=code,
        start=start,
        end=end,
        day=day,
        end_day=end_day,
        paid_minutes=end - start - kind.pause,
        headcount=places,
        tags=frozenset({*kind.tags, *weekend}),
        certifications=site.licenses,
        under_cost=under_cost,
        sunday_minutes=sundays,
        label=f"{code} {kind.start} {START + timedelta(days=day):%a %d %b} at {site.id}",
    )


def _overlap(start: int, end: int, day: int) -> int:
    return max(0, min(end, minute(day + 1)) - max(start, minute(day)))
