"""WSGI entry point: `config.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.shared_counts import share_between_processes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if settings.METRICS_TOKEN:
    share_between_processes(settings.ENV.data_dir / "metrics")

application = get_wsgi_application()
