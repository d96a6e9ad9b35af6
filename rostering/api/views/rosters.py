"""Rosters: what is open in them, what they cost by rule, what changes, publishing, doing better."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jobs.api.serializers import JobStartedSerializer, started
from jobs.states import ACTIVE
from rostering.access import Action
from rostering.api.filtering import OwnedFilterSet
from rostering.api.parameters import integer_parameter
from rostering.api.serializers.comparison import DifferenceSerializer
from rostering.api.serializers.rosters import (
    ConfirmedSerializer,
    GapSerializer,
    PublishSerializer,
    RemediesAskedSerializer,
    ReoptimizeSerializer,
    RosterSerializer,
    ScoreSerializer,
)
from rostering.api.views.base import OwnedViewSet
from rostering.exceptions import Conflict
from rostering.models import Gap, Roster
from rostering.selectors.comparison import compare
from rostering.selectors.rosters import find_roster
from rostering.services.publishing import publish_roster
from rostering.services.remedies import look_for_remedies
from rostering.services.rosters import reoptimize


class RosterFilter(OwnedFilterSet):
    """`?status=`, `?sites=`, `?base=`; `?start_date=` and `?end_date=` keep rosters that touch these dates."""

    start_date = django_filters.DateFilter(field_name="end_date", lookup_expr="gte")
    end_date = django_filters.DateFilter(field_name="start_date", lookup_expr="lte")

    class Meta:
        model = Roster
        fields = ["status", "sites", "base", "algorithm"]


class RosterViewSet(OwnedViewSet[Roster]):
    """Plans for a period and some sites. A new one is an empty draft; `jobs/roster/generate` makes a filled one."""

    queryset = Roster.objects.none()
    serializer_class = RosterSerializer
    filterset_class = RosterFilter
    search_fields = ["name"]
    ordering_fields = ["start_date", "end_date", "created_at", "coverage", "status"]
    write = Action.SCHEDULE
    related = ("job",)
    prefetched = ("sites",)

    def perform_update(self, serializer: BaseSerializer[Roster]) -> None:
        refuse_unless_idle_draft(self.get_object())
        super().perform_update(serializer)

    def perform_destroy(self, instance: Roster) -> None:
        refuse_unless_idle_draft(instance)
        super().perform_destroy(instance)

    @extend_schema(responses=GapSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filter_backends=[])
    def gaps(self, request: Request, pk: str) -> Response:
        """Each shift with open places, and why: every person counted by the rule that rules them out."""
        gaps: Any = Gap.objects.filter(roster=self.get_object()).select_related("shift__site", "shift__shift_type")
        page: Any = self.paginate_queryset(gaps.order_by("shift__starts_at", "shift_id"))
        return self.get_paginated_response(GapSerializer(page, many=True).data)

    @extend_schema(request=RemediesAskedSerializer, responses=GapSerializer)
    @action(detail=True, methods=["post"])
    def remedies(self, request: Request, pk: str) -> Response:
        """Look for the smallest changes that fill a place of one shift; takes some seconds and answers with its gap."""
        roster = self.get_object()
        asked = RemediesAskedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        shift = asked.validated_data["shift_id"]
        gap = Gap.objects.select_related("roster", "shift__site", "shift__shift_type").get(roster=roster, shift=shift)
        return Response(GapSerializer(look_for_remedies(gap=gap)).data)

    @extend_schema(responses=ScoreSerializer)
    @action(detail=True, methods=["get"])
    def score(self, request: Request, pk: str) -> Response:
        """What the roster's points are made of: rule by rule, with the matches as sentences."""
        roster = self.get_object()
        return Response(
            {
                "roster_id": roster.pk,
                "objective": roster.objective,
                "bound": roster.bound,
                "gap": roster.gap,
                "rules": roster.score,
            }
        )

    @extend_schema(
        parameters=[OpenApiParameter("against", OpenApiTypes.INT, description="Default: what is published now.")],
        responses=DifferenceSerializer,
    )
    @action(detail=True, methods=["get"])
    def diff(self, request: Request, pk: str) -> Response:
        """Who gains and loses which shifts against another roster, or against what is published for its shifts."""
        roster = self.get_object()
        other = integer_parameter(request, "against")
        against = find_roster(roster.organization, other) if other is not None else None
        return Response(DifferenceSerializer(compare(roster=roster, against=against)).data)

    @extend_schema(request=PublishSerializer, responses=ConfirmedSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Publish a draft, all of it or nothing."""
        asked = PublishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        done = publish_roster(roster=self.get_object(), by=request.user, replace=asked.validated_data["replace"])
        return Response(confirmed(done))

    @extend_schema(request=ReoptimizeSerializer, responses={status.HTTP_202_ACCEPTED: JobStartedSerializer})
    @action(detail=True, methods=["post"])
    def reoptimize(self, request: Request, pk: str) -> Response:
        """Start a job for a new draft of the same period that stays close to this one and keeps its pins."""
        asked = ReoptimizeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        draft = reoptimize(
            roster=self.get_object(),
            by=request.user,
            time_limit_seconds=asked.validated_data.get("time_limit_seconds"),
            algorithm=asked.validated_data.get("algorithm", ""),
        )
        return accepted(draft)


def accepted(roster: Roster) -> Response:
    """The answer to anything that starts making a roster."""
    if roster.job is None:  # a draft that `start_roster` answers with always has one
        raise Conflict(f"{roster} has no job; generate it again.")
    return Response(started(roster.job, "Roster generation started"), status=status.HTTP_202_ACCEPTED)


def confirmed(done: Any) -> dict[str, Any]:
    """The answer to anything that publishes."""
    return {
        "success": True,
        "confirmed_shifts": done.confirmed_shifts,
        "total_assignments": done.total_assignments,
    }


def refuse_unless_idle_draft(roster: Roster) -> None:
    """Raises Conflict for a roster that people work by, or that a job is filling."""
    if roster.status != Roster.Status.DRAFT:
        raise Conflict(
            f"{roster} is {roster.get_status_display().lower()} and cannot be changed; reoptimize it into a new draft "
            "and publish that in its place."
        )
    if roster.job is not None and roster.job.status in ACTIVE:
        raise Conflict(f"{roster} is being generated; wait for its job, or cancel it first.")
