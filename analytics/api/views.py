"""The dashboard's calls; each about one organization, kept until its data changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

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
from rostering.cache.views import cached
from rostering.models import Topic

START = OpenApiParameter("start_date", OpenApiTypes.DATE, description="First day; default: so that today is the last.")

METRICS_SECONDS = 5 * 60
UPCOMING_SECONDS = 2 * 60
COVERAGE = (Topic.SITES, Topic.SHIFTS, Topic.ROSTERS)
WORK = (Topic.SITES, Topic.STAFF, Topic.SHIFTS, Topic.ROSTERS)


def _number(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.INT, description=text)


def _read(
    name: str, *, default: int, least: int = 1, most: int, day: str = ""
) -> Callable[[Request], Mapping[str, Any]]:
    """Reads a number, and perhaps a date, from the query string."""

    def read(request: Request) -> Mapping[str, Any]:
        found: dict[str, Any] = {name: number_parameter(request, name, default=default, least=least, most=most)}
        return {**found, day: date_parameter(request, day)} if day else found

    return read


def _first_start(shifts: list[dict[str, Any]]) -> datetime | None:
    """When the first of the upcoming shifts is no longer upcoming."""
    return datetime.fromisoformat(shifts[0]["start_time"]) if shifts else None


class MetricsView(TenantView):
    @extend_schema(operation_id="dashboard_metrics", responses=serializers.DashboardMetricsSerializer)
    @cached("dashboard:metrics:all", topics=Topic, seconds=METRICS_SECONDS)
    def get(self, request: Request) -> Response:
        """Headline figures."""
        return Response(metrics.dashboard_metrics(self.organization))


class UpcomingShiftsView(TenantView):
    @extend_schema(
        operation_id="dashboard_upcoming_shifts",
        parameters=[_number("limit", "How many, 1 to 500; default 10.")],
        responses=serializers.UpcomingShiftSerializer(many=True),
    )
    @cached(
        "dashboard:upcoming_shifts:{limit}",
        topics=(Topic.SITES, Topic.STAFF, Topic.SHIFTS, Topic.ROSTERS),
        seconds=UPCOMING_SECONDS,
        read=_read("limit", default=10, most=500),
        until=_first_start,
    )
    def get(self, request: Request, *, limit: int) -> Response:
        """The next shifts and who works them."""
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
    @cached(
        "dashboard:expiring_certifications:{days_ahead}",
        topics=(*WORK, Topic.CERTIFICATIONS),
        seconds=METRICS_SECONDS,
        read=_read("days_ahead", default=30, least=0, most=3650),
    )
    def get(self, request: Request, *, days_ahead: int) -> Response:
        """Certifications about to run out."""
        return Response(people.expiring_certifications(self.organization, days_ahead))


class CostTrendsView(TenantView):
    @extend_schema(
        operation_id="dashboard_cost_trends",
        parameters=[_number("days", "1 to 400; default 30."), START],
        responses=serializers.CostTrendsSerializer,
    )
    @cached(
        "dashboard:cost_trends:{days}",
        topics=WORK,
        seconds=METRICS_SECONDS,
        read=_read("days", default=30, most=400, day="start_date"),
    )
    def get(self, request: Request, *, days: int, start_date: date | None) -> Response:
        """Wages by day."""
        return Response(coverage.cost_trends(self.organization, days, start_date))


class EmployeeUtilizationView(TenantView):
    @extend_schema(
        operation_id="dashboard_employee_utilization",
        parameters=[_number("days", "1 to 400; default 30."), START],
        responses=serializers.UtilizationSerializer,
    )
    @cached(
        "dashboard:employee_utilization:{days}",
        topics=WORK,
        seconds=METRICS_SECONDS,
        read=_read("days", default=30, most=400, day="start_date"),
    )
    def get(self, request: Request, *, days: int, start_date: date | None) -> Response:
        """How fully people work."""
        return Response(people.employee_utilization(self.organization, days, start_date))


class SiteCoverageView(TenantView):
    @extend_schema(
        operation_id="dashboard_site_coverage",
        parameters=[_number("days", "From today on, 1 to 400; default 7.")],
        responses=serializers.SiteCoverageSerializer(many=True),
    )
    @cached(
        "dashboard:site_coverage:{days}",
        topics=COVERAGE,
        seconds=METRICS_SECONDS,
        read=_read("days", default=7, most=400),
    )
    def get(self, request: Request, *, days: int) -> Response:
        """Coverage by site."""
        return Response(coverage.site_coverage(self.organization, days))


class WeeklySummaryView(TenantView):
    @extend_schema(
        operation_id="dashboard_weekly_summary",
        parameters=[OpenApiParameter("date", OpenApiTypes.DATE, description="A day of the week meant; default today.")],
        responses=serializers.WeeklySummarySerializer,
    )
    @cached(
        "dashboard:weekly_summary",
        topics=WORK,
        seconds=METRICS_SECONDS,
        read=lambda request: {"date": date_parameter(request, "date")},
    )
    def get(self, request: Request, **parameters: date | None) -> Response:
        """One week in figures."""
        return Response(coverage.weekly_summary(self.organization, parameters["date"]))


class CacheStatsView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="cache_stats", responses=serializers.CacheStatsSerializer)
    def get(self, request: Request) -> Response:
        """Hits, misses, keys and memory of the answers that are kept."""
        return Response(cache_statistics())


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """For load balancers and people alike; 503 only when the database is down."""
    found = liveness()
    return JsonResponse(found, status=503 if found["status"] == DOWN else 200)
