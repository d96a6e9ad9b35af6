"""Every route under /api/v1/, found in the URL map, so that a new endpoint is walked without anybody listing it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from rostering.api.permissions import PlatformStaffOnly

PREFIX = "api/v1/"


@dataclass(frozen=True)
class Route:
    """One path; `key` is the name of its one parameter, "" without one."""

    path: str
    key: str
    view: Any
    methods: dict[str, str]

    @property
    def model(self) -> type[Model] | None:
        """What a view set is about."""
        queryset = getattr(self.view, "queryset", None)
        return queryset.model if queryset is not None else None

    @property
    def platform(self) -> bool:
        """Whether it is closed to members of organizations."""
        return PlatformStaffOnly in getattr(self.view, "permission_classes", ())

    def url(self, value: object = None) -> str:
        """The path with its parameter filled in."""
        return "/" + self.path.format(**{self.key: value} if self.key else {})


def api_routes() -> list[Route]:
    """All of them."""
    return [route for pattern in get_resolver().url_patterns for route in _walk(pattern, "")]


def _walk(pattern: URLPattern | URLResolver, before: str) -> Iterator[Route]:
    path = before + str(pattern.pattern).removeprefix("^")
    if isinstance(pattern, URLResolver):
        for inner in pattern.url_patterns:
            yield from _walk(inner, path)
        return
    if not path.startswith(PREFIX):
        return
    view = getattr(pattern.callback, "cls", None)
    if view is None:  # the answer to paths that lead nowhere
        return
    methods = getattr(pattern.callback, "actions", None)
    if methods is None:
        methods = {name: name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
    keys = re.findall(r"\(\?P<(\w+)>", path)
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", path).replace("/?$", "/").replace("$", "")
    assert len(keys) <= 1, f"{path} has several parameters; teach the walk about it"
    yield Route(plain, keys[0] if keys else "", view, dict(methods))
