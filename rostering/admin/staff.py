"""Staff and when they can work."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from jobs.admin.filters import MomentFilter
from rostering.admin.base import OrganizationForm, OrganizationTabularInline, ScopedRelatedFilter
from rostering.admin.certifications import LABELS, standing
from rostering.admin.exporting import ImportExportAdmin
from rostering.admin.formats import day, money, number, span
from rostering.admin.widgets import WeekdaysField
from rostering.models import Availability, Staff, StaffCertification, Weekday
from rostering.resources import AvailabilityResource, StaffResource

KIND_LABELS = {"Unavailable": "danger", "Would rather not": "warning", "Wishes to work": "success"}
URGENCY = ["Expired", "Expires soon", "Not verified", "Valid"]


class HeldInline(OrganizationTabularInline):
    """The person's certifications."""

    model = StaffCertification
    verbose_name_plural = "Certifications"
    autocomplete_fields = ["certification"]
    fields = ["certification", "number", "issued", "expires", "verified"]
    tab = True


class AvailabilityForm(OrganizationForm):
    """One span of time, or the same hours every week: the form asks which, and drops what the other would hold."""

    ONCE, WEEKLY = "once", "weekly"

    repeats = forms.ChoiceField(
        label="How often",
        choices=[(ONCE, "Once, from a start to an end"), (WEEKLY, "Every week on some days")],
        initial=ONCE,
        required=False,
        widget=UnfoldAdminRadioSelectWidget(radio_style=admin.HORIZONTAL),
    )
    weekdays = WeekdaysField(required=False, label="Weekdays")

    class Meta:
        model = Availability
        exclude = ["organization"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "repeats" in self.fields:
            self.fields["repeats"].initial = self.WEEKLY if self.instance.weekdays else self.ONCE

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        weekly = (cleaned.get("repeats") or self.ONCE) == self.WEEKLY
        dropped: dict[str, Any] = (
            {"starts_at": None, "ends_at": None}
            if weekly
            else {"weekdays": [], "start_time": None, "end_time": None, "starts_on": None, "ends_on": None}
        )
        needed = ["weekdays", "start_time", "end_time", "starts_on"] if weekly else ["starts_at", "ends_at"]
        cleaned.update(dropped)
        errors = {
            name: ValidationError("Needed here." if name != "weekdays" else "Choose at least one weekday.")
            for name in needed
            if name in self.fields and not cleaned.get(name) and name not in self.errors
        }
        if errors:
            raise ValidationError(errors)
        start, end = cleaned.get("starts_at"), cleaned.get("ends_at")
        if start is not None and end is not None and end <= start:
            raise ValidationError({"ends_at": "The end must be later than the start."})
        return cleaned


class AvailabilityInline(OrganizationTabularInline):
    """Leave and wishes that lie ahead, as a table; the weekly form has a page of its own."""

    model = Availability
    verbose_name_plural = "Leave and wishes"
    form = AvailabilityForm
    fields = ["kind", "reason", "starts_at", "ends_at", "approval"]
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Availability]:
        rows: QuerySet[Availability] = super().get_queryset(request)
        return rows.filter(weekdays=[], ends_at__gte=timezone.now()).order_by("starts_at")


