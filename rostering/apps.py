"""The rostering app; its jobs register themselves as it loads."""

from django.apps import AppConfig
from django.utils.module_loading import import_module


class RosteringConfig(AppConfig):
    """Organizations, sites, staff, shifts, rules and rosters."""

    name = "rostering"

    def ready(self) -> None:
        """Make the job kinds known to every process."""
        import_module("rostering.tasks")
