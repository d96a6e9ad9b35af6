"""Staff, their certifications, and when they can work."""

from __future__ import annotations

import django_filters

from rostering.access import Action
from rostering.api.filtering import OwnedFilterSet
from rostering.api.serializers.certifications import StaffCertificationSerializer
from rostering.api.serializers.staff import AvailabilitySerializer, StaffSerializer
from rostering.api.views.base import OwnedViewSet
from rostering.models import Availability, Staff, StaffCertification


class StaffFilter(OwnedFilterSet):
    """`?active=`, `?contract=`, `?home_site=`, `?number=`."""

    class Meta:
        model = Staff
        fields = ["active", "contract", "home_site", "number"]


class StaffViewSet(OwnedViewSet[Staff]):
    """The people who can be rostered."""

    queryset = Staff.objects.none()
    serializer_class = StaffSerializer
    filterset_class = StaffFilter
    search_fields = ["number", "first_name", "last_name", "email"]
    ordering_fields = ["number", "first_name", "last_name", "hourly_rate", "employed_from"]
    prefetched = ("allowed_sites", "preferred_sites", "barred_sites")


class StaffCertificationFilter(OwnedFilterSet):
    """`?staff=`, `?certification=`, `?verified=`, `?expires_before=`, `?expires_after=` (dates, both included)."""

    expires_before = django_filters.DateFilter(field_name="expires", lookup_expr="lte")
    expires_after = django_filters.DateFilter(field_name="expires", lookup_expr="gte")

    class Meta:
        model = StaffCertification
        fields = ["staff", "certification", "verified"]


class StaffCertificationViewSet(OwnedViewSet[StaffCertification]):
    """Who holds which certification until when."""

    queryset = StaffCertification.objects.none()
    serializer_class = StaffCertificationSerializer
    filterset_class = StaffCertificationFilter
    search_fields = ["number", "staff__first_name", "staff__last_name", "certification__code"]
    ordering_fields = ["issued", "expires", "staff__last_name"]
    related = ("staff", "certification")


class AvailabilityFilter(OwnedFilterSet):
    """`?staff=`, `?kind=`, `?approval=`; `?start_date=` and `?end_date=` keep spans that touch these dates."""

    start_date = django_filters.DateFilter(field_name="ends_at", method="by_first_day")
    end_date = django_filters.DateFilter(field_name="starts_at", method="by_last_day")

    class Meta:
        model = Availability
        fields = ["staff", "kind", "approval", "shift_type"]


class AvailabilityViewSet(OwnedViewSet[Availability]):
    """Leave, wishes and weekly patterns; schedulers enter them."""

    queryset = Availability.objects.none()
    serializer_class = AvailabilitySerializer
    filterset_class = AvailabilityFilter
    search_fields = ["reason", "staff__first_name", "staff__last_name", "staff__number"]
    ordering_fields = ["starts_at", "starts_on", "staff__last_name"]
    write = Action.SCHEDULE
    related = ("staff",)
