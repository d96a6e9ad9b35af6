"""What the dashboard is held against: empty views, and the same calls without a cache."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.selectors import coverage, metrics
from rostering.api.views.base import TenantView


def empty(request: HttpRequest) -> JsonResponse:
    """Nothing but the middleware."""
    return JsonResponse({})


class SignedIn(APIView):
    """An empty view of the REST framework: middleware, token, permission."""

    def get(self, request: Request) -> Response:
        return Response({})


class Tenant(TenantView):
    """An empty view of one organization: as above, and the caller's role looked up."""

    def get(self, request: Request) -> Response:
        return Response({"id": self.organization.pk})


class UncachedMetrics(TenantView):
    def get(self, request: Request) -> Response:
        return Response(metrics.dashboard_metrics(self.organization))


class UncachedUpcomingShifts(TenantView):
    def get(self, request: Request) -> Response:
        return Response(coverage.upcoming_shifts(self.organization, 10))


urlpatterns = [
    path("benchmark/empty", empty),
    path("benchmark/signed-in", SignedIn.as_view()),
    path("benchmark/tenant", Tenant.as_view()),
    path("benchmark/uncached/metrics", UncachedMetrics.as_view()),
    path("benchmark/uncached/upcoming-shifts", UncachedUpcomingShifts.as_view()),
]
