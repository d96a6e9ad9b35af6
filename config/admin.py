"""Admin pages of the libraries underneath, in the same theme; platform staff alone see them."""

from __future__ import annotations

from typing import Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from rest_framework.authtoken.admin import TokenAdmin
from rest_framework.authtoken.models import TokenProxy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from jobs.admin.base import PlatformOnly, WholeActions


class PlatformAdmin(PlatformOnly, WholeActions):
    """Superusers only: these rows concern every organization at once, whatever Django's permissions say."""

    list_fullwidth = True
    list_filter_submit = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request) and bool(super().has_add_permission(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request) and bool(super().has_delete_permission(request, obj))


class MusterUserAdmin(PlatformAdmin, UserAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Accounts; what they may do in an organization is decided by their memberships."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_superuser", "last_login"]


class MusterGroupAdmin(PlatformAdmin, GroupAdmin):
    """Django's groups, for platform staff without all powers."""


class MusterTokenAdmin(PlatformAdmin, TokenAdmin):
    """API tokens."""


class MusterAccessAttemptAdmin(PlatformAdmin, AccessAttemptAdmin):
    """Failed sign-ins that still count."""


class MusterAccessLogAdmin(PlatformAdmin, AccessLogAdmin):
    """Sign-ins."""


class MusterAccessFailureLogAdmin(PlatformAdmin, AccessFailureLogAdmin):
    """Failed sign-ins."""


THEMED: dict[Any, type[PlatformAdmin]] = {
    User: MusterUserAdmin,
    Group: MusterGroupAdmin,
    TokenProxy: MusterTokenAdmin,
    AccessAttempt: MusterAccessAttemptAdmin,
    AccessLog: MusterAccessLogAdmin,
    AccessFailureLog: MusterAccessFailureLogAdmin,
}

for model, themed in THEMED.items():
    if admin.site.is_registered(model):
        admin.site.unregister(model)
    admin.site.register(model, themed)
