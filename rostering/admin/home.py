"""The home page: what needs attention now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from jobs import pages
from rostering.access import Action
from rostering.admin.formats import percent, span
from rostering.models import Organization
from rostering.selectors import home as selectors
from rostering.tenancy import allowed, current_organization


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: the organization's home, or every organization for platform staff who chose none."""
    organization = current_organization(request)
    context["title"] = "Home"
    if organization is None:
        return {**context, "organizations": selectors.all_organizations()}
    steps = selectors.steps(organization)
    weeks = selectors.two_weeks(organization)
    return {
        **context,
        "organization": organization,
        "weeks": [(week, percent(week.coverage)) for week in weeks],
        "shifts": [
            (shift, span(shift.starts_at, shift.ends_at, shift.site.tz), max(0, shift.headcount - shift.people))
            for shift in selectors.next_shifts(organization)
        ],
        "expiring": selectors.expiring_first(organization),
        "today": timezone.now().astimezone(organization.tz).date(),
        "jobs": job_lines(organization),
        "drafts": selectors.drafts(organization),
        "steps": [] if all(step.done for step in steps) else steps,
        "next_step": next((step for step in steps if not step.done), None),
        "may_schedule": allowed(request, Action.SCHEDULE),
    }


def job_lines(organization: Organization) -> list[dict[str, Any]]:
    """The jobs tile."""
    return [
        {"job": job, "status": pages.cell(job, "status"), "progress": pages.cell(job, "progress")}
        for job in selectors.jobs_of(organization)
    ]
