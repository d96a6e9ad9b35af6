"""Organizations leaving."""

from __future__ import annotations

from django.db import transaction

from jobs.models import JobRun
from jobs.states import ACTIVE
from rostering.exceptions import Conflict
from rostering.models import Organization


def remove_organization(*, organization: Organization) -> None:
    """Delete an organization with all that is its own, jobs and their results too; accounts stay.

    Raises Conflict while one of its jobs is waiting or running.
    """
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        jobs = JobRun.objects.filter(organization_id=organization.pk)
        if jobs.filter(status__in=ACTIVE).exists():
            raise Conflict(f"A job of {organization} is still waiting or running; cancel it first.")
        jobs.delete()
        organization.delete()
