"""The shapes of the dashboard's calls, for the schema; `analytics.selectors` makes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

Row = serializers.Serializer[dict[str, Any]]


class EmployeeCountsSerializer(Row):
    total = serializers.IntegerField()
    active = serializers.IntegerField()
    inactive = serializers.IntegerField()


class ShiftCountsSerializer(Row):
    total = serializers.IntegerField()
    upcoming = serializers.IntegerField()
    assigned = serializers.IntegerField(help_text="Shifts with people published for all places.")
    unassigned = serializers.IntegerField()
    this_week = serializers.IntegerField()
    fill_rate = serializers.FloatField(help_text="Percent of places.")


class SiteCountsSerializer(Row):
    total = serializers.IntegerField(help_text="Active ones.")


class CertificationCountsSerializer(Row):
    expiring_soon = serializers.IntegerField(help_text="Within each certification's warn days.")
    expired = serializers.IntegerField()


class AvailabilityCountsSerializer(Row):
    total_records = serializers.IntegerField()


class DashboardMetricsSerializer(Row):
    employees = EmployeeCountsSerializer()
    shifts = ShiftCountsSerializer()
    sites = SiteCountsSerializer()
    certifications = CertificationCountsSerializer()
    availability = AvailabilityCountsSerializer()


class EmployeeNameSerializer(Row):
    employee_id = serializers.IntegerField()
    employee_name = serializers.CharField()


class UpcomingShiftSerializer(Row):
    shift_id = serializers.IntegerField()
    site_id = serializers.IntegerField()
    site_name = serializers.CharField()
    shift_type = serializers.CharField()
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField()
    time_zone = serializers.CharField()
    headcount = serializers.IntegerField()
    assigned = serializers.IntegerField()
    open = serializers.IntegerField()
    status = serializers.CharField(help_text="open or assigned")
    employees = EmployeeNameSerializer(many=True)


class ExpiringCertificationSerializer(Row):
    id = serializers.IntegerField()
    employee_id = serializers.IntegerField()
    employee_name = serializers.CharField()
    certification_id = serializers.IntegerField()
    certification = serializers.CharField()
    code = serializers.CharField()
    number = serializers.CharField()
    expires = serializers.DateField()
    days_left = serializers.IntegerField()
    blocks = serializers.BooleanField()
    uncovered_shifts = serializers.IntegerField(help_text="Future shifts that become uncovered if nobody renews.")


class CostDaySerializer(Row):
    date = serializers.DateField()
    cost = serializers.FloatField()
    hours = serializers.FloatField()
    assignments = serializers.IntegerField()


class CostTrendsSerializer(Row):
    start_date = serializers.DateField()
    end_date = serializers.DateField()
    currency = serializers.CharField()
    total_cost = serializers.FloatField()
    total_hours = serializers.FloatField()
    trend = CostDaySerializer(many=True)


class UtilizationRowSerializer(Row):
    employee_id = serializers.IntegerField()
    employee_name = serializers.CharField()
    shifts = serializers.IntegerField()
    hours = serializers.FloatField()
    contract_hours = serializers.FloatField()
    utilization = serializers.FloatField(help_text="Percent of the contract's hours.")


class UtilizationSerializer(Row):
    start_date = serializers.DateField()
    end_date = serializers.DateField()
    employees = UtilizationRowSerializer(many=True)


class SiteCoverageSerializer(Row):
    site_id = serializers.IntegerField()
    site_code = serializers.CharField()
    site_name = serializers.CharField()
    shifts = serializers.IntegerField()
    places = serializers.IntegerField()
    filled = serializers.IntegerField()
    open = serializers.IntegerField()
    coverage = serializers.FloatField(help_text="Percent of places.")


class DayCoverageSerializer(Row):
    date = serializers.DateField()
    shifts = serializers.IntegerField()
    places = serializers.IntegerField()
    filled = serializers.IntegerField()
    open = serializers.IntegerField()


class WeeklySummarySerializer(Row):
    week_start = serializers.DateField()
    week_end = serializers.DateField()
    shifts = serializers.IntegerField()
    places = serializers.IntegerField()
    filled = serializers.IntegerField()
    open = serializers.IntegerField()
    fill_rate = serializers.FloatField()
    employees_working = serializers.IntegerField()
    hours = serializers.FloatField()
    cost = serializers.FloatField()
    currency = serializers.CharField()
    by_day = DayCoverageSerializer(many=True)


class CacheFiguresSerializer(Row):
    total_keys = serializers.IntegerField()
    hits = serializers.IntegerField()
    misses = serializers.IntegerField()
    hit_rate = serializers.FloatField(help_text="0 to 1.")
    memory_used_mb = serializers.FloatField()


class CacheStatsSerializer(Row):
    status = serializers.CharField()
    connected = serializers.BooleanField()
    stats = CacheFiguresSerializer(allow_null=True)
