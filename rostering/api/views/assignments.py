"""Who works what: every edit is judged by the rules before it is made."""

from __future__ import annotations

import django_filters
from django.db import transaction
from rest_framework.serializers import BaseSerializer

from rostering.access import Action
from rostering.api.filtering import OwnedFilterSet
from rostering.api.serializers.rosters import AssignmentSerializer
from rostering.api.views.base import OwnedViewSet
from rostering.api.views.rosters import refuse_unless_idle_draft
from rostering.exceptions import Conflict
from rostering.models import Assignment
from rostering.services.assignments import assign, move, set_pinned, unassign


class AssignmentFilter(OwnedFilterSet):
    """`?roster=`, `?staff=`, `?shift=`, `?state=`, `?site=`, `?pinned=`; `?start_date=`, `?end_date=` by start."""

    start_date = django_filters.DateFilter(field_name="starts_at", method="by_first_day")
    end_date = django_filters.DateFilter(field_name="starts_at", method="by_last_day")
    site = django_filters.NumberFilter(field_name="shift__site")

    class Meta:
        model = Assignment
        fields = ["roster", "staff", "shift", "state", "pinned", "source"]


class AssignmentViewSet(OwnedViewSet[Assignment]):
    """Assignments. Those of published and archived rosters are read-only here (409)."""

    queryset = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    filterset_class = AssignmentFilter
    search_fields = ["staff__first_name", "staff__last_name", "staff__number", "shift__site__code"]
    ordering_fields = ["starts_at", "staff__last_name", "cost_cents"]
    ordering = ["starts_at"]  # the model's own order joins four tables before the first row can be told
    write = Action.SCHEDULE
    related = ("staff", "shift__shift_type", "shift__site__organization", "roster__job", "roster__organization")

    def perform_create(self, serializer: BaseSerializer[Assignment]) -> None:
        wanted = serializer.validated_data
        refuse_unless_idle_draft(wanted["roster"])
        edited = assign(
            roster=wanted["roster"],
            shift=wanted["shift"],
            staff=wanted["staff"],
            by=self.request.user,
            override_reason=wanted.get("override_reason", ""),
            pinned=wanted.get("pinned", False),
        )
        serializer.instance = edited.assignment

    def perform_update(self, serializer: BaseSerializer[Assignment]) -> None:
        current = self.get_object()
        wanted = serializer.validated_data
        refuse_unless_idle_draft(current.roster)
        if any(wanted.get(name, getattr(current, name)) != getattr(current, name) for name in ("roster", "shift")):
            raise Conflict("An assignment keeps its roster and shift; delete it and assign the other shift.")
        reason = wanted.get("override_reason", "")
        if wanted.get("staff", current.staff) == current.staff and reason not in ("", current.override_reason):
            raise Conflict("A reason is given together with the change it excuses, not afterwards.")
        with transaction.atomic():
            if wanted.get("staff", current.staff) != current.staff:
                moved = move(assignment=current, staff=wanted["staff"], by=self.request.user, override_reason=reason)
                current = moved.assignment
            pinned = wanted.get("pinned", current.pinned)
            if pinned != current.pinned:
                set_pinned(assignment=current, pinned=pinned)
        serializer.instance = current

    def perform_destroy(self, instance: Assignment) -> None:
        refuse_unless_idle_draft(instance.roster)
        unassign(assignment=instance)
