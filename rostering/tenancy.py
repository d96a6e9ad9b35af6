"""The organization and role of one request, looked up once: admin pages ask for them dozens of times."""

from __future__ import annotations

from django.http import HttpRequest

from rostering.access import Action, chosen_organization, is_platform_staff, role_in
from rostering.exceptions import NoOrganization
from rostering.models import Organization, Role

_ORGANIZATION = "_muster_organization"
_ROLE = "_muster_role"


def current_organization(request: HttpRequest) -> Organization | None:
    """The organization the request is about; None for platform staff who look at all of them.

    Raises what `access.chosen_organization` raises.
    """
    if not hasattr(request, _ORGANIZATION):
        decide_organization(request, chosen_organization(request))
    found: Organization | None = getattr(request, _ORGANIZATION)
    return found


def known_organization(request: HttpRequest) -> Organization | None:
    """The organization, if the request was already found to be about one; never asks the database."""
    found: Organization | None = getattr(request, _ORGANIZATION, None)
    return found


def decide_organization(request: HttpRequest, organization: Organization | None) -> None:
    """Note which organization the request is about; None when it is about all of them."""
    setattr(request, _ORGANIZATION, organization)


def answered_for(request: HttpRequest, organization: Organization | None) -> None:
    """Note on the browser's or client's own request which organization a view found it to be about, if any.

    For what only looks on once the answer is made; DRF's views look the organization up on a request around it.
    """
    if organization is not None:
        decide_organization(request, organization)


def current_role(request: HttpRequest) -> Role | None:
    """The user's role in the current organization; platform staff have every power in the one they chose."""
    if not hasattr(request, _ROLE):
        organization = current_organization(request)
        setattr(request, _ROLE, _role_of(request, organization) if organization is not None else None)
    found: Role | None = getattr(request, _ROLE)
    return found


def _role_of(request: HttpRequest, organization: Organization) -> Role | None:
    """As `role_in`, without asking again where the organization was found by the user's membership in it."""
    found = getattr(organization, "member_role", None)
    return role_in(request.user, organization) if found is None else Role(found)


def allowed(request: HttpRequest, action: Action) -> bool:
    """Whether the user may do this in the current organization.

    Platform staff who chose no organization see everything and change nothing: a change always belongs to one. Who has
    no organization, or has not chosen, may do nothing.
    """
    try:
        organization = current_organization(request)
    except (NoOrganization, Organization.DoesNotExist):
        return False
    if organization is None:
        return action is Action.VIEW and is_platform_staff(request.user)
    role = current_role(request)
    return role is not None and role.rank >= action.value.rank
