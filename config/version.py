"""The version of this checkout, from the one place that states it."""

from __future__ import annotations

import tomllib
from pathlib import Path


def version(base_dir: Path) -> str:
    """The project's version, such as 0.1.0."""
    with (base_dir / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
