"""The composition root as a Django app: it brings the system checks that concern no other app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register

from config.checks import check_broker_keeps_messages


class MusterConfig(AppConfig):
    """No models, no views: checks, and the housekeeping of what the libraries leave behind."""

    name = "config"
    verbose_name = "Muster"

    def ready(self) -> None:
        register(check_broker_keeps_messages, "broker")
        import_module("config.housekeeping")
