"""Paths that lead nowhere."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def missing(request: HttpRequest) -> JsonResponse:
    """404 in JSON, as clients of an API expect it, whatever the method."""
    return JsonResponse({"detail": f"There is nothing at {request.path}; /api/docs/ lists every path."}, status=404)
