"""Which organization a request is about, and which rows it may therefore name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from rostering.access import is_platform_staff
from rostering.exceptions import ForeignOrganization, NoOrganization
from rostering.models import Organization, OwnedModel
from rostering.tenancy import current_organization


def organization_of(request: Request | HttpRequest) -> Organization | None:
    """The request's organization, looked up once; None for platform staff who chose none, meaning all.

    Raises as `rostering.access.chosen_organization` does.
    """
    return current_organization(request)


def required_organization(request: Request) -> Organization:
    """As `organization_of`, for requests that need one. Raises NoOrganization when none is chosen."""
    organization = organization_of(request)
    if organization is None:
        raise NoOrganization("Name the organization this is about with the X-Organization header or ?organization=.")
    return organization


def visible_rows(model: type[Model], request: Request | HttpRequest | None) -> QuerySet[Any]:
    """The rows of `model` that a request may name. Nothing for a model nobody said how to scope."""
    if request is None:
        return model._default_manager.none()
    return rows_of(model, organization_of(request), is_platform_staff(request.user))


def rows_of(model: type[Model], organization: Organization | None, all_rows: bool = False) -> QuerySet[Any]:
    """The rows of `model` within one organization; without one nothing, or everything where `all_rows` says so."""
    rows: QuerySet[Any] = model._default_manager.all()
    if organization is None:
        return rows if all_rows else rows.none()
    if issubclass(model, OwnedModel):
        return rows.filter(organization=organization)
    if model is Organization:
        return rows.filter(pk=organization.pk)
    if model is get_user_model():
        return rows.filter(memberships__organization=organization)
    return rows.none()


def check_claims(request: Request, organization: Organization | None) -> None:
    """Refuse a body that names another organization or user than the caller's; older clients send both.

    Raises ForeignOrganization. The body never decides anything: it may only repeat what the sign-in says.
    """
    body = request.data
    if not isinstance(body, Mapping):
        return
    claimed = [body[name] for name in ("org_id", "organization") if body.get(name) not in (None, "")]
    if organization is not None:
        mine = {str(organization.pk), organization.slug}
        if any(isinstance(claim, bool) or str(claim) not in mine for claim in claimed):
            raise ForeignOrganization(
                f"The organization in the body is not the one you work in ({organization.slug}); correct it or leave "
                "it out."
            )
    user = body.get("user_id")
    if user not in (None, "") and (isinstance(user, bool) or str(user) != str(request.user.pk)):
        raise ForeignOrganization("The user_id in the body is not yours; correct it or leave it out.")
