"""Reports on rosters: open shifts, hours, money."""

from __future__ import annotations

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
from rostering.models import Organization, Site
from rostering.selectors.periods import Period
from rostering.selectors.reports import Scope, budget_summary, employee_hours, unfilled_shifts
from rostering.selectors.rosters import find_roster

PARAMETERS = [
    OpenApiParameter("start_date", OpenApiTypes.DATE, description="Default: today, or the roster's first day."),
    OpenApiParameter("end_date", OpenApiTypes.DATE, description="Default: a roster period, or the roster's last day."),
    OpenApiParameter("roster_id", OpenApiTypes.INT, description="One roster; default: what is published."),
    OpenApiParameter("site_id", OpenApiTypes.INT, description="One site; default: all."),
]


class ReportView(TenantView):
    """Base: reads the scope from the query string."""

    def scope(self, request: Request) -> Scope:
        """Raises `Roster.DoesNotExist` and `Site.DoesNotExist` for foreign ids, ValidationError for wrong values."""
        organization = self.organization
        roster_id = integer_parameter(request, "roster_id")
        roster = find_roster(organization, roster_id) if roster_id is not None else None
        first, last = date_parameter(request, "start_date"), date_parameter(request, "end_date")
        if roster is not None:
            first, last = roster.start_date, roster.end_date
        period = Period.asked(organization, first, last, organization.roster_days)
        return Scope(period, roster, self._site(organization, integer_parameter(request, "site_id")))

    def _site(self, organization: Organization, pk: int | None) -> Site | None:
        if pk is None:
            return None
        found: Site | None = Site.objects.owned_by(organization).filter(pk=pk).first()
        if found is None:
            raise Site.DoesNotExist(f"No site {pk}.")
        return found


class UnfilledShiftsView(ReportView):
    @extend_schema(operation_id="roster_unfilled_shifts", parameters=PARAMETERS, responses=UnfilledShiftsSerializer)
    def get(self, request: Request) -> Response:
        """Shifts with open places, and why."""
        return Response(unfilled_shifts(self.scope(request)))


class EmployeeHoursView(ReportView):
    @extend_schema(operation_id="roster_employee_hours", parameters=PARAMETERS, responses=EmployeeHoursSerializer)
    def get(self, request: Request) -> Response:
        """Everybody's paid hours against their contract."""
        return Response(employee_hours(self.scope(request)))


class BudgetSummaryView(ReportView):
    @extend_schema(operation_id="roster_budget_summary", parameters=PARAMETERS, responses=BudgetSummarySerializer)
    def get(self, request: Request) -> Response:
        """What the work costs, by site and against each roster's budget."""
        return Response(budget_summary(self.scope(request)))
