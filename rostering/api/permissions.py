"""Whether the caller's role in the organization is enough for what they ask."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from rostering.access import Action, is_platform_staff
from rostering.api.tenancy import required_organization
from rostering.tenancy import allowed, current_role


class RolePermission(BasePermission):
    """Views name the power that writing takes as `write`, and single actions' powers in `powers`."""

    message = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the role is enough; `message` says which one would be."""
        needed = needed_power(request, view)
        if needed is not Action.VIEW:
            required_organization(request)
        if allowed(cast(HttpRequest, request), needed):
            return True
        role = current_role(cast(HttpRequest, request))
        yours = role.value if role else "none"
        self.message = f"This takes the role {needed.value.value}; yours here is {yours}. Ask an owner."
        return False


class PlatformStaffOnly(BasePermission):
    """For what concerns the whole installation."""

    message = "Only platform staff may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller runs the platform."""
        return is_platform_staff(request.user)


def needed_power(request: Request, view: Any) -> Action:
    """The power a request takes: the action's own, else VIEW to read and the view's `write` to change."""
    powers: dict[str, Action] = getattr(view, "powers", {})
    name = getattr(view, "action", None) or ""
    if name in powers:
        return powers[name]
    if request.method in SAFE_METHODS:
        return Action.VIEW
    power: Action = getattr(view, "write", Action.MANAGE)
    return power
