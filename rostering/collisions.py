"""Two transactions that stood in each other's way: PostgreSQL ended one of them, and its person may simply try again.

The API says so by its exception handler (409); in the back office the middleware here does, for every page at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib import admin, messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

TRY_AGAIN = "Somebody changed the same rows at the same moment; nothing was saved. Try again."
RETRIABLE = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
CONFLICT = 409

log = logging.getLogger(__name__)


def is_collision(error: BaseException) -> bool:
    """Whether the database ended a transaction for another's sake; all of that transaction is undone."""
    return isinstance(error, DatabaseError) and getattr(error.__cause__, "sqlstate", None) in RETRIABLE


class CollisionsInTheAdmin:
    """Answers a collision in any admin view: who sent a form is back on its page with the sentence, others get a 409.

    It relies on every change of a view being one transaction.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django's hook for what a view, or rendering its answer, raised."""
        match = request.resolver_match
        if match is None or "admin" not in match.app_names or not is_collision(error):
            return None
        log.warning("%s %s collided with another transaction: %s", request.method, request.path, error)
        return _answer(request)


def _answer(request: HttpRequest) -> HttpResponse:
    if not request.accepts("text/html"):
        return JsonResponse({"detail": TRY_AGAIN}, status=CONFLICT)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(TRY_AGAIN, status=CONFLICT, content_type="text/plain")
    came_from = request.headers.get("Referer", "")
    # A page that was only looked at is not sent back: its own Referer goes along, and could lead in a circle.
    if request.method == "POST" and url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    ):
        messages.error(request, TRY_AGAIN)
        return HttpResponseRedirect(came_from)
    again = request.get_full_path() if request.method == "GET" else ""
    context = {**admin.site.each_context(request), "title": "Try again", "sentence": TRY_AGAIN, "again": again}
    return render(request, "admin/try_again.html", context, status=CONFLICT)
