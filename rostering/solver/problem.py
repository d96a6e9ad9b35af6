"""What is to be rostered, as frozen data: shifts to cover, staff, their rules, and what is already fixed around them.

Times are integer minutes since the Unix epoch (UTC), so a night over a DST change has its real length. Days are
integers counted from the roster's first local date: 0 is that date, -1 the day before, `days` the first day after.
Costs are points; money is integer cents of the organization's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from rostering.solver.primitives import Primitive

Period = Literal["day", "week", "month", "roster", "rolling"]


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift: demand for `headcount` people, or (in a person's context) work already given to them.

    `day` is the local date it starts on, `end_day` the last local date it touches (a shift ending at midnight does not
    touch the next date). `paid_minutes` is its real length less the unpaid break. `under_cost` is charged for each
    unfilled place, `over_cost` for each person above headcount; `None` allows no extras.
    """

    id: str
    site: str
    type: str
    start: int
    end: int
    day: int
    end_day: int
    paid_minutes: int
    headcount: int = 1
    tags: frozenset[str] = frozenset()
    certifications: frozenset[str] = frozenset()
    wanted_certifications: frozenset[str] = frozenset()
    under_cost: float = 1000.0
    over_cost: float | None = None
    sunday_minutes: int = 0
    holiday_minutes: int = 0
    label: str = ""

    @property
    def days_touched(self) -> range:
        """Every local day the shift touches; counts for rest and weekends."""
        return range(self.day, self.end_day + 1)


@dataclass(frozen=True, slots=True)
class Holding:
    """A certification a person holds, valid from `start` up to (not including) `end`, in minutes."""

    certification: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Absence:
    """Time a person cannot work (leave, sickness, fixed weekly unavailability), in minutes, end exclusive."""

    start: int
    end: int
    reason: str = "unavailable"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request: `wanted` costs `weight` when no matching shift is worked, else each matching shift worked costs it.

    A shift matches when it starts inside [start, end) and, where `shift_type` is given, is of that type.
    """

    start: int
    end: int
    weight: float
    wanted: bool
    shift_type: str | None = None

    def matches(self, shift: Shift) -> bool:
        """Whether the wish speaks of this shift."""
        return self.start <= shift.start < self.end and self.shift_type in (None, shift.type)


@dataclass(frozen=True, slots=True)
class Match:
    """One place where a rule holds against a roster: a broken required rule (`cost` 0) or a penalty in points."""

    rule: str
    label: str
    required: bool
    staff: str | None
    sentence: str
    cost: float = 0.0
    amount: float = 1.0
    shifts: tuple[str, ...] = ()
    day: int | None = None


class Rule(Protocol):
    """What the solver and the checker ask of a rule; the kinds live in `rostering/rules/`, one file each."""

    @property
    def kind(self) -> str: ...

    @property
    def required(self) -> bool: ...

    @property
    def weight(self) -> float: ...

    @property
    def label(self) -> str: ...

    def check(self, timeline: Timeline) -> list[Match]:
        """Judge one person's finished timeline."""
        ...

    def encode(self, view: View) -> Iterable[Primitive]:
        """State the rule for the solvers over the shifts this person may be given."""
        ...


class PairRule(Rule, Protocol):
    """A rule that speaks of one person and one shift alone; required ones remove the pair before any search."""

    def objection(self, staff: Staff, shift: Shift) -> str | None:
        """Why the rule speaks against this person on this shift, as a sentence; None when it does not."""
        ...


