"""What a generated roster looks like to an integrator: assignments, summary and unfilled shifts, as plain JSON."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from jobs.models import JobRun
from rostering.models import Assignment, Gap, Organization, Roster
from rostering.selectors.demand import shifts_of

ENDINGS = {
    "optimal": "proven to be the best possible",
    "feasible": "ran to its time limit",
    "stopped": "stopped early, best so far kept",
}


def result_payload(roster: Roster) -> dict[str, Any]:
    """The job's result as the API promises it; money in units of currency, times ISO 8601 in the site's zone.

    `filled` and `unfilled` count shifts with all, and not all, places taken; `fill_rate` is in percent of places, `gap`
    in percent of the objective.
    """
    gaps = list(Gap.objects.filter(roster=roster).order_by("shift__starts_at", "shift_id"))
    total = len(shifts_of(roster))
    return {
        "roster_id": roster.pk,
        "message": f"{roster.filled} of {roster.places} places filled.",
        "link": {"url": reverse("admin:rostering_roster_change", args=[roster.pk]), "label": "Open the roster"},
        "assignments": assignment_rows(roster),
        "summary": {
            "fill_rate": round(roster.coverage or 0.0, 2),
            "total_shifts": total,
            "filled": total - len(gaps),
            "unfilled": len(gaps),
            "total_places": roster.places,
            "filled_places": roster.filled,
            "total_cost": roster.cost_cents / 100,
            "total_hours": round(roster.paid_minutes / 60, 2),
            "objective": roster.objective,
            "bound": roster.bound,
            "gap": roster.gap,
            "solver_status": roster.solver_status,
            "solve_seconds": roster.solve_seconds,
        },
        "unfilled_shifts": [
            {"shift_id": gap.shift_id, "short": gap.short, "reasons": gap.reasons, "remedies": gap.remedies}
            for gap in gaps
        ],
    }


def assignment_rows(roster: Roster) -> list[dict[str, Any]]:
    """The roster's assignments in order of start, one query."""
    rows = (
        Assignment.objects.filter(roster=roster)
        .select_related("staff", "shift__site__organization")
        .order_by("starts_at", "shift_id", "staff_id")
    )
    return [
        {
            "shift_id": row.shift_id,
            "employee_id": row.staff_id,
            "employee_name": row.staff.name,
            "site_id": row.shift.site_id,
            "site_name": row.shift.site.name,
            "start_time": row.starts_at.astimezone(row.shift.site.tz).isoformat(),
            "end_time": row.ends_at.astimezone(row.shift.site.tz).isoformat(),
            "cost": row.cost_cents / 100,
        }
        for row in rows
    ]


def result_facts(job: JobRun) -> list[tuple[str, str]]:
    """A finished job's summary as the job page shows it: most important first, with units, nothing that is unknown."""
    result = job.result if isinstance(job.result, dict) else {}
    told = result.get("summary")
    if not isinstance(told, dict):
        return []
    currency = Organization.objects.filter(pk=job.organization_id or 0).values_list("currency", flat=True).first() or ""
    gap: float | None = told.get("gap")
    known = gap is not None and gap < 100
    facts = [
        ("Coverage", "{:.1f} %", told.get("fill_rate")),
        ("Places filled", "{:,} of " + f"{told.get('total_places') or 0:,}", told.get("filled_places")),
        ("Shifts filled", "{:,} of " + f"{told.get('total_shifts') or 0:,}", told.get("filled")),
        ("Wages", f"{currency} {{:,.2f}}", told.get("total_cost")),
        ("Paid time", "{:,.1f} h", told.get("total_hours")),
        ("Objective", "{:,.0f} points", told.get("objective")),
        ("Bound", "{:,.0f} points", told.get("bound") if known else None),
        ("At most better by", "{:.1f} %", gap if known else None),
        ("Search", "{}", ENDINGS.get(told.get("solver_status", ""))),
        ("Time to solve", "{:,.1f} s", told.get("solve_seconds")),
    ]
    return [(name, form.format(value)) for name, form, value in facts if value is not None]
