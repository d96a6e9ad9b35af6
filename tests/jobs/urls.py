"""The job pages and endpoints alone, where an installation mounts them; no other app's navigation or policy."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django_celery_results.models import TaskResult
from unfold.sites import UnfoldAdminSite

from jobs.admin.results import TaskResultAdmin
from jobs.admin.runs import JobRunAdmin, WorkerPulseAdmin
from jobs.admin.schedules import ADMINS
from jobs.models import JobRun, WorkerPulse

site = UnfoldAdminSite()
site.register(JobRun, JobRunAdmin)
site.register(WorkerPulse, WorkerPulseAdmin)
site.register(TaskResult, TaskResultAdmin)
for model, model_admin in ADMINS.items():
    site.register(model, model_admin)

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", site.urls),
    path("api/v1/jobs/", include("jobs.api.urls")),
]
