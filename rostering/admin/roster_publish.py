"""Publishing, comparing, re-optimizing and taking a roster away as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST
from tablib import Dataset

from rostering.access import Action
from rostering.admin.formats import span
from rostering.admin.roster_base import RosterAdminBase
from rostering.exceptions import Conflict
from rostering.models import Assignment, Roster
from rostering.selectors.changes import Change, changes_between, published_rosters_over
from rostering.services.publishing import broken_rules, publish_roster
from rostering.services.rosters import reoptimize
from rostering.services.scoring import judge_roster

DOWNLOADS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HEADERS = ["Date", "Start", "End", "Time zone", "Site", "Site name", "Shift type", "Number", "Last name"]
HEADERS += ["First name", "Paid hours", "Cost", "Currency", "Pinned", "Source"]
COLUMNS = [
    *("starts_at", "ends_at", "cost_cents", "pinned", "source", "shift__unpaid_break_minutes"),
    *("shift__site__code", "shift__site__name", "shift__site__time_zone", "shift__shift_type__code"),
    *("staff__number", "staff__last_name", "staff__first_name"),
]
SOURCES = dict(Assignment.Source.choices)


@dataclass(frozen=True)
class Refusal:
    """Why nothing was published."""

    sentence: str
    violations: list[str]


class PublishPages(RosterAdminBase):
    """Mixed into the roster's admin."""

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What publishing will do, and doing it: all or nothing, each thing in the way as a sentence."""
        roster: Roster = self.roster_or_404(request, pk)
        self.require(request, Action.SCHEDULE)
        refusal: Refusal | None = None
        if request.method == "POST":
            try:
                done = publish_roster(roster=roster, by=request.user, replace=request.POST.get("replace") == "yes")
            except Conflict as conflict:
                refusal = Refusal(conflict.sentence, conflict.violations)
            else:
                text = f"Published: {done.total_assignments} assignments on {done.confirmed_shifts} shifts."
                messages.success(request, text)
                return HttpResponseRedirect(reverse("admin:rostering_roster_change", args=[pk]))
        context = {
            **self.roster_context(request, roster),
            **_what_will_happen(roster),
            "refusal": refusal,
            "title": f"Publish {roster}",
        }
        status = 200 if refusal is None else 409
        return TemplateResponse(request, "admin/rostering/roster/publish.html", context, status=status)

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What changes for whom against what is published, or against another roster."""
        roster: Roster = self.roster_or_404(request, pk)
        against = request.GET.get("against", "")
        other: Roster | None = self.roster_or_404(request, against) if against else None
        others = [other] if other else published_rosters_over(roster)
        context = {
            **self.roster_context(request, roster),
            "others": others,
            "changes": _told(changes_between(roster, others)),
            "choices": Roster.objects.owned_by(roster.organization).exclude(pk=roster.pk)[:30],
            "against": other,
            "title": f"Compare {roster}",
        }
        return TemplateResponse(request, "admin/rostering/roster/compare.html", context)

    def reoptimize_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start a new draft that stays close to this one; the job's page follows."""
        return require_POST(self._reoptimize)(request, pk)

    def _reoptimize(self, request: HttpRequest, pk: int) -> HttpResponse:
        roster: Roster = self.roster_or_404(request, pk)
        self.require(request, Action.SCHEDULE)
        try:
            made = reoptimize(roster=roster, by=request.user)
        except Conflict as conflict:
            messages.error(request, conflict.sentence)
        except ValidationError as error:
            for sentence in error.messages:
                messages.error(request, sentence)
        else:
            if made.job_id:
                return HttpResponseRedirect(reverse("admin:jobs_jobrun_change", args=[made.job_id]))
        return HttpResponseRedirect(reverse("admin:rostering_roster_change", args=[pk]))

    def download_view(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        """The assignments as CSV or XLSX, one a row."""
        roster: Roster = self.roster_or_404(request, pk)
        if form not in DOWNLOADS:
            raise Http404("A roster can be taken away as csv or xlsx.")
        data = Dataset(headers=HEADERS)
        rows = Assignment.objects.filter(roster=roster).order_by("starts_at", "shift_id", "staff__last_name", "pk")
        for one in rows.values(*COLUMNS).iterator(chunk_size=5000):
            data.append([_safe(cell) for cell in _line(one, roster)])
        body = ("\ufeff" + data.export("csv")) if form == "csv" else data.export("xlsx")
        response = HttpResponse(body, content_type=DOWNLOADS[form])
        name = f"roster-{roster.start_date:%Y-%m-%d}-{roster.end_date:%Y-%m-%d}.{form}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _line(one: dict[str, Any], roster: Roster) -> list[Any]:
    zone = ZoneInfo(one["shift__site__time_zone"] or roster.organization.time_zone)
    start, end = one["starts_at"].astimezone(zone), one["ends_at"].astimezone(zone)
    minutes = (one["ends_at"] - one["starts_at"]).total_seconds() / 60 - one["shift__unpaid_break_minutes"]
    return [
        f"{start:%Y-%m-%d}",
        f"{start:%H:%M}",
        f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}",
        str(zone),
        one["shift__site__code"],
        one["shift__site__name"],
        one["shift__shift_type__code"],
        one["staff__number"],
        one["staff__last_name"],
        one["staff__first_name"],
        round(max(0.0, minutes) / 60, 2),
        one["cost_cents"] / 100,
        roster.organization.currency,
        "yes" if one["pinned"] else "no",
        SOURCES[one["source"]],
    ]


def _safe(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _what_will_happen(roster: Roster) -> dict[str, Any]:
    """The consequences of publishing, counted."""
    replaced = published_rosters_over(roster)
    broken, excused = broken_rules(judge_roster(roster), roster)
    changes = changes_between(roster, replaced)
    return {
        "replaced": replaced,
        "broken": broken,
        "excused": excused,
        "assignment_count": roster.assignments.count(),
        "people_count": roster.assignments.values("staff").distinct().count(),
        "changed_people": len({change.staff_id for change in changes}),
    }


def _told(changes: list[Change]) -> list[dict[str, Any]]:
    """Changes person by person."""
    people: dict[int, dict[str, Any]] = {}
    for change in changes:
        person = people.setdefault(change.staff_id, {"name": change.name, "gains": [], "loses": []})
        shift = change.shift
        when = span(shift.starts_at, shift.ends_at, shift.site.tz)
        person["gains" if change.gained else "loses"].append(f"{shift.shift_type.code} {when}, {shift.site.name}")
    return sorted(people.values(), key=lambda person: str(person["name"]))
