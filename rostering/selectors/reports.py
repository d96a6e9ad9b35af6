"""What integrators ask of rosters: open shifts, hours by person, money. Set-based; the data's size adds no queries.

Without a roster each speaks of what is published; with one, of that roster whatever its status.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from rostering.models import Assignment, Contract, Gap, Roster, Shift, Site, Staff
from rostering.querysets import paid_minutes, wage_cents, with_filled
from rostering.selectors.dates import Dates, shifts_in, work_in
from rostering.selectors.demand import shifts_of
from rostering.selectors.periods import Period


@dataclass(frozen=True)
class Scope:
    """What a report is about: a period, and perhaps one roster or one site of it."""

    period: Period
    roster: Roster | None = None
    site: Site | None = None

    def shifts(self) -> QuerySet[Shift]:
        """Its shifts: the roster's, or those that start on its dates at active sites."""
        rows: QuerySet[Shift] = Shift.objects.owned_by(self.period.organization)
        if self.roster is not None:
            rows = rows.filter(pk__in=[shift.pk for shift in shifts_of(self.roster)])
        else:
            rows = shifts_in(Dates.of(self.period))
        return rows.filter(site=self.site) if self.site is not None else rows

    def assignments(self) -> QuerySet[Assignment]:
        """Who works: in the roster, or as published in the period."""
        rows: QuerySet[Assignment] = Assignment.objects.owned_by(self.period.organization)
        rows = rows.filter(roster=self.roster) if self.roster is not None else work_in(Dates.of(self.period))
        return rows.filter(shift__site=self.site) if self.site is not None else rows

    def head(self) -> dict[str, Any]:
        """How every report begins."""
        return {
            "start_date": self.period.first,
            "end_date": self.period.last,
            "roster_id": self.roster.pk if self.roster is not None else None,
            "site_id": self.site.pk if self.site is not None else None,
        }


def unfilled_shifts(scope: Scope) -> dict[str, Any]:
    """Shifts with open places in order of start, each with the reasons the roster's gap ledger gives."""
    shifts = with_filled(scope.shifts(), scope.roster).filter(assigned__lt=F("headcount"))
    rows = list(shifts.select_related("site__organization", "shift_type").order_by("starts_at", "pk"))
    reasons = _reasons(scope, [row.pk for row in rows])
    return {
        **scope.head(),
        "total_open": sum(row.headcount - row.assigned for row in rows),
        "unfilled_shifts": [
            {
                "shift_id": row.pk,
                "site_id": row.site_id,
                "site_name": row.site.name,
                "shift_type": row.shift_type.code,
                "start_time": row.starts_at.astimezone(row.site.tz).isoformat(),
                "end_time": row.ends_at.astimezone(row.site.tz).isoformat(),
                "priority": row.priority,
                "headcount": row.headcount,
                "assigned": row.assigned,
                "short": row.headcount - row.assigned,
                "reasons": reasons.get(row.pk, []),
            }
            for row in rows
        ],
    }


def employee_hours(scope: Scope) -> dict[str, Any]:
    """Paid hours, shifts and wages of every active person, and of anybody else who works, against their contract."""
    # Grouped by `active` as well, so that only the few others are named by their ids. Count("*") needs no column.
    worked: dict[int, Any] = {
        row["staff_id"]: row
        for row in scope.assignments()
        .order_by()
        .values("staff_id", "staff__active")
        .annotate(shifts=Count("*"), minutes=Sum(paid_minutes()), cents=Sum(wage_cents()))
    }
    others = [person for person, row in worked.items() if not row["staff__active"]]
    everybody = Staff.objects.owned_by(scope.period.organization).filter(Q(active=True) | Q(pk__in=others))
    contracts = Contract.objects.owned_by(scope.period.organization).in_bulk()
    weeks = len(scope.period.days) / 7
    return {
        **scope.head(),
        "currency": scope.period.organization.currency,
        "employees": [
            _hours_row(person, contracts[person.contract_id], worked.get(person.pk, {}), weeks)
            for person in everybody.only("first_name", "last_name", "number", "contract_id")
        ],
    }


def budget_summary(scope: Scope) -> dict[str, Any]:
    """What the work costs, in total, by site, and set against the budget of each roster it comes from."""
    given = scope.assignments().order_by()
    by_site = given.values("shift__site_id", "shift__site__name").annotate(
        shifts=Count("shift_id", distinct=True), minutes=Sum(paid_minutes()), cents=Sum(wage_cents())
    )
    sites = [
        {
            "site_id": row["shift__site_id"],
            "site_name": row["shift__site__name"],
            "shifts": row["shifts"],
            "hours": _hours(row["minutes"]),
            "cost": _money(row["cents"]),
        }
        for row in by_site.order_by("shift__site__code")
    ]
    budgets = _budgets(given)
    with_budget = [row for row in budgets if row["budget"] is not None]
    return {
        **scope.head(),
        "currency": scope.period.organization.currency,
        "total_cost": round(sum(row["cost"] for row in sites), 2),
        "total_hours": round(sum(row["hours"] for row in sites), 2),
        "budget": sum(row["budget"] for row in with_budget) if with_budget else None,
        "remaining": round(sum(row["remaining"] for row in with_budget), 2) if with_budget else None,
        "by_site": sites,
        "rosters": budgets,
    }


def _reasons(scope: Scope, shift_ids: list[int]) -> dict[int, list[Any]]:
    gaps = Gap.objects.filter(shift_id__in=shift_ids)
    if scope.roster is not None:
        gaps = gaps.filter(roster=scope.roster)
    else:
        gaps = gaps.filter(roster__status=Roster.Status.PUBLISHED)
    found: dict[int, list[Any]] = defaultdict(list)
    for shift, reasons in gaps.order_by("pk").values_list("shift_id", "reasons"):
        found[shift] = reasons
    return found


def _hours_row(person: Staff, contract: Contract, worked: dict[str, Any], weeks: float) -> dict[str, Any]:
    hours = _hours(worked.get("minutes"))
    agreed = round(contract.weekly_minutes * weeks / 60, 2)
    return {
        "employee_id": person.pk,
        "employee_name": person.name,
        "employee_number": person.number,
        "contract": contract.name,
        "shifts": worked.get("shifts", 0),
        "hours": hours,
        "contract_hours": agreed,
        "difference": round(hours - agreed, 2),
        "cost": _money(worked.get("cents")),
    }


def _budgets(given: QuerySet[Assignment]) -> list[dict[str, Any]]:
    costs = dict(given.values_list("roster_id").annotate(cents=Sum(wage_cents())))
    rows = []
    for roster in Roster.objects.filter(pk__in=costs).order_by("start_date", "pk"):
        budget = float(roster.budget) if roster.budget is not None else None
        whole = _money(roster.cost_cents or costs[roster.pk])
        rows.append(
            {
                "roster_id": roster.pk,
                "name": str(roster),
                "status": roster.status,
                "cost": whole,
                "cost_in_period": _money(costs[roster.pk]),
                "budget": budget,
                "remaining": round(budget - whole, 2) if budget is not None else None,
            }
        )
    return rows


def _hours(minutes: float | None) -> float:
    return round((minutes or 0) / 60, 2)


def _money(cents: float | None) -> float:
    return round((cents or 0) / 100, 2)
