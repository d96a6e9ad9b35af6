"""The cache for platform staff: how well it does, and deleting answers by pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from jobs.admin.base import ReadOnly
from rostering.access import is_platform_staff
from rostering.cache import figures, operation
from rostering.cache.keys import AREAS
from rostering.models import DataVersion


@dataclass(frozen=True)
class Preview:
    """What deleting a pattern would delete, or why it cannot."""

    pattern: str
    count: int = 0
    problem: str = ""


@admin.register(DataVersion)
class CacheAdmin(ReadOnly, ModelAdmin):
    """One page in place of a list: versions are numbers that triggers write, nothing to look at one by one."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_platform_staff(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_platform_staff(request.user)

    def get_queryset(self, request: HttpRequest) -> Any:
        """No row has a page of its own."""
        return DataVersion.objects.none()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The figures; `?pattern=` says what deleting would delete, and posting it deletes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._delete(request, request.POST.get("pattern", ""))
        pattern = request.GET.get("pattern", "")
        context = {
            **self.admin_site.each_context(request),
            "title": "Cache",
            "opts": self.opts,
            "report": _report(),
            "areas": [f"{area}:*" for area in AREAS],
            "preview": _preview(pattern) if pattern else None,
        }
        return TemplateResponse(request, "admin/rostering/cache.html", context)

    def _delete(self, request: HttpRequest, pattern: str) -> HttpResponse:
        try:
            messages.success(request, f"{operation.delete(pattern)} answers of {pattern} deleted.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except redis.RedisError as error:
            messages.error(request, f"The cache server does not answer ({error}); nothing was deleted.")
        return HttpResponseRedirect(reverse("admin:rostering_dataversion_changelist"))


def _report() -> figures.Report | None:
    try:
        return figures.report()
    except redis.RedisError:
        return None


def _preview(pattern: str) -> Preview:
    try:
        return Preview(pattern, operation.count(pattern))
    except ValidationError as error:
        return Preview(pattern, problem=" ".join(error.messages))
    except redis.RedisError as error:
        return Preview(pattern, problem=f"The cache server does not answer ({error}).")
