"""Settings, environment, Celery application and URLs: composes the apps, holds no domain logic."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
