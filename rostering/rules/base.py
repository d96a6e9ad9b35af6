"""What every rule has: whether it is required, its weight, and the shifts and dates it speaks of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from rostering.rules.sentences import kinds_of_shift
from rostering.solver.easing import Easing
from rostering.solver.primitives import Cost, Forbid, Linear, Primitive
from rostering.solver.problem import Calendar, Match, Shift, Staff, Timeline, View


@dataclass(frozen=True, slots=True)
class Scope:
    """The shifts a rule speaks of: any of `tags` (where given), one of `types` (where given), starting on a local date
    from `valid_from` to `valid_until`, both included.
    """

    tags: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    valid_from: date | None = None
    valid_until: date | None = None

    def fits(self, shift: Shift) -> bool:
        """Whether the shift is of the kind the rule speaks of, whenever it is."""
        return not (self.tags and self.tags.isdisjoint(shift.tags)) and not (
            self.types and shift.type not in self.types
        )

    def first(self, calendar: Calendar) -> int | None:
        """Number of the first valid day; None when valid since ever."""
        return None if self.valid_from is None else (self.valid_from - calendar.start).days

    def last(self, calendar: Calendar) -> int | None:
        """Number of the last valid day; None when valid for ever."""
        return None if self.valid_until is None else (self.valid_until - calendar.start).days

    def days(self, calendar: Calendar) -> tuple[int, int]:
        """First and last valid day number; far away where open."""
        first, last = self.first(calendar), self.last(calendar)
        return -FAR if first is None else first, FAR if last is None else last

    def applies(self, shift: Shift, calendar: Calendar) -> bool:
        """Whether the rule speaks of this shift; its validity is judged by the shift's day."""
        first, last = self.days(calendar)
        return first <= shift.day <= last and self.fits(shift)

    def select(self, shifts: Sequence[Shift], calendar: Calendar) -> Sequence[Shift]:
        """Those of the shifts the rule speaks of, in their order."""
        if self.everything:
            return shifts
        first, last = self.days(calendar)
        tags, types = self.tags, self.types
        return [
            shift
            for shift in shifts
            if not (tags and tags.isdisjoint(shift.tags))
            and not (types and shift.type not in types)
            and first <= shift.day <= last
        ]

    def candidates(self, view: View) -> Sequence[tuple[int, Shift]]:
        """Those of the person's candidates the rule speaks of, with their positions."""
        if self.everything:
            return view.pairs
        first, last = self.days(view.calendar)
        return [pair for pair in view.pairs if first <= pair[1].day <= last and self.fits(pair[1])]

    @property
    def everything(self) -> bool:
        """Whether the rule speaks of every shift, always."""
        return not (self.tags or self.types or self.valid_from or self.valid_until)

    @property
    def adjective(self) -> str:
        """The kind of shift in words, with a space after it; empty for all."""
        words = kinds_of_shift(self.tags, self.types)
        return f"{words} " if words else ""


FAR = 1_000_000
"""A day number beyond any calendar."""

