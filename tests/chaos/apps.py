"""The chaos suite as an app, for its kinds of jobs and its commands."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ChaosConfig(AppConfig):
    """Installed by `tests.chaos.settings` alone."""

    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        """Make the kinds known to every process."""
        import_module("tests.chaos.tasks")
