"""The product as `config.wsgi` serves it, with the benchmark's pages beside it."""

from __future__ import annotations

from config.wsgi import application

# isort: split
from benchmarks.dashboard import pages
from config import urls

__all__ = ["application"]

urls.urlpatterns[:0] = pages.urlpatterns
