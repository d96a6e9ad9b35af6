"""Two organizations for every test of the back office."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.rostering.admin.worlds import World, make_world


@pytest.fixture
def ours(db: None) -> World:
    """The organization whose owner looks around."""
    return make_world("ours", "OURS")


@pytest.fixture
def theirs(db: None) -> World:
    """The organization nothing of which may be seen."""
    return make_world("theirs", "ZZHIDDEN")


@pytest.fixture
def owner(client: Client, ours: World) -> Client:
    """Our owner's browser."""
    client.force_login(ours.owner)
    return client
