"""The compiled loops are ready before anything is timed."""

from __future__ import annotations

import pytest

from rostering.solver import warm


@pytest.fixture(autouse=True, scope="session")
def compiled_loops() -> None:
    """Compile once, or load from numba's cache."""
    assert warm.ready(180)
