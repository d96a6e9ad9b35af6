"""What the admin classes of this package share."""

from __future__ import annotations

from contextlib import nullcontext
from copy import copy
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.admin import ModelAdmin

from jobs.access import manages_schedules


def breadcrumbs(request: HttpRequest, *parts: tuple[str, str]) -> None:
    """Name the page's place, from the menu's heading down; each part a title and an admin page's name, or an address.

    The theme would name the app, which nobody but its programmers knows.
    """
    named = [{"title": title, "link": reverse(link) if ":" in link else link} for title, link in parts]
    request.breadcrumbs = [{"title": "System", "link": ""}, *named]  # type: ignore[attr-defined]


class ReadOnly:
    """For rows that services alone write: they can be read and exported, not edited."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class PlatformOnly:
    """For pages that concern every organization at once: to anybody but a superuser they are not there."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


class WholeActions(ModelAdmin):
    """An action on selected rows happens to all of them or, should it break in the middle, to none."""

    one_by_one: frozenset[str] = frozenset()
    """Actions whose effect on a row cannot be taken back, so that each row is a matter of its own."""

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        with nullcontext() if request.POST.get("action") in self.one_by_one else transaction.atomic():
            return super().response_action(request, queryset, *args, **kwargs)


class ScheduleManagerAdmin(WholeActions):
    """For who manages the platform's schedules; these rows concern every organization, so no role in one is enough."""

    list_fullwidth = True
    list_filter_submit = True
    people_call_it: tuple[str, str] = ("", "")
    """One and several of them, where the library's words are not people's."""

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        if all(self.people_call_it):
            self.opts = copy(model._meta)  # of this admin only: the library's model stays as its migrations know it
            self.opts.verbose_name, self.opts.verbose_name_plural = self.people_call_it

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        changes.opts = self.opts
        return changes

    def stands_outside_organizations(self, request: HttpRequest) -> bool:
        """Whether the page opens for a user who is a member of no organization."""
        return manages_schedules(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return manages_schedules(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return manages_schedules(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return manages_schedules(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return manages_schedules(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return manages_schedules(request.user)
