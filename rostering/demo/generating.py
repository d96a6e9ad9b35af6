"""One site's roster of the past that Muster really generated: a job as any other, run while the demo is seeded."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.auth.models import User

from jobs.runner import run_job
from jobs.states import Status
from rostering.demo.building import HISTORY_DAYS
from rostering.exceptions import Conflict
from rostering.models import Organization, Roster, Site
from rostering.services.publishing import publish_roster
from rostering.services.rosters import start_roster

SECONDS = 2
"""Time limit: some fifty places are filled well within it."""


def publish_generated(*, organization: Organization, site: str, first: date, by: User) -> Roster:
    """Generate the site's roster of the `HISTORY_DAYS` before `first` by its job, here and now, and publish it.

    Raises Conflict with the job's sentence should it fail, or were a required rule broken.
    """
    start, end = first - timedelta(days=HISTORY_DAYS), first - timedelta(days=1)
    place = Site.objects.owned_by(organization).get(code=site)
    roster = start_roster(
        organization=organization,
        requested_by=by,
        start_date=start,
        end_date=end,
        site_ids=[place.pk],
        algorithm="fast",
        time_limit_seconds=SECONDS,
        name=f"{place.name} {start:%d %b} – {end:%d %b %Y}",
    )
    ended = run_job(roster.job.pk, inline=True) if roster.job is not None else None
    if ended is None or ended.status != Status.SUCCEEDED:
        why = ended.error if ended is not None else "its job did not start."
        raise Conflict(f"The demo's roster of {place.name} could not be generated: {why}")
    roster.refresh_from_db()
    publish_roster(roster=roster, by=by)
    roster.refresh_from_db()
    return roster
