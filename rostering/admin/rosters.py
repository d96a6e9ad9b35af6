"""Rosters, what stays open in them and who works what: lists here, pages of our own beside."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from jobs.admin.base import ReadOnly
from jobs.admin.filters import MomentFilter
from rostering.access import Action
from rostering.admin.base import ScopedRelatedFilter
from rostering.admin.candidate_rows import candidate_context, chosen
from rostering.admin.exporting import ExportAdmin, columns
from rostering.admin.formats import day, hours, money_cents, number, percent, span, swatch
from rostering.admin.gap_text import ASKS, describe_gaps
from rostering.admin.remedy_text import describe_remedies
from rostering.admin.roster_base import is_generating
from rostering.admin.roster_pages import RosterPages
from rostering.exceptions import Conflict
from rostering.models import Assignment, Gap, Roster
from rostering.services.assignments import assign
from rostering.services.remedies import carry_out, look_for_remedies
from rostering.tenancy import allowed

STATUS_LABELS = {"draft": "info", "published": "success", "archived": "default"}


@admin.register(Roster)
class RosterAdmin(RosterPages, ExportAdmin):
    """The list; adding is the generate page, changing is the roster page."""

    empty_words = "Generate the first one once there are sites, staff and shifts."
    resource_classes = [
        columns(
            Roster,
            *("id", "name", "start_date", "end_date", "status", "coverage", "places", "filled", "cost_cents"),
            *("paid_minutes", "objective", "bound", "solver_status", "published_at"),
        )
    ]
    list_display = ["title", "period", "shown_status", "shown_coverage", "open_places", "paid", "cost", "made"]
    list_filter = [("status", ChoicesDropdownFilter), ("sites", ScopedRelatedFilter), ("start_date", RangeDateFilter)]
    list_select_related = ["organization", "created_by", "job"]
    search_fields = ["name", "start_date"]
    ordering = ["-start_date", "-id"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What people work by, or worked by, stays; so does what a job is writing."""
        if obj is not None and (obj.status != Roster.Status.DRAFT or is_generating(obj)):
            return False
        return bool(super().has_delete_permission(request, obj))

    def get_actions(self, request: HttpRequest) -> Any:
        """No deleting in bulk: each roster is looked at first."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @display(description="Roster", ordering="name")
    def title(self, roster: Roster) -> str:
        return str(roster)

    @display(description="Period", ordering="start_date")
    def period(self, roster: Roster) -> str:
        return f"{day(roster.start_date)} – {day(roster.end_date)}"

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def shown_status(self, roster: Roster) -> tuple[str, str]:
        return roster.status, roster.get_status_display()

    @display(description="Coverage", ordering="coverage")
    def shown_coverage(self, roster: Roster) -> str:
        return number(percent(roster.coverage))

    @display(description="Open places")
    def open_places(self, roster: Roster) -> str:
        return number(roster.places - roster.filled if roster.coverage is not None else "–")

    @display(description="Paid", ordering="paid_minutes")
    def paid(self, roster: Roster) -> str:
        return number(hours(roster.paid_minutes))

    @display(description="Cost", ordering="cost_cents")
    def cost(self, roster: Roster) -> str:
        return number(money_cents(roster.cost_cents, roster.organization.currency))

    @display(description="Made", ordering="created_at")
    def made(self, roster: Roster) -> str:
        by = f" by {roster.created_by}" if roster.created_by else ""
        return f"{roster.created_at.astimezone(roster.organization.tz):%d %b %H:%M}{by}"


class OfRoster(ReadOnly, ExportAdmin):
    """Rows that belong to a roster and change with it."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only together with their roster, whose delete page asks this for each of its rows."""
        match = request.resolver_match
        return match is not None and match.url_name == "rostering_roster_delete" and allowed(request, Action.SCHEDULE)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


