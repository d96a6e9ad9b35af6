"""The one decorator that keeps a view's answers."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from rostering import versions
from rostering.cache.answers import Answer
from rostering.cache.flight import Answers, Compute
from rostering.cache.keys import answer_key, code_version
from rostering.cache.local import LocalAnswers
from rostering.cache.store import Store
from rostering.models import Topic

Method = Callable[..., Response]
Read = Callable[[Request], Mapping[str, Any]]
Until = Callable[[Any], datetime | None]

answers = Answers(Store(), LocalAnswers())

JSON = "application/json"
VARY = ("Accept", "Authorization", "Cookie", "X-Organization")


def _nothing(request: Request) -> Mapping[str, Any]:
    return {}


def cached(
    name: str,
    *,
    topics: Iterable[Topic],
    seconds: float,
    read: Read = _nothing,
    until: Until | None = None,
    scope: Callable[[Request], str] = lambda request: "all",
) -> Callable[[Method], Callable[..., HttpResponseBase]]:
    """Keep the answers of a `TenantView`'s method, by organization and by the versions of what they are made from.

    `name` begins with one of `keys.AREAS` and may place parameters: `dashboard:upcoming_shifts:{limit}`. `read` gives
    the request's parameters, checked, which the method is called with. `topics` are all that the answer is made from:
    leave one out and it is served stale. Two callers of one `scope` are shown the same. An answer that changes as time
    passes is served for `seconds`, or until the moment that `until` finds in its data if this comes first.

    Only JSON is kept; the browsable API is rendered anew, as is everything inside a transaction that has written.
    """
    asked = tuple({Topic.ORGANIZATION, *topics})

    def decorate(method: Method) -> Callable[..., HttpResponseBase]:
        code = code_version(method.__module__.partition(".")[0])

        @functools.wraps(method)
        def get(view: Any, request: Request) -> HttpResponseBase:
            parameters = read(request)
            current = versions.of(view.organization, asked) if _is_plain_json(request) else None
            if current is None:
                return _private(method(view, request, **parameters))

            def compute() -> Answer:
                ends_at = time.time() + seconds
                # It was loaded before the versions were read and may be older than they are.
                view.organization.refresh_from_db()
                data = method(view, request, **parameters).data
                sooner = until(data) if until is not None else None
                return Answer(JSONRenderer().render(data), min(ends_at, sooner.timestamp()) if sooner else ends_at)

            return _respond(
                request, answer_key(name, parameters, versions=current, scope=scope(request), code=code), compute
            )

        return get

    return decorate


def _respond(request: Request, key: str, compute: Compute) -> HttpResponseBase:
    digest = hashlib.sha256(key.encode()).hexdigest()[:20]
    tag = _unchanged(request, digest)
    if tag is not None:
        return _private(HttpResponseNotModified(headers={"ETag": tag}))
    answer = answers.fetch(key, compute)
    response = HttpResponse(answer.body, content_type=JSON)
    response["ETag"] = f'"{digest}.{round(answer.expires_at * 1000):x}"'  # rounded as `seal` does: one answer, one tag
    return _private(response)


def _is_plain_json(request: Request) -> bool:
    """Whether the answer will be JSON as everybody gets it, not indented or another renderer's."""
    return isinstance(request.accepted_renderer, JSONRenderer) and request.accepted_media_type == JSON


def _unchanged(request: Request, digest: str) -> str | None:
    """The tag the client holds, if the answer it names is of these versions and not yet past its end.

    The end stands in the tag, so neither Redis nor the answer is needed to tell; who forges it deceives themselves.
    """
    for tag in parse_etags(request.headers.get("If-None-Match", "")):
        held, _, end = tag.removeprefix("W/").strip('"').partition(".")
        if held == digest and _milliseconds(end) > time.time() * 1000:
            return tag
    return None


def _milliseconds(text: str) -> int:
    try:
        return int(text[:12], 16)
    except ValueError:
        return 0


def _private(response: HttpResponseBase) -> HttpResponseBase:
    """No cache in between may keep it, and the browser asks before it shows its copy again."""
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, VARY)
    return response
