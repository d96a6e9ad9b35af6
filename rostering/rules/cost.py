"""Wages: the hourly rate, premiums for Sundays and public holidays, overtime."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rostering.rules.base import BaseRule
from rostering.rules.context import remembered
from rostering.rules.frames import frame
from rostering.rules.sentences import duration, listed, money, per, span
from rostering.solver.primitives import Linear, Primitive, Tier, Total
from rostering.solver.problem import Calendar, Match, Period, Shift, Staff, Timeline, View


@dataclass(frozen=True, slots=True)
class Overtime:
    """Beyond `after_minutes` paid minutes per period, each minute costs `percent` more, added to lower tiers'."""

    after_minutes: int
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(BaseRule):
    """What a person's shifts of this roster cost, in cents (`Match.amount`); points are the problem's to give.

    Premiums for Sundays and holidays are on the paid share of the minutes that fall on them. Overtime counts work known
    elsewhere, and charges only the minutes this roster adds. Not a row of its own: contracts say what it needs.
    """

    kind: ClassVar[str] = "cost"
    title: ClassVar[str] = "Wages"

    required: bool = False
    overtime: tuple[Overtime, ...] = ()
    period: Period = "week"
    sunday_percent: float = 0.0
    holiday_percent: float = 0.0

    def cents(self, staff: Staff, shift: Shift) -> float:
        """Wage of one shift without overtime, in cents."""
        length = shift.end - shift.start
        premium = self.sunday_percent * shift.sunday_minutes + self.holiday_percent * shift.holiday_minutes
        paid = shift.paid_minutes * (1 + premium / 100 / length) if premium and length else shift.paid_minutes
        return paid * staff.rate_cents_per_hour / 60

    def check(self, timeline: Timeline) -> list[Match]:
        """One match with the person's wages, one more for each period with overtime."""
        staff = timeline.staff
        if not timeline.assigned or not staff.rate_cents_per_hour:
            return []
        cents = sum(self.cents(staff, shift) for shift in timeline.assigned)
        minutes = sum(shift.paid_minutes for shift in timeline.assigned)
        rate = money(staff.rate_cents_per_hour)
        text = f"{duration(minutes)} at {rate} an hour, premiums included, cost {money(cents)}"
        wages = self._money(timeline, text, cents, [shift.id for shift in timeline.assigned])
        return [wages, *self._overtime(timeline)]

    def _overtime(self, timeline: Timeline) -> Iterable[Match]:
        if not self.overtime:
            return
        windows = frame(timeline.calendar, self.period)
        own = windows.sums((s.day, s.paid_minutes) for s in timeline.assigned)
        context = remembered(self, timeline.staff, timeline.calendar, _context_minutes)
        for window, mine, theirs in zip(windows.windows, own, context, strict=True):
            beyond = [(max(0, mine + theirs - max(t.after_minutes, theirs)), t.percent) for t in self.overtime]
            cents = sum(minutes * percent for minutes, percent in beyond) / 100
            cents *= timeline.staff.rate_cents_per_hour / 60
            if cents:
                days = span(timeline.calendar, window.first, window.last)
                longest = max(minutes for minutes, _ in beyond)
                text = f"{duration(longest)} of overtime in {days}, premium {money(cents)}"
                yield self._money(timeline, text, cents, [s.id for s in timeline.assigned if s.day in window])

    def _money(self, timeline: Timeline, text: str, cents: float, shifts: list[str]) -> Match:
        return replace(self.match(timeline, text, cents, shifts), cost=0.0)

    def encode(self, view: View) -> Iterable[Primitive]:
        """A price on each shift, and tiers on the minutes of each period."""
        staff = view.staff
        if not staff.rate_cents_per_hour or not view.candidates:
            return
        yield Linear({index: self.cents(staff, shift) for index, shift in view.pairs}, cents=True)
        if not self.overtime:
            return
        windows = frame(view.calendar, self.period)
        context = remembered(self, staff, view.calendar, _context_minutes)
        for window, offset in zip(windows.windows, context, strict=True):
            amounts = {index: s.paid_minutes for index, s in view.pairs if s.day in window}
            most = offset + sum(amounts.values())
            tiers = tuple(
                Tier(max(t.after_minutes, offset), staff.rate_cents_per_hour / 60 * t.percent / 100)
                for t in self.overtime
                if amounts and t.after_minutes < most
            )
            if tiers:
                yield Total(amounts, tiers, (), offset, True, window.first, window.last)

    def sentence(self) -> str:
        """The rule in words."""
        parts = [f"{t.percent:g} % beyond {duration(t.after_minutes)} {per(self.period, None)}" for t in self.overtime]
        if self.sunday_percent:
            parts.append(f"{self.sunday_percent:g} % on Sundays")
        if self.holiday_percent:
            parts.append(f"{self.holiday_percent:g} % on public holidays")
        return f"Wages at the hourly rate{', with premiums of ' + listed(parts, 'and') if parts else ''}."


def _context_minutes(rule: Cost, staff: Staff, calendar: Calendar) -> list[int]:
    return frame(calendar, rule.period).sums([(shift.day, shift.paid_minutes) for shift in staff.context])
