"""The home page's tile of jobs, which it also fetches alone."""

from __future__ import annotations

from typing import Any

from jobs import pages
from rostering.models import Organization
from rostering.selectors.home import jobs_of


def job_lines(organization: Organization) -> list[dict[str, Any]]:
    """The jobs tile."""
    return [
        {"job": job, "status": pages.cell(job, "status"), "progress": pages.cell(job, "progress")}
        for job in jobs_of(organization)
    ]
