"""The job pages and endpoints alone, where an installation mounts them; no other app's navigation or policy."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from unfold.sites import UnfoldAdminSite

from jobs.admin import JobRunAdmin, WorkerPulseAdmin
from jobs.models import JobRun, WorkerPulse

site = UnfoldAdminSite()
site.register(JobRun, JobRunAdmin)
site.register(WorkerPulse, WorkerPulseAdmin)

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", site.urls),
    path("api/v1/jobs/", include("jobs.api.urls")),
]
