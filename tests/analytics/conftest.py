"""A week of work in one organization, and a clock that stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from unittest.mock import patch

import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from rostering.models import Organization, Role
from tests import builders

At = Callable[[datetime], None]


@pytest.fixture
def organization(db: None) -> Organization:
    return builders.make_organization("alpha")


@pytest.fixture
def viewer(organization: Organization) -> APIClient:
    return client_of(organization)


@pytest.fixture
def at() -> Iterator[At]:
    """Set the clock that Django tells the time by."""
    patches = []

    def stand(moment: datetime) -> None:
        patches.append(patch("django.utils.timezone.now", return_value=moment))
        patches[-1].start()

    yield stand
    for one in reversed(patches):
        one.stop()


def client_of(organization: Organization, role: Role = Role.VIEWER) -> APIClient:
    """A client signed in by token as a new member."""
    client = APIClient()
    user = builders.make_member(organization, role)
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    return client
