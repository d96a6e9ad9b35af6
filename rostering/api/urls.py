"""Mounted at `/api/v1/`; every path answers with and without a trailing slash."""

from __future__ import annotations

from django.urls import URLPattern, re_path
from rest_framework.routers import SimpleRouter

from rostering.api.views import (
    assignments,
    auth,
    catalog,
    confirm,
    generate,
    notifications,
    organizations,
    reports,
    rosters,
    shifts,
    staff,
)

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("organizations", organizations.OrganizationViewSet)
router.register("memberships", organizations.MembershipViewSet)
router.register("sites", catalog.SiteViewSet)
router.register("staff", staff.StaffViewSet)
router.register("certifications", catalog.CertificationViewSet)
router.register("staff-certifications", staff.StaffCertificationViewSet)
router.register("contracts", catalog.ContractViewSet)
router.register("overtime-tiers", catalog.OvertimeTierViewSet)
router.register("rules", catalog.RuleViewSet)
router.register("shift-types", catalog.ShiftTypeViewSet)
router.register("shift-patterns", shifts.ShiftPatternViewSet)
router.register("shifts", shifts.ShiftViewSet)
router.register("availability", staff.AvailabilityViewSet)
router.register("rosters", rosters.RosterViewSet)
router.register("assignments", assignments.AssignmentViewSet)
router.register("notifications", notifications.NotificationViewSet)

calls: list[URLPattern] = [
    re_path(r"^auth/token/?$", auth.TokenView.as_view(), name="auth-token"),
    re_path(r"^jobs/roster/generate/?$", generate.GenerateRosterView.as_view(), name="roster-generate"),
    re_path(r"^roster/confirm/?$", confirm.ConfirmView.as_view(), name="roster-confirm"),
    re_path(r"^roster/unfilled-shifts/?$", reports.UnfilledShiftsView.as_view(), name="unfilled-shifts"),
    re_path(r"^roster/employee-hours/?$", reports.EmployeeHoursView.as_view(), name="employee-hours"),
    re_path(r"^roster/budget-summary/?$", reports.BudgetSummaryView.as_view(), name="budget-summary"),
]

urlpatterns = [*calls, *router.urls]
