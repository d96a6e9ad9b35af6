"""What was told to whom."""

from __future__ import annotations

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from rostering.access import Action
from rostering.api.filtering import OwnedFilterSet
from rostering.api.serializers.notifications import NotificationSerializer
from rostering.api.views.base import OwnedViewSet
from rostering.models import Notification
from rostering.services.notifications import mark_read


class NotificationFilter(OwnedFilterSet):
    """`?user=`, `?staff=`, `?kind=`, `?delivery=`; `?unread=true`; `?mine=true` for those addressed to the caller."""

    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")
    mine = django_filters.BooleanFilter(method="addressed")

    class Meta:
        model = Notification
        fields = ["user", "staff", "kind", "delivery"]

    def addressed(self, queryset: object, name: str, wanted: bool) -> object:
        """Keep, or leave out, those addressed to the caller."""
        mine = {"user_id": self.request.user.pk}
        return queryset.filter(**mine) if wanted else queryset.exclude(**mine)  # type: ignore[attr-defined]


class NotificationViewSet(OwnedViewSet[Notification]):
    """Notifications; schedulers write them, whoever is addressed marks them read."""

    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    search_fields = ["subject", "body", "kind"]
    ordering_fields = ["created_at", "sent_at", "kind"]
    write = Action.SCHEDULE
    powers = {"read": Action.VIEW}

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark as read; only the one addressed can."""
        notification = self.get_object()
        if notification.user_id != request.user.pk:
            raise PermissionDenied("Only the person it is addressed to can mark a notification as read.")
        mark_read(rows=Notification.objects.filter(pk=notification.pk), by=request.user)
        notification.refresh_from_db(fields=["read_at"])
        return Response(self.get_serializer(notification).data)
