"""Tests of one group share one process: what a group shares (a broker, an installation) has no second user."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("guard")
def test_the_groups_of_tests_hold(request: pytest.FixtureRequest) -> None:
    """pytest-xdist writes the group into the test's id; a pytest that keeps the id elsewhere drops every group."""
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@guard")
