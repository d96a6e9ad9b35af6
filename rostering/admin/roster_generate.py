"""The page that starts a roster."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from rostering.access import Action
from rostering.admin.base import choose_organization_first, errors_by_field
from rostering.admin.roster_base import RosterAdminBase
from rostering.days import check_day
from rostering.exceptions import Conflict
from rostering.models import Organization, Roster, Shift, Site, Staff
from rostering.services.rosters import MAX_TIME_LIMIT_SECONDS, start_roster
from rostering.tenancy import current_organization

ALGORITHMS = [
    ("production", "Production – the best roster the time allows"),
    ("fast", "Fast – a legal roster in about a second"),
    ("milp", "Exact – the compact model, for small rosters"),
    ("auto", "Automatic – chosen by size"),
]


class GenerateForm(forms.Form):
    """What `start_roster` needs; its errors come back to the fields they are about."""

    start_date = forms.DateField(label="First day", widget=UnfoldAdminSingleDateWidget(), validators=[check_day])
    end_date = forms.DateField(
        label="Last day",
        widget=UnfoldAdminSingleDateWidget(),
        validators=[check_day],
        help_text="Included; at most 92 days in all.",
    )
    sites = forms.ModelMultipleChoiceField(
        Site.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="None checked: every active site.",
    )
    algorithm = forms.ChoiceField(
        choices=ALGORITHMS, initial="production", widget=UnfoldAdminRadioSelectWidget(radio_style=admin.VERTICAL)
    )
    time_limit_seconds = forms.IntegerField(
        label="Time limit",
        min_value=1,
        max_value=MAX_TIME_LIMIT_SECONDS,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Seconds. A first legal roster comes early; the rest of the time makes it better.",
        error_messages={
            "min_value": "The time limit must be at least 1 second.",
            "max_value": f"The time limit must be at most {MAX_TIME_LIMIT_SECONDS:,} seconds.",
        },
    )
    budget = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget(),
        error_messages={"min_value": "The budget must not be negative."},
    )
    base = forms.ModelChoiceField(
        Roster.objects.none(),
        required=False,
        label="Stay close to",
        empty_label="No roster: start afresh",
        widget=UnfoldAdminSelectWidget(),
        help_text="Each change against it costs points, and what is pinned in it stays.",
    )
    name = forms.CharField(
        required=False, max_length=120, widget=UnfoldAdminTextInputWidget(), help_text="Empty: named by its dates."
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        sites: Any = self.fields["sites"]
        bases: Any = self.fields["base"]
        sites.queryset = Site.objects.owned_by(organization).filter(active=True)
        bases.queryset = Roster.objects.owned_by(organization).exclude(coverage=None)
        self.fields["budget"].help_text = f"Wages in {organization.currency} not to exceed; empty: none."

    def clean(self) -> dict[str, Any]:
        """The order of the dates, told together with what is wrong elsewhere."""
        given: dict[str, Any] = super().clean() or {}
        start, end = given.get("start_date"), given.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", f"The roster ends ({end}) before it starts ({start}).")
        return given

    def blame(self, error: ValidationError) -> None:
        """Put the service's sentences at the fields they are about."""
        names = {"site_ids": "sites", "budget_limit": "budget"}
        for name, found in errors_by_field(error).items():
            field = names.get(name, name)
            self.add_error(field if field in self.fields else None, found)


class GeneratePage(RosterAdminBase):
    """Mixed into the roster's admin."""

    def generate_view(self, request: HttpRequest) -> HttpResponse:
        """The form; on success the page of the job that fills the roster."""
        if current_organization(request) is None:
            return choose_organization_first(request)
        organization = self.require(request, Action.SCHEDULE)
        form = GenerateForm(organization, request.POST or None, initial=preset(organization, request))
        if request.method == "POST" and form.is_valid():
            roster = self._start(request, organization, form)
            if roster is not None:
                where = "admin:jobs_jobrun_change" if roster.job_id else "admin:rostering_roster_change"
                return HttpResponseRedirect(reverse(where, args=[roster.job_id or roster.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Generate roster",
            "content_title": "Generate roster",
            "form": form,
            "organization": organization,
            "missing": missing(organization),
        }
        return TemplateResponse(request, "admin/rostering/roster/generate.html", context)

    def _start(self, request: HttpRequest, organization: Organization, form: GenerateForm) -> Roster | None:
        given = form.cleaned_data
        try:
            return start_roster(
                organization=organization,
                requested_by=request.user,
                start_date=given["start_date"],
                end_date=given["end_date"],
                site_ids=[site.pk for site in given["sites"]] or None,
                algorithm=given["algorithm"],
                time_limit_seconds=given["time_limit_seconds"],
                budget=given["budget"],
                base=given["base"],
                name=given["name"],
            )
        except ValidationError as error:
            form.blame(error)
        except Conflict as refusal:
            form.add_error(None, refusal.sentence)
            for sentence in refusal.violations[:20]:
                messages.error(request, sentence)
        return None


def preset(organization: Organization, request: HttpRequest) -> dict[str, Any]:
    """The period after the last published roster, from a start of the week; or what the address asks for."""
    last = Roster.objects.owned_by(organization).filter(status=Roster.Status.PUBLISHED).order_by("-end_date").first()
    today = timezone.now().astimezone(organization.tz).date()
    start = week_start(
        max(last.end_date + timedelta(days=1), today) if last else today + timedelta(days=1), organization
    )
    first = _date(request, "first") or start
    base = request.GET.get("base", "")
    return {
        "start_date": first,
        "end_date": _date(request, "last") or first + timedelta(days=organization.roster_days - 1),
        "algorithm": "production",
        "time_limit_seconds": organization.time_limit_seconds,
        "base": int(base) if base.isdecimal() and len(base) < 19 else None,
    }


def _date(request: HttpRequest, name: str) -> date | None:
    try:
        day = parse_date(request.GET.get(name, ""))
        if day is not None:
            check_day(day)
    except (ValueError, ValidationError):  # such as 31 February, or the year 9999
        return None
    return day


def week_start(day: date, organization: Organization) -> date:
    """This day, or the next on which the organization's week starts."""
    return day + timedelta(days=(organization.week_start - day.weekday()) % 7)


def missing(organization: Organization) -> list[tuple[str, str]]:
    """What must exist before a roster makes sense, as a sentence and where to do it."""
    steps = [
        (Site, "There is no site yet. Add the first one.", "rostering_site_add"),
        (Staff, "There is no staff yet. Add or import people.", "rostering_staff_changelist"),
        (
            Shift,
            "There are no shifts yet. Make or import them.",
            "rostering_shiftpattern_changelist",
        ),
    ]
    return [
        (sentence, reverse(f"admin:{page}"))
        for model, sentence, page in steps
        if not model.objects.owned_by(organization).exists()
    ]
