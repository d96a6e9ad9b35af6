"""The home page's two charts as bars by day, drawn with HTML and CSS alone: they scale, print and need no script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.selectors.coverage import total_coverage
from rostering.admin.formats import money_cents, percent

DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Bar:
    """A day: its height and, on top, what is missing, both in percent of the axis."""

    height: float
    missing: float
    title: str
    ahead: bool


@dataclass(frozen=True)
class BarChart:
    """A chart of whole weeks; `weeks` are the first date, the dates in words and the figure of each."""

    title: str
    figure: str
    about: str
    top: str
    bars: list[Bar]
    weeks: list[tuple[date, str, str]]

    @property
    def dates(self) -> str:
        """From when to when, in words."""
        return f"{self.weeks[0][1].split(' to ')[0]} – {self.weeks[-1][1].split(' to ')[1]}"

    @property
    def summary(self) -> str:
        """What the chart shows, for those who do not see it."""
        return f"{self.title} by week: " + "; ".join(f"{words}: {figure}" for _, words, figure in self.weeks) + "."


def coverage_chart(days: Sequence[dict[str, Any]], today: date) -> BarChart:
    """How much of each day's places is filled; `days` as `days_coverage` gives them, in whole weeks."""
    past = total_coverage([day for day in days if day["date"] < today])
    return BarChart(
        title="Coverage",
        figure=_coverage(past),
        about="of the places so far are filled in published rosters",
        top="100 %",
        bars=[_coverage_bar(day, today) for day in days],
        weeks=_weeks(days, lambda week: _coverage(total_coverage(week))),
    )


def cost_chart(costs: dict[str, Any], today: date) -> BarChart:
    """What each day's published work costs; `costs` as `cost_trends` gives it, in whole weeks."""
    currency, days = costs["currency"], costs["trend"]
    highest = max((day["cost"] for day in days), default=0.0)
    return BarChart(
        title="Wages",
        figure=_cost([day for day in days if day["date"] < today], currency),
        about="for the published work so far",
        top=_cost([{"cost": highest}], currency),
        bars=[
            Bar(
                height=round(100 * day["cost"] / highest, 1) if highest else 0.0,
                missing=0.0,
                title=f"{day['date']:%a %d %b}: {_cost([day], currency)} for {day['hours']:,.0f} h",
                ahead=day["date"] >= today,
            )
            for day in days
        ],
        weeks=_weeks(days, lambda week: _cost(week, currency)),
    )


def _coverage_bar(day: dict[str, Any], today: date) -> Bar:
    share = 100 * day["filled"] / day["places"] if day["places"] else 0.0
    words = f"{day['filled']} of {day['places']} places filled" if day["places"] else "no shifts"
    return Bar(
        height=round(share, 1),
        missing=round(100 - share, 1) if day["places"] else 0.0,
        title=f"{day['date']:%a %d %b}: {words}",
        ahead=day["date"] >= today,
    )


def _weeks(
    days: Sequence[dict[str, Any]], figure: Callable[[list[dict[str, Any]]], str]
) -> list[tuple[date, str, str]]:
    weeks = [list(days[first : first + DAYS_A_WEEK]) for first in range(0, len(days), DAYS_A_WEEK)]
    return [(week[0]["date"], f"{week[0]['date']:%d %b} to {week[-1]['date']:%d %b}", figure(week)) for week in weeks]


def _coverage(totals: dict[str, Any]) -> str:
    return percent(totals["fill_rate"] if totals["places"] else None)


def _cost(days: Sequence[dict[str, Any]], currency: str) -> str:
    return money_cents(round(100 * sum(day["cost"] for day in days)), currency, whole=True)
