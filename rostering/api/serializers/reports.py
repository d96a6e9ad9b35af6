"""The shapes of reports, for the schema; `selectors.reports` makes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ReportSerializer(serializers.Serializer[dict[str, Any]]):
    """How every report begins."""

    start_date = serializers.DateField()
    end_date = serializers.DateField()
    roster_id = serializers.IntegerField(allow_null=True)
    site_id = serializers.IntegerField(allow_null=True)


class GapReasonSerializer(serializers.Serializer[dict[str, Any]]):
    """How many people one rule keeps from a shift, and who they are."""

    rule = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the rule's label, not the field's
    count = serializers.IntegerField()
    staff = serializers.ListField(child=serializers.IntegerField())
    sentence = serializers.CharField()


class UnfilledShiftSerializer(serializers.Serializer[dict[str, Any]]):
    """A shift with open places; times in the site's zone."""

    shift_id = serializers.IntegerField()
    site_id = serializers.IntegerField()
    site_name = serializers.CharField()
    shift_type = serializers.CharField()
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField()
    priority = serializers.CharField()
    headcount = serializers.IntegerField()
    assigned = serializers.IntegerField()
    short = serializers.IntegerField()
    reasons = GapReasonSerializer(many=True)


class UnfilledShiftsSerializer(ReportSerializer):
    """Every shift with open places."""

    total_open = serializers.IntegerField(help_text="Places.")
    unfilled_shifts = UnfilledShiftSerializer(many=True)


class EmployeeHoursRowSerializer(serializers.Serializer[dict[str, Any]]):
    """One person's paid hours against the contract's, pro rata; cost in currency."""

    employee_id = serializers.IntegerField()
    employee_name = serializers.CharField()
    employee_number = serializers.CharField()
    contract = serializers.CharField()
    shifts = serializers.IntegerField()
    hours = serializers.FloatField()
    contract_hours = serializers.FloatField()
    difference = serializers.FloatField()
    cost = serializers.FloatField()


class EmployeeHoursSerializer(ReportSerializer):
    """Everybody's hours."""

    currency = serializers.CharField()
    employees = EmployeeHoursRowSerializer(many=True)


class SiteCostSerializer(serializers.Serializer[dict[str, Any]]):
    """What one site costs."""

    site_id = serializers.IntegerField()
    site_name = serializers.CharField()
    shifts = serializers.IntegerField()
    hours = serializers.FloatField()
    cost = serializers.FloatField()


class RosterBudgetSerializer(serializers.Serializer[dict[str, Any]]):
    """A roster's cost, whole and within the period, against its budget."""

    roster_id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.CharField()
    cost = serializers.FloatField()
    cost_in_period = serializers.FloatField()
    budget = serializers.FloatField(allow_null=True)
    remaining = serializers.FloatField(allow_null=True)


class BudgetSummarySerializer(ReportSerializer):
    """Money."""

    currency = serializers.CharField()
    total_cost = serializers.FloatField()
    total_hours = serializers.FloatField()
    budget = serializers.FloatField(allow_null=True)
    remaining = serializers.FloatField(allow_null=True)
    by_site = SiteCostSerializer(many=True)
    rosters = RosterBudgetSerializer(many=True)