EVERYTHING = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRule(ABC):
    """A rule of some kind. Broken required rules make a roster illegal; preferred ones cost `weight` points a unit."""

    kind: ClassVar[str]
    title: ClassVar[str]

    required: bool = True
    weight: float = 1.0
    scope: Scope = EVERYTHING

    @property
    def label(self) -> str:
        """Short name for score tables; tells two rules of a kind apart by the shifts they speak of."""
        adjective = self.scope.adjective.strip()
        return f"{self.title} ({adjective})" if adjective else self.title

    @property
    def unit_cost(self) -> float:
        """Points for each unit by which the rule is broken, were it preferred; minutes override it."""
        return self.weight

    @property
    def cost(self) -> Cost:
        """Points for each unit, or None when the rule is required."""
        return None if self.required else self.unit_cost

    @abstractmethod
    def sentence(self) -> str:
        """The rule in one English sentence."""

    @abstractmethod
    def check(self, timeline: Timeline) -> list[Match]:
        """Judge one person's finished timeline."""

    @abstractmethod
    def encode(self, view: View) -> Iterable[Primitive]:
        """State the rule for the solvers."""

    def ease(self, timeline: Timeline) -> Easing | None:
        """The least change of this person alone under which the rule does not object to the timeline.

        Here an exception from the whole rule, where it is broken in one place; rules with a limit move the limit.
        """
        found = self.check(timeline)
        if len(found) != 1:
            return None
        text = found[0].sentence.rstrip(".")
        return self.eased(timeline, f"Make an exception from “{self.label}” for {text}", 1.0, None)

    def eased(self, timeline: Timeline, sentence: str, size: float, instead: BaseRule | None) -> Easing:
        """An easing that puts another rule, or none, in this one's place; the sentence comes without its full stop."""
        staff = timeline.staff
        others = (rule if rule != self else instead for rule in staff.rules)
        rules = tuple(rule for rule in others if rule is not None)
        return Easing("limit", size, f"{sentence}.", replace(staff, rules=rules))

    def match(
        self, timeline: Timeline, text: str, units: float = 1.0, shifts: Iterable[str] = (), day: int | None = None
    ) -> Match:
        """A finding of this rule; `text` follows the person's name and a colon."""
        cost = 0.0 if self.required else units * self.unit_cost
        staff = timeline.staff
        sentence = f"{staff.name}: {text}."
        return Match(self.kind, self.label, self.required, staff.id, sentence, cost, units, tuple(shifts), day)

    def against(self, units: dict[int, int]) -> Iterable[Primitive]:
        """Shifts that break the rule by themselves (against context), with the units by which each does."""
        if not units:
            return
        if self.cost is None:
            yield Forbid(frozenset(units))
        else:
            yield Linear({index: count * self.cost for index, count in units.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePairRule(BaseRule):
    """A rule about one person and one shift alone.

    `first_day` and `last_day` bound its validity in day numbers of the roster, as an objection is asked without a
    calendar.
    """

    first_day: int = -FAR
    last_day: int = FAR

    def objection(self, staff: Staff, shift: Shift) -> str | None:
        """Why the rule speaks against this person on this shift, as a sentence; None when it does not."""
        if not self.first_day <= shift.day <= self.last_day or not self.scope.fits(shift):
            return None
        reason = self.reason(staff, shift)
        return None if reason is None else f"{staff.name}: {reason} ({shift.label or shift.id})."

    @abstractmethod
    def reason(self, staff: Staff, shift: Shift) -> str | None:
        """What stands between this person and this shift, without names; None when nothing does."""

    def dated(self, start: date | None) -> Self:
        """The rule with its validity in days of a roster that starts on this date.

        Raises ValueError when the rule has dates and the roster's start is not given.
        """
        valid_from, valid_until = self.scope.valid_from, self.scope.valid_until
        if valid_from is None and valid_until is None:
            return self
        if start is None:
            raise ValueError(f"{self.title} is valid between dates; say when the roster starts.")
        first = -FAR if valid_from is None else (valid_from - start).days
        last = FAR if valid_until is None else (valid_until - start).days
        return replace(self, first_day=first, last_day=last)

    def check(self, timeline: Timeline) -> list[Match]:
        """Every objection against the person's shifts of this roster."""
        found = []
        for shift in timeline.assigned:
            sentence = self.objection(timeline.staff, shift)
            if sentence is not None:
                cost = 0.0 if self.required else self.weight
                staff = timeline.staff.id
                found.append(
                    Match(self.kind, self.label, self.required, staff, sentence, cost, 1.0, (shift.id,), shift.day)
                )
        return found

    def ease(self, timeline: Timeline) -> Easing | None:
        """What admits the person to the one shift objected to; None where there are several."""
        staff = timeline.staff
        against = [shift for shift in timeline.assigned if self.objection(staff, shift) is not None]
        return self.admit(staff, against[0]) if len(against) == 1 else None

    def admit(self, staff: Staff, shift: Shift) -> Easing | None:
        """The least change of the person under which the rule lets them work the shift; None when there is none."""
        return None

    def encode(self, view: View) -> Iterable[Primitive]:
        """The candidates objected to, forbidden or at a price."""
        return self.against({index: 1 for index, shift in view.pairs if self.objection(view.staff, shift) is not None})