@dataclass(frozen=True, slots=True)
class Staff:
    """A person, what they hold and want, and the rules that bind them (contract rules and organization defaults).

    `context` is work fixed elsewhere: published shifts before and after the roster, and at other sites during it.
    `balances` are figures carried from history for fairness, by measure name (`minutes`, `night`, …; see the rule).
    `employed_from` and `employed_until` are the first and last day of employment, as day numbers, both included.
    """

    id: str
    name: str
    rate_cents_per_hour: int = 0
    holdings: tuple[Holding, ...] = ()
    absences: tuple[Absence, ...] = ()
    wishes: tuple[Wish, ...] = ()
    employed_from: int | None = None
    employed_until: int | None = None
    home_site: str | None = None
    allowed_sites: frozenset[str] | None = None
    preferred_sites: frozenset[str] = frozenset()
    barred_sites: frozenset[str] = frozenset()
    pair_rules: tuple[PairRule, ...] = ()
    rules: tuple[Rule, ...] = ()
    context: tuple[Shift, ...] = ()
    balances: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Window:
    """A period of days, both ends included; `whole` when everything worked in it is known to the problem."""

    first: int
    last: int
    whole: bool

    def __contains__(self, day: int) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Calendar:
    """The roster's days: `days` from `start`, weeks from `week_start` (0 = Monday).

    Work of every person is known for `known_before` days before the first day and `known_after` days after the last.
    Where it is unknown, maxima count it as off and no minimum is judged across it.
    """

    start: date
    days: int
    week_start: int = 0
    known_before: int = 0
    known_after: int = 0

    @cached_property
    def memo(self) -> dict[tuple[int, int], tuple[object, object, object]]:
        """What rules keep of people's fixed context between checks; see `rostering.rules.context`. Not copied."""
        return {}

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "memo"}

    @cached_property
    def known(self) -> range:
        """The days on which everybody's work is known, the roster's own included."""
        return range(-self.known_before, self.days + self.known_after)

    def date(self, day: int) -> date:
        """The local date of a day number."""
        return self.start + timedelta(days=day)

    def weekday(self, day: int) -> int:
        """0 = Monday … 6 = Sunday."""
        return (self.start.weekday() + day) % 7

    def _window(self, first: int, last: int) -> Window:
        return Window(first, last, first in self.known and last in self.known)

    def windows(self, period: Period, length: int | None = None) -> list[Window]:
        """Every period that touches the roster's days, whole periods even where they reach beyond them.

        `length` is the number of days of a rolling period, required for `rolling` alone.
        """
        if period == "roster":
            return [self._window(0, self.days - 1)]
        if period == "day":
            return [self._window(day, day) for day in range(self.days)]
        if period == "rolling":
            if not length or length < 1:
                raise ValueError("a rolling period needs its length in days")
            return [self._window(first, first + length - 1) for first in range(1 - length, self.days)]
        if period == "week":
            first = -((self.weekday(0) - self.week_start) % 7)
            return [self._window(day, day + 6) for day in range(first, self.days, 7)]
        return list(self._months())

    def _months(self) -> Iterator[Window]:
        first = self.start.replace(day=1)
        while (first - self.start).days < self.days:
            following = (first + timedelta(days=32)).replace(day=1)
            yield self._window((first - self.start).days, (following - self.start).days - 1)
            first = following

    def weekends(self) -> list[Window]:
        """Saturday–Sunday pairs touching the roster's days, in order."""
        saturday = -((self.weekday(0) - 5) % 7)
        return [self._window(day, day + 1) for day in range(saturday, self.days, 7) if day + 1 >= 0]


def _in_time(shift: Shift) -> tuple[int, int, str]:
    return shift.start, shift.end, shift.id


@dataclass(frozen=True)
class Timeline:
    """One person's work in order of start: what the roster gives them and their context; what every check reads."""

    staff: Staff
    calendar: Calendar
    assigned: tuple[Shift, ...]

    @cached_property
    def shifts(self) -> tuple[Shift, ...]:
        """Everything the person works, assigned and context, in order of start."""
        work = (*self.staff.context, *self.assigned)
        return tuple(sorted(work, key=_in_time))

    @cached_property
    def ordered(self) -> tuple[Shift, ...]:
        """What the roster gives the person, in order of start."""
        return tuple(sorted(self.assigned, key=_in_time))

    @cached_property
    def own(self) -> frozenset[str]:
        """Ids of the shifts this roster gives; a finding that involves none of them is not this roster's fault."""
        return frozenset(shift.id for shift in self.assigned)


@dataclass(frozen=True)
class View:
    """What an encoding sees: a person and the shifts (positions in `problem.shifts`) they may be given."""

    problem: Problem
    staff: Staff
    candidates: tuple[int, ...]

    @property
    def calendar(self) -> Calendar:
        """The roster's days."""
        return self.problem.calendar

    def shifts(self) -> Iterator[tuple[int, Shift]]:
        """The candidate shifts with their positions, in order of start."""
        return iter(self.pairs)

    @cached_property
    def pairs(self) -> tuple[tuple[int, Shift], ...]:
        """The candidate shifts with their positions, in order of start; kept, as every rule of the person reads it."""
        shifts = self.problem.shifts
        return tuple((index, shifts[index]) for index in self.candidates)


@dataclass(frozen=True)
class Problem:
    """A roster to make. `shifts` are in order of start.

    `pins` name (staff id, shift id) pairs, kept even where they break a rule (the result reports them by name).
    `budget_cents` bounds total wage cost; `cost_weight` is the points a cent is worth in the objective.
    """

    calendar: Calendar
    shifts: tuple[Shift, ...]
    staff: tuple[Staff, ...]
    pins: frozenset[tuple[str, str]] = frozenset()
    budget_cents: int | None = None
    cost_weight: float = 0.0
    currency: str = "EUR"

    @cached_property
    def shift_index(self) -> dict[str, int]:
        """Position of each shift by its id."""
        return {shift.id: index for index, shift in enumerate(self.shifts)}

    @cached_property
    def staff_index(self) -> dict[str, int]:
        """Position of each person by their id."""
        return {staff.id: index for index, staff in enumerate(self.staff)}

    def timeline(self, staff: Staff, assigned: Sequence[Shift]) -> Timeline:
        """The person's timeline with these shifts of the roster."""
        return Timeline(staff, self.calendar, tuple(assigned))
