"""Starting the main job."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.serializers import JobStartedSerializer, ProblemSerializer
from rostering.access import Action
from rostering.api.serializers.rosters import GenerateSerializer
from rostering.api.views.base import TenantView
from rostering.api.views.rosters import accepted
from rostering.selectors.rosters import find_roster
from rostering.services.rosters import start_roster


class GenerateRosterView(TenantView):
    """POST the period to start generating a roster; then poll the address that the answer names."""

    write = Action.SCHEDULE

    def get_serializer(self, *args: Any, **kwargs: Any) -> GenerateSerializer:
        """What the browsable page suggests to send."""
        return GenerateSerializer(*args, **kwargs)

    @extend_schema(
        operation_id="jobs_roster_generate",
        request=GenerateSerializer,
        responses={202: JobStartedSerializer, 400: ProblemSerializer, 404: ProblemSerializer, 409: ProblemSerializer},
        summary="Start generating a roster",
    )
    def post(self, request: Request) -> Response:
        """Accept the request and answer at once; poll `poll_url` for progress and result."""
        asked = GenerateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        base = wanted.get("base_roster_id")
        roster = start_roster(
            organization=self.organization,
            requested_by=request.user,
            start_date=wanted["start_date"],
            end_date=wanted["end_date"],
            site_ids=wanted.get("site_ids"),
            algorithm=wanted["algorithm"],
            time_limit_seconds=wanted.get("time_limit_seconds"),
            budget=wanted.get("budget_limit"),
            base=find_roster(self.organization, base) if base is not None else None,
            name=wanted.get("name", ""),
            seed=wanted["seed"],
        )
        return accepted(roster)
