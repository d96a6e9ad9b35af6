"""Shifts and the patterns that make them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import django_filters
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from rostering.access import Action
from rostering.api.filtering import OwnedFilterSet
from rostering.api.parameters import integer_parameter
from rostering.api.serializers.candidates import CandidateSerializer
from rostering.api.serializers.shifts import (
    MaterializedSerializer,
    MaterializeSerializer,
    ShiftPatternSerializer,
    ShiftSerializer,
)
from rostering.api.views.base import OwnedViewSet
from rostering.exceptions import Conflict
from rostering.models import Assignment, Roster, Shift, ShiftPattern
from rostering.selectors.rosters import roster_of_shift
from rostering.services.patterns import materialize
from rostering.services.replacements import candidates


class ShiftPatternFilter(OwnedFilterSet):
    """`?site=`, `?shift_type=`, `?priority=`."""

    class Meta:
        model = ShiftPattern
        fields = ["site", "shift_type", "priority"]


class ShiftPatternViewSet(OwnedViewSet[ShiftPattern]):
    """Recurring demand."""

    queryset = ShiftPattern.objects.none()
    serializer_class = ShiftPatternSerializer
    filterset_class = ShiftPatternFilter
    search_fields = ["site__code", "site__name", "shift_type__code"]
    ordering_fields = ["starts_on", "site__code", "headcount"]
    write = Action.SCHEDULE

    @extend_schema(request=MaterializeSerializer, responses=MaterializedSerializer)
    @action(detail=False, methods=["post"])
    def materialize(self, request: Request) -> Response:
        """Make the shifts of these dates, both included; those that exist stay as they are."""
        asked = MaterializeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        patterns = self._named(asked.validated_data.get("patterns"))
        made = materialize(
            organization=self.organization,
            first_day=asked.validated_data["start"],
            last_day=asked.validated_data["end"],
            patterns=patterns,
        )
        return Response(asdict(made))

    def _named(self, ids: list[int] | None) -> list[ShiftPattern] | None:
        if ids is None:
            return None
        found = self.get_queryset().in_bulk(ids)
        missing = [str(pk) for pk in ids if pk not in found]
        if missing:
            raise ShiftPattern.DoesNotExist(f"No shift pattern {', '.join(missing)}.")
        return list(found.values())


class ShiftFilter(OwnedFilterSet):
    """`?site=`, `?shift_type=`, `?pattern=`, `?priority=`; `?start_date=` and `?end_date=` by the date of the start."""

    start_date = django_filters.DateFilter(field_name="starts_at", method="by_first_day")
    end_date = django_filters.DateFilter(field_name="starts_at", method="by_last_day")

    class Meta:
        model = Shift
        fields = ["site", "shift_type", "pattern", "priority"]


class ShiftViewSet(OwnedViewSet[Shift]):
    """Shifts at sites."""

    queryset = Shift.objects.none()
    serializer_class = ShiftSerializer
    filterset_class = ShiftFilter
    search_fields = ["site__code", "site__name", "shift_type__code", "shift_type__name", "notes"]
    ordering_fields = ["starts_at", "site__code", "shift_type__code", "headcount", "priority"]
    ordering = ["starts_at"]  # the order of an index; the model's own joins sites and types first
    write = Action.SCHEDULE
    related = ("site__organization", "shift_type")
    prefetched = ("required_certifications",)

    def get_queryset(self) -> QuerySet[Shift]:
        """The organization's shifts, each with how many people are published to work it."""
        published = Assignment.objects.filter(shift=OuterRef("pk"), state=Roster.Status.PUBLISHED).order_by()
        counted = published.values("shift").annotate(people=Count("pk")).values("people")
        return super().get_queryset().annotate(assigned=Coalesce(Subquery(counted, output_field=IntegerField()), 0))

    def perform_destroy(self, instance: Shift) -> None:
        people = instance.assignments.filter(state=Roster.Status.PUBLISHED).count()
        if people:
            raise Conflict(
                f"{instance} is published for {people} {'person' if people == 1 else 'people'}; publish a roster "
                "without it before deleting it."
            )
        super().perform_destroy(instance)

    @extend_schema(
        parameters=[OpenApiParameter("roster", OpenApiTypes.INT, description="In which roster; default: the latest.")],
        responses={status.HTTP_200_OK: CandidateSerializer(many=True)},
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def candidates(self, request: Request, pk: str) -> Response:
        """Everybody who could take the shift, the best first, with what it costs and every rule they would break."""
        shift = self.get_object()
        roster = roster_of_shift(shift, integer_parameter(request, "roster"))
        found: Any = candidates(shift=shift, roster=roster)
        return Response(CandidateSerializer(found, many=True).data)
