"""Whose turn it is: organizations take turns, however many jobs one of them has started."""

from __future__ import annotations

import uuid

from django.db import connection

from jobs.states import Control, Status

# The n-th waiting job of an organization counts as if the n-1 before it were running: workers that choose at the same
# moment, each passing over what the others have locked, then take jobs of different organizations, too. Jobs of no
# organization (those of schedules) are one more party, 0.
_NEXT_IN_LINE = """
WITH waiting AS (
    SELECT id, queued_at, coalesce(organization_id, 0) AS party,
        row_number() OVER (PARTITION BY coalesce(organization_id, 0) ORDER BY queued_at, id) AS turn
    FROM jobs_jobrun
    WHERE status = %(queued)s AND available_at <= statement_timestamp() AND attempts_left > 0 AND control <> %(cancel)s
        AND queue = (SELECT queue FROM jobs_jobrun WHERE id = %(rung_for)s)
), parties AS (
    SELECT party,
        (SELECT count(*) FROM jobs_jobrun
            WHERE status = %(running)s AND coalesce(organization_id, 0) = party) AS running,
        (SELECT claimed_at FROM jobs_jobrun
            WHERE coalesce(organization_id, 0) = party AND claimed_at IS NOT NULL
            ORDER BY claimed_at DESC LIMIT 1) AS last_start
    FROM (SELECT DISTINCT party FROM waiting) AS distinct_parties
)
SELECT job.id
FROM jobs_jobrun AS job JOIN waiting ON waiting.id = job.id JOIN parties ON parties.party = waiting.party
WHERE job.status = %(queued)s
ORDER BY running + turn, last_start NULLS FIRST, waiting.queued_at, job.id
LIMIT 1
FOR UPDATE OF job SKIP LOCKED
"""


def next_in_line(job_id: uuid.UUID) -> uuid.UUID | None:
    """Lock the due job, of the named job's queue, that is to be served next; None when there is none to lock.

    First the organization with the fewest jobs running, then the one whose last start is longest ago, then the oldest
    job. Must run in a transaction; the lock lasts until its end.
    """
    values: dict[str, str | uuid.UUID] = {
        "queued": Status.QUEUED.value,
        "running": Status.RUNNING.value,
        "cancel": Control.CANCEL.value,
        "rung_for": job_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_IN_LINE, values)
        row = cursor.fetchone()
    return uuid.UUID(str(row[0])) if row else None
