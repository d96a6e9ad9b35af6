"""What piles up and belongs to no app of ours: expired sessions, old sign-in attempts; and old notifications."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone

from jobs import schedules
from jobs.context import JobContext
from jobs.exceptions import JobFailed
from jobs.registry import job_kind
from jobs.schedules import Schedule
from rostering.services.notifications import forget_old
from rostering.wording import counted

logger = logging.getLogger(__name__)

SIGN_INS_KEPT_DAYS = 90


def forget_sessions() -> int:
    """Delete sessions that have run out; how many."""
    return int(Session.objects.filter(expire_date__lt=timezone.now()).delete()[0])


def forget_sign_ins() -> int:
    """Delete sign-ins and failed attempts older than `SIGN_INS_KEPT_DAYS` days; how many."""
    before = timezone.now() - timedelta(days=SIGN_INS_KEPT_DAYS)
    models = (AccessAttempt, AccessLog, AccessFailureLog)
    return sum(int(model.objects.filter(attempt_time__lt=before).delete()[0]) for model in models)


STEPS: tuple[tuple[str, Callable[[], int]], ...] = (
    ("expired session", forget_sessions),
    ("old sign-in", forget_sign_ins),
    ("old notification", forget_old),
)


@job_kind("housekeeping.clean", label="Clean up", stoppable=False)
def clean(context: JobContext) -> dict[str, Any]:
    """Delete what nobody needs any more. Raises JobFailed, the other steps done, where one failed."""
    removed: dict[str, int] = {}
    failed = []
    for position, (noun, step) in enumerate(STEPS):
        context.report(progress=100 * position / len(STEPS), message=f"Removing {noun}s.")
        try:
            removed[noun] = step()
        except Exception:
            logger.exception("Removing %ss failed", noun)
            failed.append(noun)
    if failed:
        raise JobFailed(f"Could not remove {', '.join(f'{noun}s' for noun in failed)}; the log has the reason.")
    told = ", ".join(counted(number, noun) for noun, number in removed.items())
    return {"message": f"Removed {told}.", "summary": {noun.replace(" ", "_"): n for noun, n in removed.items()}}


schedules.register(
    Schedule(
        name="Clean up",
        kind="housekeeping.clean",
        description="Removes expired sessions, sign-ins older than 90 days and notifications older than 800 days.",
        hour="3",
        minute="30",
    )
)
