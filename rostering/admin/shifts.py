"""Shift types, patterns and the shifts themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSingleDateWidget

from jobs.admin.filters import MomentFilter
from rostering.access import Action
from rostering.admin.base import OrganizationForm, ScopedRelatedFilter, choose_organization_first
from rostering.admin.exporting import ImportExportAdmin
from rostering.admin.formats import clock_span, day, hours, number, span, swatch
from rostering.admin.widgets import ColorInput, WallClockField, WeekdaysField, WordsField, aware
from rostering.days import check_day
from rostering.models import Organization, Shift, ShiftPattern, ShiftType, Weekday
from rostering.resources import ShiftPatternResource, ShiftResource, ShiftTypeResource
from rostering.services.patterns import materialize

PRIORITY_LABELS = {"Low": "info", "Normal": "default", "High": "warning", "Critical": "danger"}


class ShiftTypeForm(OrganizationForm):
    """Tags are words, the color a picker."""

    tags = WordsField(help_text="Separated by commas, such as night, weekend, driving. Rules speak of them.")

    class Meta:
        model = ShiftType
        exclude = ["organization"]
        widgets = {"color": ColorInput()}


@admin.register(ShiftType)
class ShiftTypeAdmin(ImportExportAdmin):
    """Kinds of shift."""

    empty_words = "Early, late, night: their hours and color. Add the first one, or import a file."
    resource_classes = [ShiftTypeResource]
    form = ShiftTypeForm
    list_display = ["chip", "name", "clock", "length", "unpaid", "shown_tags", "needs"]
    list_display_links = ["chip", "name"]
    search_fields = ["code", "name", "tags"]
    autocomplete_fields = ["required_certifications"]
    fieldsets = [
        (None, {"fields": [("code", "name"), ("color", "tags")]}),
        ("Time", {"fields": [("start_time", "duration_minutes", "unpaid_break_minutes")]}),
        ("Who may work it", {"fields": ["required_certifications"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShiftType]:
        rows: QuerySet[ShiftType] = super().get_queryset(request)
        return rows.prefetch_related("required_certifications")

    @display(description="Code", ordering="code")
    def chip(self, kind: ShiftType) -> str:
        return swatch(kind.color, kind.code)

    @display(description="Local time", ordering="start_time")
    def clock(self, kind: ShiftType) -> str:
        return number(clock_span(kind.start_time, kind.duration_minutes))

    @display(description="Length", ordering="duration_minutes")
    def length(self, kind: ShiftType) -> str:
        return number(hours(kind.duration_minutes))

    @display(description="Unpaid break", ordering="unpaid_break_minutes")
    def unpaid(self, kind: ShiftType) -> str:
        return number(f"{kind.unpaid_break_minutes} min" if kind.unpaid_break_minutes else "–")

    @display(description="Tags")
    def shown_tags(self, kind: ShiftType) -> str:
        return ", ".join(kind.tags) or "–"

    @display(description="Needs")
    def needs(self, kind: ShiftType) -> str:
        return ", ".join(needed.code for needed in kind.required_certifications.all()) or "–"


class ShiftPatternForm(OrganizationForm):
    """Weekdays are checkboxes."""

    weekdays = WeekdaysField(initial=list(range(7)))

    class Meta:
        model = ShiftPattern
        exclude = ["organization"]


class MakeShiftsForm(forms.Form):
    """From when until when."""

    first_day = forms.DateField(widget=UnfoldAdminSingleDateWidget(), validators=[check_day])
    last_day = forms.DateField(
        widget=UnfoldAdminSingleDateWidget(),
        validators=[check_day],
        help_text="Included; at most 400 days in all.",
    )

    @staticmethod
    def period(organization: Organization) -> dict[str, date]:
        """Two roster periods from today."""
        today = timezone.now().astimezone(organization.tz).date()
        return {"first_day": today, "last_day": today + timedelta(days=2 * organization.roster_days - 1)}


@admin.register(ShiftPattern)
class ShiftPatternAdmin(ImportExportAdmin):
    """Recurring demand."""

    empty_words = (
        "A pattern makes the same shifts every week, such as two guards every night. Add one, then “Make shifts…”."
    )
    resource_classes = [ShiftPatternResource]
    form = ShiftPatternForm
    edit_action = Action.SCHEDULE
    list_display = ["site", "chip", "clock", "days", "people", "period", "holidays", "shown_priority"]
    list_filter = [
        ("site", ScopedRelatedFilter),
        ("shift_type", ScopedRelatedFilter),
        ("priority", ChoicesDropdownFilter),
    ]
    list_select_related = ["site", "shift_type", "organization"]
    search_fields = ["site__code", "site__name", "shift_type__code", "shift_type__name"]
    autocomplete_fields = ["site", "shift_type"]
    fieldsets = [
        (None, {"fields": [("site", "shift_type"), "weekdays", ("headcount", "priority")]}),
        ("Period", {"fields": [("starts_on", "ends_on"), "holidays"]}),
    ]

    actions_list = ["make_shifts"]

    @action(description="Make shifts…", url_path="make-shifts", icon="event_repeat", permissions=["add"])
    def make_shifts(self, request: HttpRequest) -> HttpResponse:
        """Turn the patterns into shifts between two dates; pressing it twice makes none twice."""
        if self.needs_organization(request):
            return choose_organization_first(request)
        organization = self.require(request, Action.SCHEDULE)
        form = MakeShiftsForm(request.POST or None, initial=MakeShiftsForm.period(organization))
        if request.method == "POST" and form.is_valid():
            try:
                made = materialize(organization=organization, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"Made {made.created} shifts; {made.existing} were there already.")
                return HttpResponseRedirect(reverse("admin:rostering_shift_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Make shifts from patterns",
            "opts": self.opts,
            "form": form,
            "patterns": self.get_queryset(request).count(),
        }
        return TemplateResponse(request, "admin/rostering/shiftpattern/make_shifts.html", context)

    @display(description="Shift type", ordering="shift_type")
    def chip(self, pattern: ShiftPattern) -> str:
        return swatch(pattern.shift_type.color, pattern.shift_type.code)

    @display(description="Local time")
    def clock(self, pattern: ShiftPattern) -> str:
        return number(clock_span(pattern.shift_type.start_time, pattern.shift_type.duration_minutes))

    @display(description="Weekdays")
    def days(self, pattern: ShiftPattern) -> str:
        if len(pattern.weekdays) == 7:
            return "Every day"
        return ", ".join(Weekday(number).label[:3] for number in sorted(pattern.weekdays))

    @display(description="Headcount", ordering="headcount")
    def people(self, pattern: ShiftPattern) -> str:
        return number(pattern.headcount)

    @display(description="From – to", ordering="starts_on")
    def period(self, pattern: ShiftPattern) -> str:
        return f"{day(pattern.starts_on)} – {day(pattern.ends_on) if pattern.ends_on else 'open'}"

    @display(description="Priority", label=PRIORITY_LABELS)
    def shown_priority(self, pattern: ShiftPattern) -> str:
        return pattern.get_priority_display()


class ShiftForm(OrganizationForm):
    """Start and end are what the clock at the site says."""

    starts_at = WallClockField(label="Start", help_text="Local time at the site.")
    ends_at = WallClockField(label="End", help_text="Local time at the site.")

    class Meta:
        model = Shift
        exclude = ["organization", "pattern"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.instance.site.tz if self.instance.site_id else self.scope.tz if self.scope else None
        for name in ("starts_at", "ends_at"):
            if name in self.fields:
                field = self.fields[name]
                field.zone = zone  # type: ignore[attr-defined]
                field.help_text = f"Local time at the site{f', {zone}' if zone and self.instance.site_id else ''}."

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        site = cleaned.get("site")
        for name in ("starts_at", "ends_at"):
            if site is not None and cleaned.get(name) is not None:
                try:
                    cleaned[name] = aware(cleaned[name], site.tz)
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned


@admin.register(Shift)
class ShiftAdmin(ImportExportAdmin):
    """Single shifts, most of them made from patterns."""

    empty_words = "Make shifts from patterns, import a file, or add them one by one."
    resource_classes = [ShiftResource]
    form = ShiftForm
    edit_action = Action.SCHEDULE
    list_display = ["chip", "when", "site", "people", "paid", "shown_priority", "origin"]
    list_display_links = ["chip", "when"]
    list_filter = [
        ("site", ScopedRelatedFilter),
        ("shift_type", ScopedRelatedFilter),
        ("starts_at", MomentFilter),
        ("priority", ChoicesDropdownFilter),
    ]
    list_select_related = ["site__organization", "shift_type", "organization"]
    search_fields = ["site__code", "site__name", "shift_type__code", "shift_type__name", "notes"]
    autocomplete_fields = ["site", "shift_type", "required_certifications"]
    date_hierarchy = "starts_at"
    ordering = ["starts_at", "site", "shift_type"]
    fieldsets = [
        (None, {"fields": [("site", "shift_type"), "starts_at", "ends_at", ("headcount", "unpaid_break_minutes")]}),
        (
            "Demand",
            {"fields": ["priority", ("unfilled_cost", "overfill_cost"), "required_certifications", "notes"]},
        ),
    ]

    @display(description="Type", ordering="shift_type")
    def chip(self, shift: Shift) -> str:
        return swatch(shift.shift_type.color, shift.shift_type.code)

    @display(description="When, at the site", ordering="starts_at")
    def when(self, shift: Shift) -> str:
        return span(shift.starts_at, shift.ends_at, shift.site.tz)

    @display(description="Headcount", ordering="headcount")
    def people(self, shift: Shift) -> str:
        return number(shift.headcount)

    @display(description="Paid")
    def paid(self, shift: Shift) -> str:
        return number(hours(shift.paid_minutes))

    @display(description="Priority", label=PRIORITY_LABELS)
    def shown_priority(self, shift: Shift) -> str:
        return shift.get_priority_display()

    @display(description="From")
    def origin(self, shift: Shift) -> str:
        return "Pattern" if shift.pattern_id else "By hand"

    def save_model(self, request: HttpRequest, obj: Shift, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and obj.assignments.exists():
            messages.warning(request, "People are assigned to this shift; their times moved with it.")
