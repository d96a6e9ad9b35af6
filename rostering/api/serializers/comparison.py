"""What changes for whom."""

from __future__ import annotations

from rest_framework import serializers

from rostering.models import Roster, Shift
from rostering.selectors.comparison import Difference, PersonChange


class ChangedShiftSerializer(serializers.ModelSerializer[Shift]):
    """A shift somebody gains or loses."""

    shift = serializers.IntegerField(source="pk", read_only=True)
    site_name = serializers.CharField(source="site.name", read_only=True)
    shift_type_code = serializers.CharField(source="shift_type.code", read_only=True)

    class Meta:
        model = Shift
        fields = ["shift", "site", "site_name", "shift_type_code", "starts_at", "ends_at"]
        read_only_fields = fields


class PersonChangeSerializer(serializers.Serializer[PersonChange]):
    """One person whose work changes."""

    staff = serializers.IntegerField(source="staff_id")
    name = serializers.CharField()
    gains = ChangedShiftSerializer(many=True)
    loses = ChangedShiftSerializer(many=True)
    minutes = serializers.IntegerField(help_text="Change of paid minutes.")


class ComparedRosterSerializer(serializers.ModelSerializer[Roster]):
    """A roster compared against."""

    name = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = Roster
        fields = ["id", "name", "status", "start_date", "end_date"]
        read_only_fields = fields


class DifferenceSerializer(serializers.Serializer[Difference]):
    """The difference; `gained`, `lost` and `unchanged` count assignments."""

    roster = serializers.IntegerField(source="roster.pk")
    against = ComparedRosterSerializer(many=True)
    gained = serializers.IntegerField()
    lost = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    people = PersonChangeSerializer(many=True)
