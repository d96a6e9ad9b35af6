"""Staff and when they can work."""

from __future__ import annotations

from rest_framework import serializers

from rostering.api.serializers.base import OwnedSerializer
from rostering.models import Availability, Staff


class StaffSerializer(OwnedSerializer[Staff]):
    """A person who can be rostered."""

    name = serializers.CharField(read_only=True)

    class Meta:
        model = Staff
        fields = [
            "id",
            "organization",
            "number",
            "first_name",
            "last_name",
            "name",
            "email",
            "phone",
            "contract",
            "hourly_rate",
            "home_site",
            "allowed_sites",
            "preferred_sites",
            "barred_sites",
            "employed_from",
            "employed_until",
            "user",
            "active",
        ]
        read_only_fields = ["organization"]


class AvailabilitySerializer(OwnedSerializer[Availability]):
    """When a person cannot, would rather not, or wishes to work."""

    staff_name = serializers.CharField(source="staff.name", read_only=True)

    class Meta:
        model = Availability
        fields = [
            "id",
            "organization",
            "staff",
            "staff_name",
            "kind",
            "reason",
            "weight",
            "approval",
            "shift_type",
            "starts_at",
            "ends_at",
            "weekdays",
            "start_time",
            "end_time",
            "starts_on",
            "ends_on",
        ]
        read_only_fields = ["organization"]
