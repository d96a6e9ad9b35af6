"""Mounted at `/api/v1/`; every path answers with and without a trailing slash."""

from __future__ import annotations

from django.urls import URLPattern, re_path

from analytics.api import insight_views, views

calls: list[URLPattern] = [
    re_path(r"^dashboard/metrics/?$", views.MetricsView.as_view(), name="metrics"),
    re_path(r"^dashboard/upcoming-shifts/?$", views.UpcomingShiftsView.as_view(), name="upcoming-shifts"),
    re_path(
        r"^dashboard/expiring-certifications/?$",
        views.ExpiringCertificationsView.as_view(),
        name="expiring-certifications",
    ),
    re_path(r"^dashboard/cost-trends/?$", views.CostTrendsView.as_view(), name="cost-trends"),
    re_path(r"^dashboard/employee-utilization/?$", views.EmployeeUtilizationView.as_view(), name="utilization"),
    re_path(r"^dashboard/site-coverage/?$", views.SiteCoverageView.as_view(), name="site-coverage"),
    re_path(r"^dashboard/weekly-summary/?$", views.WeeklySummaryView.as_view(), name="weekly-summary"),
    re_path(r"^analytics/metrics/daily/?$", insight_views.DailyMetricsView.as_view(), name="daily-metrics"),
    re_path(r"^analytics/health/?$", insight_views.HealthView.as_view(), name="health-score"),
    re_path(r"^cache/stats/?$", views.CacheStatsView.as_view(), name="cache-stats"),
]

urlpatterns = [
    *calls,
    # Not in the start page's list: members may not ask.
    re_path(r"^analytics/health/at-risk/?$", insight_views.AtRiskView.as_view(), name="customers-at-risk"),
    # Older clients ask for this spelling.
    re_path(r"^dashboard/upcoming_shifts/?$", views.UpcomingShiftsAliasView.as_view(), name="upcoming_shifts"),
]
