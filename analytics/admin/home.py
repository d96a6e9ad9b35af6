"""The home page: what needs attention now, by the same figures as the dashboard's API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from analytics.admin.bar_charts import cost_chart, coverage_chart
from analytics.selectors import coverage
from rostering.access import Action
from rostering.admin.formats import percent, span
from rostering.admin.home import job_lines
from rostering.models import Organization
from rostering.selectors import home as selectors
from rostering.selectors.dates import Dates
from rostering.selectors.periods import Period, today
from rostering.tenancy import allowed, current_organization

PAST_DAYS, WEEK = 28, 7
SHIFTS_SHOWN = 6


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: the organization's home, or every organization for platform staff who chose none."""
    organization = current_organization(request)
    context["title"] = "Home"
    if organization is None:
        return {**context, "organizations": selectors.all_organizations()}
    steps = selectors.steps(organization)
    may_schedule = allowed(request, Action.SCHEDULE)
    shown = figures(organization)
    if may_schedule and all(step.done for step in steps):
        shown["weeks"][-1]["generate"] = generate_link(organization, shown["weeks"][-1])
    return {
        **context,
        "organization": organization,
        **shown,
        "shifts": [
            (coming, span(coming.shift.starts_at, coming.shift.ends_at, coming.shift.site.tz))
            for coming in coverage.coming_shifts(organization, SHIFTS_SHOWN)
        ],
        "expiring": selectors.expiring_first(organization),
        "today": today(organization),
        "jobs": job_lines(organization),
        "drafts": selectors.drafts(organization),
        "steps": [] if all(step.done for step in steps) else steps,
        "next_step": next((step for step in steps if not step.done), None),
        "may_schedule": may_schedule,
    }


def generate_link(organization: Organization, week: dict[str, Any]) -> str:
    """Where to generate an open week, its dates filled in; empty for one that is covered or has a draft.

    What is published of it already is stayed close to.
    """
    first, last = week["days"][0]["date"], week["days"][-1]["date"]
    if (week["places"] and not week["open"]) or selectors.has_draft(organization, first, last):
        return ""
    published = selectors.published_for(organization, first, last)
    base = {"base": published.pk} if published is not None else {}
    return f"{reverse('admin:rostering_roster_generate')}?{urlencode({'first': first, 'last': last, **base})}"


def figures(organization: Organization) -> dict[str, Any]:
    """This week and the next by day, and the trends: four weeks back to the end of the next. Four queries."""
    now = today(organization)
    week = Period.week_of(organization, now)
    first = week.first - timedelta(days=PAST_DAYS)
    period = Period(organization, first, week.last + timedelta(days=WEEK))
    days = coverage.days_coverage(Dates.of(period))
    costs = coverage.cost_trends(organization, len(period.days), first)
    weeks = {"This week": days[PAST_DAYS : PAST_DAYS + WEEK], "Next week": days[PAST_DAYS + WEEK :]}
    shown = any(day["places"] for day in days)
    return {
        "weeks": [_week(label, part) for label, part in weeks.items()],
        "trends": [coverage_chart(days, now), cost_chart(costs, now)] if shown else [],
    }


def _week(label: str, days: list[dict[str, Any]]) -> dict[str, Any]:
    totals = coverage.total_coverage(days)
    return {"label": label, "days": days, **totals, "coverage": percent(totals["fill_rate"])}
