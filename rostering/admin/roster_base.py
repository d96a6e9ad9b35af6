"""What every page about rosters starts from."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from jobs.states import ACTIVE
from rostering.access import Action
from rostering.admin.base import OrganizationAdmin
from rostering.admin.formats import hours, money_cents, percent
from rostering.models import Roster
from rostering.tenancy import allowed

SOLVER_WORDS = {
    "optimal": "Proven to be the best possible roster.",
    "feasible": "The search ran to its time limit; longer may find a better one.",
    "stopped": "Stopped early; the best roster so far was kept.",
    "cancelled": "Cancelled.",
}
NO_USE = 100.0
"""From this gap on a bound says nothing: every roster could be all of its points better."""


class RosterAdminBase(OrganizationAdmin):
    """Finds the roster a page is about and says what all pages say of it."""

    edit_action = Action.SCHEDULE

    def roster_or_404(self, request: HttpRequest, pk: str | int) -> Roster:
        """The current organization's roster with this number."""
        found: Roster | None = None
        if str(pk).isdecimal() and len(str(pk)) < 19:
            rows = self.get_queryset(request).select_related("organization", "job", "base", "published_by")
            found = rows.filter(pk=int(pk)).first()
        if found is None or not self.has_view_permission(request, found):
            raise Http404("No roster with this number.")
        return found

    def roster_context(self, request: HttpRequest, roster: Roster) -> dict[str, Any]:
        """The header's figures, and what the user may do with the roster now."""
        generating = is_generating(roster)
        may_schedule = allowed(request, Action.SCHEDULE)
        return {
            **self.admin_site.each_context(request),
            "title": str(roster),
            "opts": self.opts,
            "original": roster,
            "roster": roster,
            "zone": roster.organization.time_zone,
            "coverage": percent(roster.coverage),
            "open_places": roster.places - roster.filled,
            "cost": money_cents(roster.cost_cents, roster.organization.currency, whole=True),
            "over_budget": roster.budget is not None and roster.cost_cents > roster.budget * 100,
            "paid": hours(roster.paid_minutes),
            "generating": generating,
            "may_edit": may_schedule and roster.status != Roster.Status.ARCHIVED and not generating,
            "may_schedule": may_schedule,
            "may_delete": self.has_delete_permission(request, roster),
            "solver_words": SOLVER_WORDS.get(roster.solver_status, ""),
            "gap_words": gap_words(roster),
            "bound": roster.bound if roster.gap is not None and roster.gap < NO_USE else None,
        }


def is_generating(roster: Roster) -> bool:
    """Whether its job still waits or runs."""
    return roster.job is not None and roster.job.status in ACTIVE


def gap_words(roster: Roster) -> str:
    """How far from the best possible the roster can still be, in a sentence."""
    if roster.objective is None:
        return ""
    if roster.gap is None or roster.gap >= NO_USE:
        return "How much better a roster could be is not known yet."
    if roster.gap < 0.05:
        return "No roster can be better by more than 0.05 %."
    return f"A perfect roster would be at most {roster.gap:.1f} % better."
