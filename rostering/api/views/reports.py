"""Reports on rosters: open shifts, hours, money; kept until the data they are made from changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rostering.api.parameters import date_parameter, integer_parameter
from rostering.api.serializers.reports import (
    BudgetSummarySerializer,
    EmployeeHoursSerializer,
    UnfilledShiftsSerializer,
)
from rostering.api.views.base import TenantView
from rostering.cache.views import cached
from rostering.models import Organization, Site, Topic
from rostering.selectors.periods import Period
from rostering.selectors.reports import Scope, budget_summary, employee_hours, unfilled_shifts
from rostering.selectors.rosters import find_roster

PARAMETERS = [
    OpenApiParameter("start_date", OpenApiTypes.DATE, description="Default: today, or the roster's first day."),
    OpenApiParameter("end_date", OpenApiTypes.DATE, description="Default: a roster period, or the roster's last day."),
    OpenApiParameter("roster_id", OpenApiTypes.INT, description="One roster; default: what is published."),
    OpenApiParameter("site_id", OpenApiTypes.INT, description="One site; default: all."),
]


KEPT_SECONDS = 5 * 60
WORK = (Topic.SITES, Topic.STAFF, Topic.SHIFTS, Topic.ROSTERS)


def _asked(request: Request) -> Mapping[str, Any]:
    """What the query string says. Raises ValidationError for wrong values."""
    return {
        "roster_id": integer_parameter(request, "roster_id"),
        "site_id": integer_parameter(request, "site_id"),
        "start_date": date_parameter(request, "start_date"),
        "end_date": date_parameter(request, "end_date"),
    }


class ReportView(TenantView):
    """Base: finds what a report is about."""

    def scope(
        self, *, roster_id: int | None, site_id: int | None, start_date: date | None, end_date: date | None
    ) -> Scope:
        """Raises `Roster.DoesNotExist` and `Site.DoesNotExist` for foreign ids, ValidationError for wrong periods."""
        organization = self.organization
        roster = find_roster(organization, roster_id) if roster_id is not None else None
        first, last = start_date, end_date
        if roster is not None:
            first, last = roster.start_date, roster.end_date
        period = Period.asked(organization, first, last, organization.roster_days)
        return Scope(period, roster, self._site(organization, site_id))

    def _site(self, organization: Organization, pk: int | None) -> Site | None:
        if pk is None:
            return None
        found: Site | None = Site.objects.owned_by(organization).filter(pk=pk).first()
        if found is None:
            raise Site.DoesNotExist(f"No site {pk}.")
        return found


class UnfilledShiftsView(ReportView):
    @extend_schema(operation_id="roster_unfilled_shifts", parameters=PARAMETERS, responses=UnfilledShiftsSerializer)
    @cached("shifts:unfilled", topics=(Topic.SITES, Topic.SHIFTS, Topic.ROSTERS), seconds=KEPT_SECONDS, read=_asked)
    def get(self, request: Request, **asked: Any) -> Response:
        """Shifts with open places, and why."""
        return Response(unfilled_shifts(self.scope(**asked)))


class EmployeeHoursView(ReportView):
    @extend_schema(operation_id="roster_employee_hours", parameters=PARAMETERS, responses=EmployeeHoursSerializer)
    @cached("roster:employee_hours", topics=WORK, seconds=KEPT_SECONDS, read=_asked)
    def get(self, request: Request, **asked: Any) -> Response:
        """Everybody's paid hours against their contract."""
        return Response(employee_hours(self.scope(**asked)))


class BudgetSummaryView(ReportView):
    @extend_schema(operation_id="roster_budget_summary", parameters=PARAMETERS, responses=BudgetSummarySerializer)
    @cached("roster:budget_summary", topics=WORK, seconds=KEPT_SECONDS, read=_asked)
    def get(self, request: Request, **asked: Any) -> Response:
        """What the work costs, by site and against each roster's budget."""
        return Response(budget_summary(self.scope(**asked)))
