"""Compiled loops before anything is compared or timed; workers find them in the cache."""

from __future__ import annotations

import pytest

from rostering.solver import warm


@pytest.fixture(scope="session", autouse=True)
def compiled_loops() -> None:
    """Wait for them once: while they are compiled, first rosters are made without, and come out otherwise."""
    assert warm.ready(180)
