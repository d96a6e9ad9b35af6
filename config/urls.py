"""The URL map: admin at `/admin/`, API at `/api/v1/`, health at `/health`, metrics (where on) at `/metrics`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.module_loading import import_string
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from analytics.api.views import health
from config.api_root import ApiRootView
from rostering.api.views.missing import missing

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    re_path(r"^health/?$", health, name="health"),
    re_path(r"^api/v1/?$", ApiRootView.as_view(), name="api-root"),
    path("api/v1/", include("rostering.api.urls")),
    path("api/v1/", include("analytics.api.urls")),
    path("api/v1/jobs/", include("jobs.api.urls")),
    re_path(r"^api/v1/.+$", missing),
    path("api/auth/", include("rest_framework.urls")),
    re_path(r"^api/schema/?$", SpectacularAPIView.as_view(), name="schema"),
    re_path(r"^api/docs/?$", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
if settings.METRICS_TOKEN:
    urlpatterns.append(re_path(r"^metrics/?$", import_string("config.metrics.metrics"), name="metrics"))