@admin.register(Gap)
class GapAdmin(OfRoster):
    """Every unfilled place, with why."""

    empty_words = "Places that a generated roster leaves open appear here, each with the reasons."
    resource_classes = [
        columns(Gap, "roster__id", "shift__site__code", "shift__shift_type__code", "shift__starts_at", "short")
    ]
    list_display = ["when", "chip", "site", "short_places", "why", "remedy", "roster_link"]
    list_display_links = ["when"]
    list_filter = [
        ("roster", ScopedRelatedFilter),
        ("shift__site", ScopedRelatedFilter),
        ("roster__status", ChoicesDropdownFilter),
    ]
    list_select_related = ["roster", "shift__site__organization", "shift__shift_type", "organization"]
    search_fields = ["shift__site__code", "shift__site__name", "shift__shift_type__code"]
    ordering = ["shift__starts_at", "pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related(*ASKS)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Why the gap is open, person by person, and what fills it; POST looks for it, does it, or gives the place."""
        rows = self.get_queryset(request).select_related(
            "roster__organization", "roster__job", "shift__site__organization", "shift__shift_type"
        )
        gap = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() and len(object_id) < 19 else None
        if gap is None:
            raise Http404("No gap with this number.")
        if request.method == "POST":
            if not allowed(request, Action.SCHEDULE):
                raise PermissionDenied
            return self._act(request, gap)
        text = describe_gaps([gap], everybody=True)[0]
        roster = gap.roster
        changeable = roster.status != Roster.Status.ARCHIVED and not is_generating(roster)
        context = {
            **self.admin_site.each_context(request),
            "title": text.title,
            "opts": self.opts,
            "original": gap,
            "gap": text,
            "roster": roster,
            "may_edit": changeable and allowed(request, Action.SCHEDULE),
            **candidate_context(request, gap.shift, roster),
        }
        return TemplateResponse(request, "admin/rostering/gap/page.html", context)

    def _act(self, request: HttpRequest, gap: Gap) -> HttpResponse:
        """What the page's buttons ask for; what cannot be done is told in sentences on the same page."""
        here = HttpResponseRedirect(reverse("admin:rostering_gap_change", args=[gap.pk]))
        wanted, position = request.POST.get("do"), request.POST.get("position", "")
        if wanted not in ("look", "carry-out"):
            return self._give(request, gap)
        try:
            if wanted == "look":
                look_for_remedies(gap=gap)
                return here
            done = carry_out(gap=gap, position=int(position) if position.isdecimal() and len(position) < 9 else -1)
        except Conflict as refusal:
            for sentence in [refusal.sentence, *refusal.violations[:10]]:
                messages.error(request, sentence)
            return here
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:rostering_roster_change", args=[gap.roster_id]))

    def _give(self, request: HttpRequest, gap: Gap) -> HttpResponse:
        """Put the person posted on the shift; rules that speak against it answer in sentences."""
        staff, reason = chosen(request, gap.organization)
        try:
            done = assign(roster=gap.roster, shift=gap.shift, staff=staff, by=request.user, override_reason=reason)
        except Conflict as refusal:
            for sentence in [refusal.sentence, *refusal.violations[:10]]:
                messages.error(request, sentence)
            return HttpResponseRedirect(reverse("admin:rostering_gap_change", args=[gap.pk]))
        messages.success(request, f"{done.assignment}.")
        for sentence in done.warnings[:10]:
            messages.warning(request, sentence)
        return HttpResponseRedirect(reverse("admin:rostering_roster_change", args=[gap.roster_id]))

    @display(description="When, at the site", ordering="shift__starts_at")
    def when(self, gap: Gap) -> str:
        return span(gap.shift.starts_at, gap.shift.ends_at, gap.shift.site.tz)

    @display(description="Type", ordering="shift__shift_type")
    def chip(self, gap: Gap) -> str:
        return swatch(gap.shift.shift_type.color, gap.shift.shift_type.code)

    @display(description="Site", ordering="shift__site")
    def site(self, gap: Gap) -> str:
        return str(gap.shift.site.name)

    @display(description="Open places", ordering="short")
    def short_places(self, gap: Gap) -> str:
        return number(gap.short)

    @display(description="Why")
    def why(self, gap: Gap) -> str:
        return describe_gaps([gap])[0].summary

    @display(description="What would fill a place")
    def remedy(self, gap: Gap) -> str:
        return next((remedy.headline for remedy in describe_remedies(gap)), "–")

    @display(description="Roster", ordering="roster")
    def roster_link(self, gap: Gap) -> str:
        return format_html(
            '<a class="mu-link" href="{}">{}</a>',
            reverse("admin:rostering_roster_change", args=[gap.roster_id]),
            gap.roster,
        )


@admin.register(Assignment)
class AssignmentAdmin(OfRoster):
    """Who works what, across rosters; edited on the roster page."""

    empty_words = "Generate a roster, or import one: who works what appears here."
    resource_classes = [
        columns(
            Assignment,
            *("roster__id", "staff__number", "staff__last_name", "staff__first_name", "shift__site__code"),
            *("shift__shift_type__code", "starts_at", "ends_at", "state", "pinned", "source", "cost_cents"),
        )
    ]
    list_display = ["when", "chip", "site", "staff", "shown_state", "pinned", "cost"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("shift__site", ScopedRelatedFilter),
        ("shift__shift_type", ScopedRelatedFilter),
        ("starts_at", MomentFilter),
        ("source", ChoicesDropdownFilter),
        "pinned",
    ]
    list_select_related = ["staff", "shift__site__organization", "shift__shift_type", "organization"]
    search_fields = ["staff__last_name", "staff__first_name", "staff__number", "shift__site__code"]
    ordering = ["-starts_at", "pk"]

    @display(description="When, at the site", ordering="starts_at")
    def when(self, assignment: Assignment) -> str:
        return span(assignment.starts_at, assignment.ends_at, assignment.shift.site.tz)

    @display(description="Type", ordering="shift__shift_type")
    def chip(self, assignment: Assignment) -> str:
        return swatch(assignment.shift.shift_type.color, assignment.shift.shift_type.code)

    @display(description="Site", ordering="shift__site")
    def site(self, assignment: Assignment) -> str:
        return str(assignment.shift.site.name)

    @display(description="State", ordering="state", label=STATUS_LABELS)
    def shown_state(self, assignment: Assignment) -> tuple[str, str]:
        return assignment.state, assignment.get_state_display()

    @display(description="Cost", ordering="cost_cents")
    def cost(self, assignment: Assignment) -> str:
        return number(money_cents(assignment.cost_cents, assignment.organization.currency))
