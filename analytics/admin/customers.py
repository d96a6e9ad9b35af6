"""Customers as platform staff look at them: a list by health, and a page that says what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import ModelAdmin
from unfold.decorators import display

from analytics.admin.line_charts import LineChart, line_chart
from analytics.admin.metric_trends import split_flat, trends
from analytics.admin.metrics import LABELS, STYLE
from analytics.badges import badge, of_100, tone
from analytics.models import Customer, HealthScore, HealthStatus
from analytics.scoring import WEIGHTS, WINDOW_DAYS, risk_level
from analytics.selectors.customers import direction, scores_of, with_health
from jobs.admin.base import PlatformOnly, ReadOnly
from rostering.admin.formats import number, percent

MEANINGS = {
    "usage": "Days and people active, rosters generated",
    "adoption": "Features used, of all there are",
    "satisfaction": "Fill rate, compliance, jobs that did not fail",
    "growth": "Staff and places to fill against four weeks before; 50 is unchanged",
}


class StatusFilter(admin.SimpleListFilter):
    """By what the last score means."""

    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in HealthStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(health_status=self.value()) if self.value() else queryset


@dataclass(frozen=True)
class Component:
    """A bar: its value of 100, its weight in percent, and what it is made of."""

    name: str
    value: float | None
    weight: int
    meaning: str
    tone: str


@admin.register(Customer)
class CustomerAdmin(PlatformOnly, ReadOnly, ModelAdmin):
    """Platform staff only; to anybody else it is not there."""

    list_fullwidth = True
    list_per_page = 50
    list_filter_submit = True
    empty_words = "There is no organization yet."
    list_display = ["name", "health", "going", "risk", *WEIGHTS, "as_of"]
    list_filter = [StatusFilter, "active"]
    search_fields = ["name", "slug"]
    ordering = ["name"]

    @property
    def media(self) -> Media:
        media: Media = super().media + STYLE
        return media

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_health(super().get_queryset(request))

    @display(description="Health", ordering="health_score")
    def health(self, row: Any) -> SafeString:
        return badge(row.health_status, row.health_score)

    @display(description="Two-week trend")
    def going(self, row: Any) -> SafeString:
        context = {"going": direction(row.health_score, row.health_before), "before": row.health_before}
        return _rendered("going", context)

    @display(description="Churn risk", ordering="health_churn_risk")
    def risk(self, row: Any) -> str:
        return _risk(row.health_churn_risk)

    @display(description="Usage", ordering="health_usage")
    def usage(self, row: Any) -> SafeString:
        return number(of_100(row.health_usage))

    @display(description="Adoption", ordering="health_adoption")
    def adoption(self, row: Any) -> SafeString:
        return number(of_100(row.health_adoption))

    @display(description="Satisfaction", ordering="health_satisfaction")
    def satisfaction(self, row: Any) -> SafeString:
        return number(of_100(row.health_satisfaction))

    @display(description="Growth", ordering="health_growth")
    def growth(self, row: Any) -> SafeString:
        return number(of_100(row.health_growth))

    @display(description="Up to", ordering="health_day")
    def as_of(self, row: Any) -> str:
        return f"{row.health_day:%d %b %Y}" if row.health_day else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        customer = self.get_object(request, object_id)
        if customer is None or not self.has_view_permission(request):
            raise Http404("There is no customer with this number.")
        scores = scores_of(customer.pk)
        context = {
            **self.admin_site.each_context(request),
            **page(customer, scores),
            "title": customer.name,
            "opts": self.opts,
            "original": customer,
            "media": STYLE,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/analytics/customer.html", context)


def page(customer: Any, scores: list[HealthScore]) -> dict[str, Any]:
    """What the customer's page shows; `scores` are the last ones, the newest first."""
    last = scores[0] if scores else None
    drawn, flat = split_flat(trends(customer))
    return {
        "customer": customer,
        "last": last,
        "badge": badge(last.status, last.score) if last else "",
        "going": direction(last.score, customer.health_before) if last else "",
        "before": customer.health_before,
        "risk": _risk(last.churn_risk) if last else "–",
        "bars": [_bar(name, getattr(last, name)) for name in WEIGHTS] if last else [],
        "inputs": list(_inputs(last.inputs)) if last else [],
        "window_days": WINDOW_DAYS,
        "score_trend": score_chart(scores),
        "trends": drawn,
        "flat": flat,
    }


def score_chart(scores: list[HealthScore]) -> LineChart | None:
    """The score over time: the last one of each date."""
    by_day = {score.slot.date(): score.score for score in reversed(scores)}
    return line_chart(
        "Health score", sorted(by_day.items()), lowest=0.0, highest=100.0, label=lambda value: f"{value:.0f}"
    )


def _inputs(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The figures the score was made of, in words."""
    features = ", ".join(LABELS.get(key, key) for key in given.get("features", [])) or "none"
    ended, failed = given.get("jobs_ended", 0), given.get("jobs_failed", 0)
    yield "Days whose use is known", f"{given.get('known_days', 0)} of {WINDOW_DAYS}"
    yield "Days anybody was active", f"{given.get('active_days', 0)}"
    yield "People on the busiest day", f"{given.get('busiest', 0)} of {given.get('members', 0)} members"
    yield "Rosters generated", f"{given.get('rosters', 0)}, of periods of {given.get('roster_days', 0)} days"
    yield "Features used", features
    yield "Fill rate", percent(given.get("fill_rate"))
    yield "Compliance", percent(given.get("compliance_rate"))
    yield "Jobs that failed", f"{failed} of {ended}" if ended else "no jobs"
    yield "Staff", f"{given.get('staff', 0):,}, {given.get('staff_before', 0):,} four weeks before"
    before = (
        f"{given['places_before']:,} in the four weeks before" if given.get("places_before") else "before: not known"
    )
    yield "Places to fill", f"{given.get('places', 0):,}, {before}"


def _bar(name: str, value: float | None) -> Component:
    return Component(name.title(), value, round(100 * WEIGHTS[name]), MEANINGS[name], tone(value))


def _risk(risk: float | None) -> str:
    level = risk_level(risk).label
    return level if risk is None else f"{level} ({risk:.0f})"


def _rendered(part: str, context: dict[str, Any]) -> SafeString:
    # The template escapes; what it renders is safe to put into the list.
    return mark_safe(render_to_string(f"admin/analytics/{part}.html", context).strip())  # noqa: S308
