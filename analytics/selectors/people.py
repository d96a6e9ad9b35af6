"""Staff: certifications running out, and how fully people work."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from analytics.selectors.metrics import percent
from rostering.models import Organization
from rostering.selectors.expiry import current_certifications, uncovered_shifts
from rostering.selectors.periods import Period, today
from rostering.selectors.reports import Scope, employee_hours


def expiring_certifications(organization: Organization, days_ahead: int) -> list[dict[str, Any]]:
    """Certifications of active staff that run out within so many days, soonest first, unless renewed, and how many
    future shifts become uncovered if nobody renews. Two queries."""
    day = today(organization)
    last = day + timedelta(days=days_ahead)
    rows = current_certifications(organization).filter(expires__gte=day, expires__lte=last)
    uncovered = uncovered_shifts(organization)
    return [
        {
            "id": row.pk,
            "employee_id": row.staff_id,
            "employee_name": row.staff.name,
            "certification_id": row.certification_id,
            "certification": row.certification.name,
            "code": row.certification.code,
            "number": row.number,
            "expires": row.expires,
            "days_left": (row.expires - day).days if row.expires else None,
            "blocks": row.certification.blocks,
            "uncovered_shifts": uncovered.of(row.pk).number,
        }
        for row in rows.select_related("staff", "certification").order_by("expires", "staff__last_name", "pk")
    ]


def employee_utilization(organization: Organization, days: int, first: date | None = None) -> dict[str, Any]:
    """Published hours of everybody against their contract, in percent: the last `days` days, or from `first` on."""
    start = first or today(organization) - timedelta(days=days - 1)
    report = employee_hours(Scope(Period.asked(organization, start, None, days)))
    return {
        "start_date": report["start_date"],
        "end_date": report["end_date"],
        "employees": [
            {
                "employee_id": row["employee_id"],
                "employee_name": row["employee_name"],
                "shifts": row["shifts"],
                "hours": row["hours"],
                "contract_hours": row["contract_hours"],
                "utilization": percent(row["hours"], row["contract_hours"]),
            }
            for row in report["employees"]
        ],
    }