@admin.register(Staff)
class StaffAdmin(ImportExportAdmin):
    """The people who are rostered."""

    empty_words = "Add people one by one, or import a file. Each needs a contract, so add that first."
    resource_classes = [StaffResource]
    list_display = ["name", "number", "contract", "rate", "home", "certified", "employed", "active"]
    list_filter = [
        "active",
        ("contract", ScopedRelatedFilter),
        ("home_site", ScopedRelatedFilter),
        ("certifications__certification", ScopedRelatedFilter),
    ]
    list_select_related = ["contract", "home_site", "organization"]
    search_fields = ["number", "first_name", "last_name", "email"]
    autocomplete_fields = ["contract", "home_site", "allowed_sites", "preferred_sites", "barred_sites"]
    ordering = ["last_name", "first_name", "number"]
    inlines = [HeldInline, AvailabilityInline]
    fieldsets = [
        (None, {"fields": [("first_name", "last_name"), ("number", "active"), ("email", "phone")]}),
        ("Employment", {"fields": [("contract", "hourly_rate"), ("employed_from", "employed_until")]}),
        ("Where", {"fields": ["home_site", "allowed_sites", "preferred_sites", "barred_sites"]}),
        ("Sign-in", {"fields": ["user"], "description": "The account of this person, if they have one."}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Staff]:
        rows: QuerySet[Staff] = super().get_queryset(request)
        held = StaffCertification.objects.select_related("certification")
        return rows.prefetch_related(Prefetch("certifications", held, to_attr="held"))

    @display(description="Name", ordering="last_name")
    def name(self, staff: Staff) -> str:
        return staff.name

    @display(description="Rate / h", ordering="hourly_rate")
    def rate(self, staff: Staff) -> str:
        return number(money(staff.hourly_rate, staff.organization.currency))

    @display(description="Certifications", label=LABELS)
    def certified(self, staff: Any) -> tuple[str, str] | str:
        """The most urgent standing among what the person holds, with what it is about."""
        today = timezone.localdate()
        found = sorted(((standing(held, today), held) for held in staff.held), key=lambda one: URGENCY.index(one[0]))
        if not found:
            return "–"
        worst = found[0][0]
        about = [held.certification.code for where, held in found if where == worst]
        return (worst, f"{len(found)} valid" if worst == "Valid" else f"{', '.join(about[:3])}: {worst.lower()}")

    @display(description="Home site", ordering="home_site")
    def home(self, staff: Staff) -> str:
        return staff.home_site.code if staff.home_site else "–"

    @display(description="Employed", ordering="employed_from")
    def employed(self, staff: Staff) -> str:
        until = f" – {staff.employed_until:%d %b %Y}" if staff.employed_until else ""
        return f"{'since ' if not until else ''}{staff.employed_from:%d %b %Y}{until}"


@admin.register(Availability)
class AvailabilityAdmin(ImportExportAdmin):
    """Leave, and when people would or would rather not work."""

    empty_words = "Leave, fixed hours and wishes. Add them here or on a person's page, or import a file."
    resource_classes = [AvailabilityResource]
    form = AvailabilityForm
    list_display = ["staff", "shown_kind", "reason", "when", "shown_approval"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("approval", ChoicesDropdownFilter),
        ("staff__contract", ScopedRelatedFilter),
        ("starts_at", MomentFilter),
    ]
    list_select_related = ["staff", "organization"]
    search_fields = ["staff__last_name", "staff__first_name", "staff__number", "reason"]
    autocomplete_fields = ["staff", "shift_type"]
    ordering = ["-starts_at", "staff"]
    conditional_fields = {
        **dict.fromkeys(["starts_at", "ends_at"], "repeats != 'weekly'"),
        **dict.fromkeys(["weekdays", "start_time", "end_time", "starts_on", "ends_on"], "repeats == 'weekly'"),
        **dict.fromkeys(["weight", "shift_type"], "kind != 'unavailable'"),
    }
    fieldsets = [
        (None, {"fields": ["staff", ("kind", "reason"), "approval", ("shift_type", "weight")]}),
        (
            "When",
            {
                "fields": [
                    "repeats",
                    "starts_at",
                    "ends_at",
                    "weekdays",
                    ("start_time", "end_time"),
                    ("starts_on", "ends_on"),
                ],
                "description": "Times are in the organization's time zone. Weekly hours that end before they start "
                "end on the next day.",
            },
        ),
    ]

    @display(description="What", label=KIND_LABELS)
    def shown_kind(self, entry: Availability) -> str:
        return entry.get_kind_display()

    @display(description="Approval", label={"Requested": "warning", "Approved": "success", "Declined": "danger"})
    def shown_approval(self, entry: Availability) -> str:
        return entry.get_approval_display()

    @display(description="When", ordering="starts_at")
    def when(self, entry: Availability) -> str:
        if entry.starts_at and entry.ends_at:
            return span(entry.starts_at, entry.ends_at, entry.organization.tz)
        days = ", ".join(Weekday(number).label[:3] for number in entry.weekdays)
        until = f" until {day(entry.ends_on)}" if entry.ends_on else ""
        return f"{days} {entry.start_time:%H:%M}–{entry.end_time:%H:%M} from {entry.starts_on:%d %b %Y}{until}"
