"""`/api/v1/`: where a person who clicks through the API starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls.resolvers import RegexPattern
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from analytics.api import urls as analytics
from jobs.api import urls as jobs
from rostering.api import urls as rostering

PREFIX = "/api/v1/"


def _names() -> Iterator[str]:
    """The URL names of everything that has an address of its own: resources first, then calls."""
    for _, _, basename in rostering.router.registry:
        yield f"{basename}-list"
    for namespace, patterns in (("", rostering.calls), (f"{jobs.app_name}:", jobs.urlpatterns), ("", analytics.calls)):
        for pattern in patterns:
            if isinstance(pattern.pattern, RegexPattern) and not pattern.pattern.regex.groups:
                yield f"{namespace}{pattern.name}"


class ApiRootView(APIView):
    """Every resource, and every call that needs no id. The reference says what each takes and answers."""

    schema = None

    def get_view_name(self) -> str:
        return "Muster API"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Paths below `/api/v1/` to full addresses."""
        paths = [reverse(name) for name in _names()]
        return Response({path.removeprefix(PREFIX): request.build_absolute_uri(path) for path in paths})
