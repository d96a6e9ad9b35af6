"""Editing one assignment from its chip: pin, let go, remove, give to somebody else."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from rostering.access import Action
from rostering.admin.candidate_rows import candidate_context, chosen
from rostering.admin.formats import hours, money_cents, span
from rostering.admin.roster_base import RosterAdminBase
from rostering.exceptions import Conflict
from rostering.models import Assignment, Roster
from rostering.services.assignments import move, set_pinned, unassign


class EditPages(RosterAdminBase):
    """Mixed into the roster's admin."""

    def assignment_view(self, request: HttpRequest, pk: int, assignment: int) -> HttpResponse:
        """An assignment's details; as a page, or inside the board's dialog when htmx asks. POST does one edit."""
        roster: Roster = self.roster_or_404(request, pk)
        rows = Assignment.objects.filter(roster=roster).select_related(
            "staff__contract", "shift__site__organization", "shift__shift_type", "roster__organization"
        )
        found = rows.filter(pk=assignment).first()
        if found is None:
            raise Http404("No assignment with this number in this roster.")
        if request.method == "POST":
            self.require(request, Action.SCHEDULE)
            return self._edit(request, roster, found)
        dialog = request.headers.get("HX-Request") == "true"
        context = {
            **self.roster_context(request, roster),
            "title": str(found),
            "one": found,
            "when": span(found.starts_at, found.ends_at, found.shift.site.tz),
            "paid_hours": hours(found.shift.paid_minutes),
            "cost_shown": money_cents(found.cost_cents, roster.organization.currency),
            "back": self._back(request, roster),
            "others": None,
            **(candidate_context(request, found.shift, roster) if request.GET.get("others") else {}),
            "dialog": dialog,
        }
        page = "assignment_panel" if dialog else "assignment"
        return TemplateResponse(request, f"admin/rostering/roster/{page}.html", context)

    def _edit(self, request: HttpRequest, roster: Roster, assignment: Assignment) -> HttpResponse:
        try:
            messages.success(request, self._do(request, roster, assignment))
        except Conflict as refusal:
            for sentence in [refusal.sentence, *refusal.violations[:10]]:
                messages.error(request, sentence)
        return HttpResponseRedirect(self._back(request, roster))

    def _do(self, request: HttpRequest, roster: Roster, assignment: Assignment) -> str:
        """Do the one edit asked for; says what was done."""
        asked = request.POST.get("do", "")
        if asked in ("pin", "unpin"):
            set_pinned(assignment=assignment, pinned=asked == "pin")
            return f"{assignment} is {'pinned' if asked == 'pin' else 'no longer pinned'}."
        if asked == "remove":
            told = str(assignment)
            unassign(assignment=assignment)
            return f"Removed: {told}."
        if asked == "give":
            staff, reason = chosen(request, roster.organization)
            moved = move(assignment=assignment, staff=staff, by=request.user, override_reason=reason)
            for sentence in moved.warnings[:10]:
                messages.warning(request, sentence)
            return f"{moved.assignment}."
        raise Conflict("Nothing was asked for; use one of the buttons.")

    def _back(self, request: HttpRequest, roster: Roster) -> str:
        """The board as it was filtered."""
        page = reverse("admin:rostering_roster_change", args=[roster.pk])
        given = request.POST.get("back") or request.headers.get("HX-Current-URL") or request.GET.get("back") or ""
        parts = urlsplit(given)
        query = f"?{parts.query}" if parts.query else ""
        whole = f"{parts.path}{query}"
        safe = url_has_allowed_host_and_scheme(whole, None) and parts.path == page
        return whole if safe else page
