"""Mounted at `/api/v1/jobs/`; every path answers with and without a trailing slash."""

from __future__ import annotations

from django.urls import re_path

from jobs.api import views

app_name = "jobs_api"

JOB = r"(?P<job_id>[^/]+)/?$"

urlpatterns = [
    re_path(r"^list/?$", views.JobListView.as_view(), name="list"),
    re_path(rf"^status/{JOB}", views.JobStatusView.as_view(), name="status"),
    re_path(rf"^cancel/{JOB}", views.JobCancelView.as_view(), name="cancel"),
    re_path(rf"^stop/{JOB}", views.JobStopView.as_view(), name="stop"),
    re_path(rf"^retry/{JOB}", views.JobRetryView.as_view(), name="retry"),
]
