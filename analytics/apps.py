"""The analytics app; its jobs and schedules register themselves as it loads."""

from importlib import import_module

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Dashboard, daily metrics, customer health."""

    name = "analytics"

    def ready(self) -> None:
        """Make the jobs known to every process, and history known to the demo."""
        import_module("analytics.tasks")
        import_module("analytics.demo")
