"""The dashboard's calls; each about one organization, computed anew at every request."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api import serializers
from analytics.cache_stats import cache_statistics
from analytics.liveness import DOWN, liveness
from analytics.selectors import coverage, metrics, people
from rostering.api.parameters import date_parameter, number_parameter
from rostering.api.views.base import TenantView

START = OpenApiParameter("start_date", OpenApiTypes.DATE, description="First day; default: so that today is the last.")


def _number(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.INT, description=text)


class MetricsView(TenantView):
    @extend_schema(operation_id="dashboard_metrics", responses=serializers.DashboardMetricsSerializer)
    def get(self, request: Request) -> Response:
        """Headline figures."""
        return Response(metrics.dashboard_metrics(self.organization))


class UpcomingShiftsView(TenantView):
    @extend_schema(
        operation_id="dashboard_upcoming_shifts",
        parameters=[_number("limit", "How many, 1 to 500; default 10.")],
        responses=serializers.UpcomingShiftSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The next shifts and who works them."""
        limit = number_parameter(request, "limit", default=10, most=500)
        return Response(coverage.upcoming_shifts(self.organization, limit))


@extend_schema(exclude=True)
class UpcomingShiftsAliasView(UpcomingShiftsView):
    """The same under the name that older clients call."""


class ExpiringCertificationsView(TenantView):
    @extend_schema(
        operation_id="dashboard_expiring_certifications",
        parameters=[_number("days_ahead", "0 to 3650; default 30.")],
        responses=serializers.ExpiringCertificationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Certifications about to run out."""
        days = number_parameter(request, "days_ahead", default=30, least=0, most=3650)
        return Response(people.expiring_certifications(self.organization, days))


class CostTrendsView(TenantView):
    @extend_schema(
        operation_id="dashboard_cost_trends",
        parameters=[_number("days", "1 to 400; default 30."), START],
        responses=serializers.CostTrendsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Wages by day."""
        days = number_parameter(request, "days", default=30, most=400)
        return Response(coverage.cost_trends(self.organization, days, date_parameter(request, "start_date")))


class EmployeeUtilizationView(TenantView):
    @extend_schema(
        operation_id="dashboard_employee_utilization",
        parameters=[_number("days", "1 to 400; default 30."), START],
        responses=serializers.UtilizationSerializer,
    )
    def get(self, request: Request) -> Response:
        """How fully people work."""
        days = number_parameter(request, "days", default=30, most=400)
        return Response(people.employee_utilization(self.organization, days, date_parameter(request, "start_date")))


class SiteCoverageView(TenantView):
    @extend_schema(
        operation_id="dashboard_site_coverage",
        parameters=[_number("days", "From today on, 1 to 400; default 7.")],
        responses=serializers.SiteCoverageSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Coverage by site."""
        return Response(
            coverage.site_coverage(self.organization, number_parameter(request, "days", default=7, most=400))
        )


class WeeklySummaryView(TenantView):
    @extend_schema(
        operation_id="dashboard_weekly_summary",
        parameters=[OpenApiParameter("date", OpenApiTypes.DATE, description="A day of the week meant; default today.")],
        responses=serializers.WeeklySummarySerializer,
    )
    def get(self, request: Request) -> Response:
        """One week in figures."""
        return Response(coverage.weekly_summary(self.organization, date_parameter(request, "date")))


class CacheStatsView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="cache_stats", responses=serializers.CacheStatsSerializer)
    def get(self, request: Request) -> Response:
        """What the cache server says of itself."""
        return Response(cache_statistics())


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """For load balancers and people alike; 503 only when the database is down."""
    found = liveness()
    return JsonResponse(found, status=503 if found["status"] == DOWN else 200)
