"""What is counted of an organization, by day: figures with their trends, and the raw use of features."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from analytics.admin.metric_trends import DAYS_SHOWN, split_flat, trends
from analytics.features import FEATURES, VISIT
from analytics.models import DailyMetrics, FeatureUse
from jobs.admin.base import ReadOnly
from rostering.admin.exporting import ExportAdmin, columns
from rostering.admin.formats import day, money_cents, number, percent
from rostering.tenancy import current_organization

STYLE = Media(css={"all": ["analytics/analytics.css"]})
LABELS = {VISIT: "Any page", **{key: feature.label for key, feature in FEATURES.items()}}


class FeatureFilter(admin.SimpleListFilter):
    """By what was used."""

    title = "feature"
    parameter_name = "feature"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(feature=self.value()) if self.value() else queryset


@admin.register(DailyMetrics)
class DailyMetricsAdmin(ReadOnly, ExportAdmin):
    """Every member sees the organization's; they are computed, never edited."""

    empty_words = "A day's figures are computed in the hour after its midnight. Come back tomorrow."
    list_before_template = "admin/analytics/trends.html"
    list_display = [
        *("date", "fill", "open_places", "compliance", "cost", "shift_cost", "users", "used"),
        *("generated", "optimized", "new_shifts", "new_staff"),
    ]
    list_filter = [("day", RangeDateFilter)]
    list_select_related = ["organization"]
    list_per_page: ClassVar[int] = 14  # two weeks; on a phone each day is a card
    ordering = ["-day", "organization"]
    resource_classes = [
        columns(
            DailyMetrics,
            *("day", "active_users", "features_used", "rosters_generated", "optimization_seconds", "shifts_created"),
            *("staff_added", "shifts", "places", "filled", "fill_rate", "assignments", "compliant", "compliance_rate"),
            *("staffed_shifts", "scheduled_cost_cents", "cost_per_shift_cents", "jobs_ended", "jobs_failed"),
        )
    ]

    @property
    def media(self) -> Media:
        media: Media = super().media + STYLE
        return media

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        organization = current_organization(request)
        drawn, flat = split_flat(trends(organization) if organization is not None else [])
        context = {
            "trends": drawn,
            "flat": flat,
            "trend_days": DAYS_SHOWN,
            "trend_of": organization,
            **(extra_context or {}),
        }
        response: HttpResponse = super().changelist_view(request, context)
        return response

    @display(description="Day", ordering="day")
    def date(self, row: DailyMetrics) -> str:
        return format_html('<span class="an-day">{}</span>', day(row.day))

    @display(description="Fill rate", ordering="fill_rate")
    def fill(self, row: DailyMetrics) -> str:
        return number(percent(row.fill_rate))

    @display(description="Open")
    def open_places(self, row: DailyMetrics) -> str:
        return number(f"{row.places - row.filled:,} of {row.places:,}" if row.places else "–")

    @display(description="Compliance", ordering="compliance_rate")
    def compliance(self, row: DailyMetrics) -> str:
        return number(percent(row.compliance_rate))

    @display(description="Cost", ordering="scheduled_cost_cents")
    def cost(self, row: DailyMetrics) -> str:
        return number(_money(row, row.scheduled_cost_cents))

    @display(description="Per shift", ordering="cost_per_shift_cents")
    def shift_cost(self, row: DailyMetrics) -> str:
        return number(_money(row, row.cost_per_shift_cents))

    @display(description="Users", ordering="active_users")
    def users(self, row: DailyMetrics) -> str:
        return number(_known(row.active_users))

    @display(description="Features")
    def used(self, row: DailyMetrics) -> str:
        if row.features_used is None:
            return number("–")
        names = ", ".join(LABELS.get(key, key) for key in row.features_used)
        return format_html('<span class="mu-number" title="{}">{}</span>', names, len(row.features_used))

    @display(description="Rosters", ordering="rosters_generated")
    def generated(self, row: DailyMetrics) -> str:
        return number(row.rosters_generated)

    @display(description="Solving", ordering="optimization_seconds")
    def optimized(self, row: DailyMetrics) -> str:
        return number(f"{row.optimization_seconds:,.0f} s")

    @display(description="New shifts", ordering="shifts_created")
    def new_shifts(self, row: DailyMetrics) -> str:
        return number(f"{row.shifts_created:,}")

    @display(description="New staff", ordering="staff_added")
    def new_staff(self, row: DailyMetrics) -> str:
        return number(row.staff_added)


@admin.register(FeatureUse)
class FeatureUseAdmin(ReadOnly, ExportAdmin):
    """All that is stored about use, as it is stored: so that anybody can see what is not."""

    empty_words = "Use is written down a few seconds after it happens."
    list_before_template = "admin/analytics/use_note.html"
    list_display = ["date", "what", "actor", "times"]
    list_filter = [("day", RangeDateFilter), FeatureFilter]
    ordering = ["-day", "feature", "actor"]
    resource_classes = [columns(FeatureUse, "day", "feature", "actor", "times")]

    @display(description="Day", ordering="day")
    def date(self, row: FeatureUse) -> str:
        return format_html('<span class="an-day">{}</span>', day(row.day))

    @display(description="Feature", ordering="feature")
    def what(self, row: FeatureUse) -> str:
        return LABELS.get(row.feature, row.feature)


def _money(row: DailyMetrics, cents: int | None) -> str:
    return "–" if cents is None else money_cents(cents, row.organization.currency, whole=True)


def _known(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
