"""What the rules with limits per period share: their limits, the windows judged and the limits a choice could break."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

from rostering.rules.base import BaseRule
from rostering.rules.frames import Frame, frame, minimum_holds
from rostering.rules.kinds import Columns
from rostering.rules.sentences import limits, per
from rostering.solver.primitives import Tier
from rostering.solver.problem import Calendar, Period, Staff, View, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRule(BaseRule):
    """A count or sum per period between limits. What context alone puts over a maximum is not charged."""

    minimum: int | None = None
    maximum: int | None = None
    period: Period = "roster"
    period_days: int | None = None

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """The rule of a row."""
        return cls(
            minimum=columns.minimum,
            maximum=columns.maximum,
            period=columns.period,
            period_days=columns.period_days,
            required=columns.required,
            weight=columns.weight,
            scope=columns.scope,
        )

    @abstractmethod
    def figure(self, number: float) -> str:
        """A number of what is limited in words, with its unit."""

    def sentence(self) -> str:
        """The limits in words."""
        low = None if self.minimum is None else self.figure(self.minimum)
        high = None if self.maximum is None else self.figure(self.maximum)
        return f"{limits(low, high)}{self.among} {per(self.period, self.period_days)}."

    @property
    def among(self) -> str:
        """The kind of shift, for the sentence, where the figure does not name it; begins with a space."""
        return ""

    def frame(self, calendar: Calendar) -> Frame:
        """The windows judged."""
        return frame(calendar, self.period, self.period_days)

    def tiers(self, view: View, window: Window, known: int, most: int) -> tuple[tuple[Tier, ...], tuple[Tier, ...]]:
        """The limits a choice could break, over and under: `known` comes from context, and choosing every candidate
        makes it `most`."""
        over: tuple[Tier, ...] = ()
        under: tuple[Tier, ...] = ()
        if self.maximum is not None and most > max(self.maximum, known):
            over = (Tier(max(self.maximum, known), self.cost),)
        if self.minimum is not None and known < self.minimum and self.asks(window, view.staff, view.calendar):
            under = (Tier(self.minimum, self.cost),)
        return over, under

    def asks(self, window: Window, staff: Staff, calendar: Calendar) -> bool:
        """Whether the minimum is judged in this window."""
        return minimum_holds(window, self.scope, staff, calendar)
