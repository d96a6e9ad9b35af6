"""The rostering app; its jobs register themselves as it loads."""

from importlib import import_module

from django.apps import AppConfig


class RosteringConfig(AppConfig):
    """Organizations, sites, staff, shifts, rules and rosters."""

    name = "rostering"

    def ready(self) -> None:
        """Make the job kinds known to every process."""
        import_module("rostering.tasks")
