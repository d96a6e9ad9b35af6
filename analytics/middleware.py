"""Notes which features requests use. It asks no database, and no error of it ever reaches a response."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from analytics.features import feature_of
from analytics.services.usage import recorder
from rostering.access import is_platform_staff
from rostering.tenancy import known_organization

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class UsageMiddleware:
    """Counts what members of organizations use; platform staff looking in are left out."""

    def __init__(self, get_response: GetResponse) -> None:
        if not settings.USAGE_RECORDING:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        try:
            note(request, response)
        except Exception:
            log.warning("The use of %s could not be noted.", request.path, exc_info=True)
        return response


def note(request: HttpRequest, response: HttpResponse | HttpResponseBase) -> None:
    """Count the request, if it went well and a member of a known organization made it."""
    # An API view looks its organization up on a request of its own around this one.
    inner = (getattr(response, "renderer_context", None) or {}).get("request", request)
    organization = known_organization(inner)
    if organization is None or response.status_code >= 400 or _is_poll(request):
        return
    user = request.user
    if user.pk is None or is_platform_staff(user):
        return
    recorder.note(organization=organization, user_id=user.pk, features=_features(request, inner))


def _features(request: HttpRequest, inner: HttpRequest) -> list[str]:
    match = request.resolver_match
    found = feature_of((match.url_name or "") if match else "", request.method or "", parameters=frozenset(request.GET))
    by_token = getattr(inner, "auth", None) is not None  # a browser's session is no integration
    return [feature for feature in (found, "api" if by_token else None) if feature]


def _is_poll(request: HttpRequest) -> bool:
    """A page that fetches its own parts anew is no person at work."""
    name = (request.resolver_match.url_name or "") if request.resolver_match else ""
    if request.method != "GET" or "others" in request.GET:
        return False
    return request.headers.get("HX-Request") == "true" or name.startswith("jobs_jobrun_live")
