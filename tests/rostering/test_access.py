"""Who belongs where, as the statement of every request answers it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.forms import model_to_dict

from rostering.access import memberships_of, organizations_of
from rostering.models import Membership, Organization, Role
from tests import builders

pytestmark = pytest.mark.django_db


def everything(organization: Organization) -> dict[str, Any]:
    return {**model_to_dict(organization), "id": organization.pk, "created_at": organization.created_at}


def test_members_find_their_active_organizations_with_every_field_and_their_role() -> None:
    user = builders.make_user("both")
    for name, role, active in (("b", Role.OWNER, True), ("a", Role.VIEWER, True), ("gone", Role.OWNER, False)):
        organization = builders.make_organization(name, expiry_alert_days=[30, 7], active=active)
        Membership.objects.create(organization=organization, user=user, role=role)
    builders.make_organization("foreign")
    found: list[Any] = sorted(memberships_of(user), key=lambda organization: organization.name)
    assert [everything(one) for one in found] == [everything(one) for one in organizations_of(user).order_by("name")]
    assert [one.member_role for one in found] == [Role.VIEWER, Role.OWNER]
    assert not any(one._state.adding or one._state.db != "default" for one in found)


def test_who_may_not_sign_in_belongs_nowhere() -> None:
    member = builders.make_member(is_active=False)
    assert memberships_of(member) == []


def test_the_database_gives_every_field_of_an_organization_as_it_is() -> None:
    """`memberships_of` converts nothing."""
    assert not [one for one in Organization._meta.concrete_fields if one.get_db_converters(connection)]
