"""The job pages and endpoints alone, where the installation mounts them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/jobs/", include("jobs.api.urls")),
]
