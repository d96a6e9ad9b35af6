"""Daily metrics and health; an organization's own, and for platform staff who is at risk."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from analytics.api.insight_serializers import (
    DailyMetricsSerializer,
    HealthSerializer,
    OwnHealthSerializer,
    customer_row,
    own_row,
)
from analytics.models import DailyMetrics
from analytics.selectors.customers import at_risk, scores_of
from rostering.api.parameters import date_parameter
from rostering.api.permissions import PlatformStaffOnly
from rostering.api.tenancy import visible_rows
from rostering.api.views.base import TenantView


def _date(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.DATE, description=text)


class DailyMetricsView(TenantView, ListAPIView[DailyMetrics]):
    """The organization's days, the newest first; platform staff who choose none see every organization's."""

    queryset = DailyMetrics.objects.none()
    serializer_class = DailyMetricsSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[DailyMetrics]:
        if getattr(self, "swagger_fake_view", False):
            return DailyMetrics.objects.none()
        first, last = date_parameter(self.request, "from"), date_parameter(self.request, "to")
        if first and last and last < first:
            raise ValidationError({"to": [f"The last day {last} lies before the first day {first}."]})
        rows = visible_rows(DailyMetrics, self.request).select_related("organization")
        rows = rows.filter(day__gte=first) if first else rows
        rows = rows.filter(day__lte=last) if last else rows
        return rows.order_by("-day", "organization_id")

    @extend_schema(
        operation_id="analytics_metrics_daily",
        parameters=[_date("from", "First day, as 2025-11-10."), _date("to", "Last day.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Figures by day."""
        return super().get(request, *args, **kwargs)


class HealthView(TenantView):
    @extend_schema(operation_id="analytics_health", responses=OwnHealthSerializer)
    def get(self, request: Request) -> Response:
        """The organization's own health, what it is made of, and its trend."""
        return Response(own_row(self.organization, scores_of(self.organization.pk)))


class AtRiskView(ListAPIView[Any]):
    """Customers at risk or churning, the highest churn risk first."""

    permission_classes = [IsAuthenticated, PlatformStaffOnly]
    serializer_class = HealthSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Any]:
        return at_risk()

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer[Any]:
        if args:
            args = ([customer_row(customer) for customer in args[0]], *args[1:])
        return super().get_serializer(*args, **kwargs)

    @extend_schema(operation_id="analytics_health_at_risk")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Platform staff only."""
        return super().get(request, *args, **kwargs)
