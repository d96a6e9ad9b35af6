"""Confirming: what existing clients call to publish."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.serializers import ProblemSerializer
from rostering.access import Action
from rostering.api.serializers.rosters import ConfirmedSerializer, ConfirmSerializer
from rostering.api.views.base import TenantView
from rostering.api.views.rosters import confirmed
from rostering.selectors.rosters import find_roster
from rostering.services.publishing import publish_assignments, publish_roster


class ConfirmView(TenantView):
    """POST `{"roster_id": …}` or `{"assignments": […]}` to publish it, all or nothing."""

    write = Action.SCHEDULE

    @extend_schema(
        operation_id="roster_confirm",
        request=ConfirmSerializer,
        responses={200: ConfirmedSerializer, 404: ProblemSerializer, 409: ProblemSerializer},
        summary="Publish a roster, or a list of assignments, all or nothing",
    )
    def post(self, request: Request) -> Response:
        """Publish; an empty list publishes nothing and succeeds. A bare list of assignments is taken too."""
        body: Any = {"assignments": request.data} if isinstance(request.data, list) else request.data
        asked = ConfirmSerializer(data=body)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        if "roster_id" in wanted:
            roster = find_roster(self.organization, wanted["roster_id"])
            return Response(confirmed(publish_roster(roster=roster, by=request.user, replace=wanted["replace"])))
        pairs = [(pair["shift_id"], pair["employee_id"]) for pair in wanted["assignments"]]
        return Response(
            confirmed(publish_assignments(organization=self.organization, by=request.user, assignments=pairs))
        )
