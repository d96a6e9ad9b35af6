"""What a generated roster looks like to an integrator: assignments, summary and unfilled shifts, as plain JSON."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from rostering.models import Assignment, Gap, Roster
from rostering.selectors.demand import shifts_of


def result_payload(roster: Roster) -> dict[str, Any]:
    """The job's result as the API promises it; money in units of currency, times ISO 8601 in the site's zone.

    `filled` and `unfilled` count shifts with all, and not all, places taken; `fill_rate` is in percent of places.
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
        "unfilled_shifts": [{"shift_id": gap.shift_id, "short": gap.short, "reasons": gap.reasons} for gap in gaps],
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
