"""The pages about one roster: the board, generating, publishing, comparing, editing, taking it away."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_date

from jobs.states import ACTIVE
from rostering.access import Action
from rostering.admin.formats import hours, money_cents, percent
from rostering.admin.gap_text import GapText, describe_gaps
from rostering.admin.roster_edits import EditPages
from rostering.admin.roster_generate import GeneratePage
from rostering.admin.roster_publish import PublishPages
from rostering.models import Certification, Gap, Roster
from rostering.selectors import board
from rostering.tenancy import allowed

GAPS_ON_TOP = 12
SITES_A_PAGE = 30
SOLVER_WORDS = {
    "optimal": "Proven to be the best possible roster.",
    "feasible": "The search ran to its time limit; longer may find a better one.",
    "stopped": "Stopped early; the best roster so far was kept.",
    "cancelled": "Cancelled.",
}


class RosterPages(GeneratePage, PublishPages, EditPages):
    """Mixed into the roster's admin; each page shows the roster of the current organization or a 404."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        pages = [
            ("generate/", self.generate_view, "generate"),
            ("<int:pk>/publish/", self.publish_view, "publish"),
            ("<int:pk>/reoptimize/", self.reoptimize_view, "reoptimize"),
            ("<int:pk>/compare/", self.compare_view, "compare"),
            ("<int:pk>/export.<str:form>", self.download_view, "download"),
            ("<int:pk>/assignment/<int:assignment>/", self.assignment_view, "assignment"),
        ]
        own = [path(route, wrap(view), name=f"rostering_roster_{name}") for route, view, name in pages]
        return own + list(super().get_urls())

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:rostering_roster_generate"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The roster page. Another organization's roster is a 404."""
        roster = self.roster_or_404(request, object_id)
        context = {**self.roster_context(request, roster), **self.board_context(request, roster)}
        return TemplateResponse(request, "admin/rostering/roster/board.html", context)

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
        """What every page about a roster says of it."""
        currency = roster.organization.currency
        generating = roster.job is not None and roster.job.status in ACTIVE
        may_edit = allowed(request, Action.SCHEDULE)
        return {
            **self.admin_site.each_context(request),
            "title": str(roster),
            "opts": self.opts,
            "original": roster,
            "roster": roster,
            "zone": roster.organization.time_zone,
            "coverage": percent(roster.coverage),
            "open_places": roster.places - roster.filled,
            "cost": money_cents(roster.cost_cents, currency, whole=True),
            "over_budget": roster.budget is not None and roster.cost_cents > roster.budget * 100,
            "paid": hours(roster.paid_minutes),
            "generating": generating,
            "may_edit": may_edit and roster.status != Roster.Status.ARCHIVED and not generating,
            "may_schedule": may_edit,
            "may_delete": may_edit and roster.status != Roster.Status.PUBLISHED and not generating,
            "solver_words": SOLVER_WORDS.get(roster.solver_status, ""),
            "gap_words": gap_words(roster),
        }

    def board_context(self, request: HttpRequest, roster: Roster) -> dict[str, Any]:
        """The grid as the query asks for it."""
        filters = board.Filters(
            name=request.GET.get("name", "").strip()[:80],
            site=_number(request.GET.get("site")),
            certification=_number(request.GET.get("certification")),
        )
        window = board.window_of(roster, request.GET.get("view", ""), _date(request.GET.get("from")))
        by_site = request.GET.get("by") == "site"
        days = board.days_of(roster, window, filters)
        sites = list(board.sites_of(roster))
        chosen = [site for site in sites if filters.site in (None, site.pk)]
        paginator: Paginator[Any] = (
            Paginator(chosen, SITES_A_PAGE) if by_site else Paginator(board.people_of(roster, filters), board.PAGE)
        )
        page = paginator.get_page(request.GET.get("page"))
        rows: list[Any] = (
            board.site_rows_of(roster, window, days, page.object_list)
            if by_site
            else board.rows_of(roster, window, days, page.object_list)
        )
        gaps = list(board.gaps_by_roster(roster)[:GAPS_ON_TOP])
        link = _Links(request, window, filters)
        return {
            "window": window,
            "days": days,
            "rows": rows,
            "page": page,
            "by_site": by_site,
            "filters": filters,
            "sites": sites,
            "certifications": Certification.objects.owned_by(roster.organization),
            "gaps": describe_gaps(gaps),
            "gap_count": roster.gaps.count(),
            "score": score_rows(roster),
            "links": link.all(roster, page, by_site),
            "is_fullwidth": "1",
        }

    def gap_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Why one gap is open, rule by rule and person by person."""
        found = self.get_queryset(request).select_related("roster__organization", "shift__site__organization")
        gap: Gap | None = (
            found.filter(pk=int(object_id)).first() if object_id.isdecimal() and len(object_id) < 19 else None
        )
        if gap is None:
            raise Http404("No gap with this number.")
        text: GapText = describe_gaps([gap], everybody=True)[0]
        context = {**self.admin_site.each_context(request), "title": text.title, "opts": self.opts, "gap": text}
        return TemplateResponse(request, "admin/rostering/gap/page.html", {**context, "roster": gap.roster})


class _Links:
    """The board's addresses: the same page with one thing changed."""

    def __init__(self, request: HttpRequest, window: board.Window, filters: board.Filters) -> None:
        self.query = {name: value for name, value in request.GET.items() if value}
        self.window, self.filters = window, filters

    def to(self, **changes: Any) -> str:
        merged = {**self.query, **{name: str(value) for name, value in changes.items() if value is not None}}
        for name, value in changes.items():
            if value is None:
                merged.pop(name, None)
        return f"?{urlencode(merged)}"

    def all(self, roster: Roster, page: Any, by_site: bool) -> dict[str, Any]:
        length = board.VIEWS[self.window.view]
        earlier = self.window.first - (self.window.last - self.window.first) - _day() if length else None
        earlier = max(roster.start_date, self.window.first - _day() * length)
        later = self.window.last + _day()
        return {
            "views": [(name, self.to(view=name, page=None), name == self.window.view) for name in board.VIEWS],
            "earlier": self.to(**{"from": earlier}) if self.window.first > roster.start_date else "",
            "later": self.to(**{"from": later}) if self.window.last < roster.end_date else "",
            "people": self.to(by=None, page=None),
            "by_site": self.to(by="site", page=None),
            "clear": "?" + urlencode({k: v for k, v in self.query.items() if k in ("view", "from", "by")}),
            "previous": self.to(page=page.previous_page_number()) if page.has_previous() else "",
            "next": self.to(page=page.next_page_number()) if page.has_next() else "",
            "here": self.to(),
        }


def _day() -> Any:
    return board.timedelta(days=1)


def gap_words(roster: Roster) -> str:
    """How far from the best possible the roster can still be, in a sentence."""
    if roster.objective is None:
        return ""
    if roster.gap is None:
        return "How much better a roster could be is not known."
    if roster.gap < 0.0005:
        return "No roster can be better by more than 0.05 %."
    return f"A perfect roster would be at most {100 * roster.gap:.1f} % better."


def score_rows(roster: Roster) -> list[dict[str, Any]]:
    """The score by rule, the dearest first, each with its share of all points."""
    rows = [row for row in roster.score if isinstance(row, dict) and (row.get("points") or row.get("count"))]
    total = sum(abs(row.get("points", 0)) for row in rows) or 1
    currency = roster.organization.currency
    return [
        {
            **row,
            "share": round(100 * abs(row.get("points", 0)) / total),
            "money": money_cents(row["cents"], currency, whole=True) if row.get("cents") else "",
            "more": max(0, row.get("count", 0) - len(row.get("matches", []))),
        }
        for row in sorted(rows, key=lambda row: -abs(row.get("points", 0)))
    ]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _date(text: str | None) -> Any:
    try:
        return parse_date(text or "")
    except ValueError:
        return None
