"""The composition root as a Django app: it brings the system checks that concern no other app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register

from config.checks import check_broker_keeps_messages, check_cache_and_broker_are_apart


class MusterConfig(AppConfig):
    """No models, no views: checks, and the housekeeping of what the libraries leave behind."""

    name = "config"
    verbose_name = "Muster"

    def ready(self) -> None:
        register(check_broker_keeps_messages, "broker")
        register(check_cache_and_broker_are_apart, "broker")
        import_module("config.housekeeping")
