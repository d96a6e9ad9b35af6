"""The pages about one roster: the board, generating, publishing, comparing, editing, taking it away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_date

from rostering.admin.formats import money_cents
from rostering.admin.gap_text import describe_gaps
from rostering.admin.roster_edits import EditPages
from rostering.admin.roster_generate import GeneratePage
from rostering.admin.roster_publish import PublishPages
from rostering.models import Certification, Roster
from rostering.selectors import board

GAPS_ON_TOP = 12
SITES_A_PAGE = 30


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
        earlier = max(roster.start_date, self.window.first - timedelta(days=board.VIEWS[self.window.view]))
        later = self.window.last + timedelta(days=1)
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
