"""Daily metrics as lines over time; one query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from analytics.admin.line_charts import LineChart, line_chart
from analytics.models import DailyMetrics
from analytics.selectors.days import stored_days
from jobs.charts import number
from rostering.admin.formats import money_cents, percent
from rostering.models import Organization
from rostering.selectors.periods import Period, today

DAYS_SHOWN = 42


def trends(organization: Organization) -> list[LineChart]:
    """The lines of the last `DAYS_SHOWN` days that ended; those without a single figure are left out. One query."""
    last = today(organization) - timedelta(days=1)
    period = Period(organization, last - timedelta(days=DAYS_SHOWN - 1), last)
    found = stored_days(period)
    days = period.days
    while days and days[0] not in found:  # a new organization's line begins where its days do
        days.pop(0)

    def line(title: str, value: Callable[[DailyMetrics], float | None], **how: Any) -> LineChart | None:
        return line_chart(title, [(day, value(found[day]) if day in found else None) for day in days], **how)

    def money(cents: float) -> str:
        return money_cents(round(cents), organization.currency, whole=True)

    if not days:
        return []
    rate: dict[str, Any] = {"label": percent, "lowest": 80.0, "highest": 100.0}
    drawn = [
        line("Fill rate", lambda row: row.fill_rate, hint="Percent of places", **rate),
        line("Compliance", lambda row: row.compliance_rate, hint="Percent of assignments without a breach", **rate),
        line("Scheduled cost", lambda row: row.scheduled_cost_cents if row.assignments else None, label=money),
        line("Cost per shift", lambda row: row.cost_per_shift_cents, label=money, hint="By shift with anybody on it"),
        line("Active users", lambda row: row.active_users, label=whole, highest=2),
        line("Features used", lambda row: _count(row.features_used), label=whole, highest=2),
        line("Rosters generated", lambda row: row.rosters_generated, label=whole, highest=2),
        line("Optimization", lambda row: row.optimization_seconds, label=lambda value: f"{number(value)} s"),
        line("Shifts created", lambda row: row.shifts_created, label=whole, highest=2),
        line("Staff added", lambda row: row.staff_added, label=whole, highest=2),
    ]
    return [one for one in drawn if one is not None]


def split_flat(drawn: list[LineChart]) -> tuple[list[LineChart], list[str]]:
    """Lines worth drawing, and the titles of those that are zero on every day."""
    return [one for one in drawn if not one.zero], [one.title for one in drawn if one.zero]


def whole(value: float) -> str:
    """A count on an axis; a half of one is no count."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.01 else ""


def _count(features: dict[str, int] | None) -> int | None:
    return None if features is None else len(features)
