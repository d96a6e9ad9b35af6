"""Clients signed in by token, and two organizations that must never meet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from rostering.models import Role
from tests.rostering.api.worlds import World, make_world

MARK = "Zebulon"
"""Stands in every text of the second organization; nobody in the first may ever read it."""

SignIn = Callable[[User], APIClient]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A client that sends this user's token."""

    def client(user: User) -> APIClient:
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=user)[0].key}")
        return api

    return client


@pytest.fixture
def ours(db: None) -> World:
    return make_world("alpha", "Alice")


@pytest.fixture
def theirs(db: None) -> World:
    return make_world("beta", MARK)


@pytest.fixture
def owner(ours: World, sign_in: SignIn) -> APIClient:
    """Everything a member can do, in the first organization."""
    return sign_in(ours.members[Role.OWNER])


@pytest.fixture
def scheduler(ours: World, sign_in: SignIn) -> APIClient:
    return sign_in(ours.members[Role.SCHEDULER])
