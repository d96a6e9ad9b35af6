"""What runs by schedule, for every active organization; one that fails does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from jobs.context import JobContext
from jobs.exceptions import JobCancelled, JobFailed
from jobs.models import JobRun
from jobs.states import ShouldStop
from rostering.models import Organization
from rostering.services.expiry_alerts import create_alerts
from rostering.services.mailing import Delivered, deliver
from rostering.services.patterns import keep_ahead
from rostering.wording import counted

logger = logging.getLogger(__name__)


def send_expiry_alerts(context: JobContext) -> dict[str, Any]:
    """Write the alerts that are due and send them. Raises JobFailed, everything else done and kept, where an
    organization failed or the mail server did: what was written goes out later."""
    written = 0

    def alert(organization: Organization) -> None:
        nonlocal written
        written += len(create_alerts(organization=organization))

    number, failed = for_each_organization(context, alert, share=60)
    done = deliver(go_on=lambda done: _goes_on(context, done))
    _refuse(failed, done, f"{counted(written, 'notification')} written and kept.")
    return {
        "message": f"{counted(written, 'notification')} written, {counted(done.sent, 'e-mail')} sent.",
        "summary": {"organizations": number, "notifications": written, **_summary(done)},
    }


def send_emails(context: JobContext) -> dict[str, Any]:
    """Send what is pending. Raises JobFailed when the mail server is in trouble."""
    done = deliver(go_on=lambda done: _goes_on(context, done))
    _refuse([], done, "")
    return {"message": f"{counted(done.sent, 'e-mail')} sent.", "summary": _summary(done)}


def materialize_shifts(context: JobContext) -> dict[str, Any]:
    """Keep each organization's shifts as many weeks ahead as it wishes."""
    made = 0

    def make(organization: Organization) -> None:
        nonlocal made
        made += keep_ahead(organization=organization).created

    number, failed = for_each_organization(context, make, share=100)
    _refuse(failed, Delivered(), f"{counted(made, 'shift')} made.")
    return {
        "message": f"{counted(made, 'shift')} made for {counted(number, 'organization')}.",
        "summary": {"organizations": number, "shifts": made},
    }


def for_each_organization(
    context: JobContext, work: Callable[[Organization], None], *, share: int
) -> tuple[int, list[str]]:
    """Do `work` for every active organization, taking `share` percent of the job's progress.

    Returns how many there are, and the names of those whose work raised; that is logged with its traceback. Raises
    JobCancelled when the job is.
    """
    organizations = list(Organization.objects.filter(active=True).order_by("pk"))
    failed = []
    for position, organization in enumerate(organizations):
        if context.should_stop() is ShouldStop.CANCEL:
            raise JobCancelled("Cancelled; what was done before stays.")
        context.report(progress=share * position / len(organizations), message=f"{organization.name}.")
        try:
            work(organization)
        except Exception:
            logger.exception("Scheduled work for organization %s failed", organization.slug)
            failed.append(organization.name)
    return len(organizations), failed


def facts(job: JobRun) -> list[tuple[str, str]]:
    """The summary of such a job as named values, for its page."""
    summary = job.result.get("summary", {}) if isinstance(job.result, dict) else {}
    return [(name.replace("_", " ").capitalize(), f"{value:,}") for name, value in summary.items()]


def _goes_on(context: JobContext, done: Delivered) -> bool:
    context.report(message=f"{counted(done.sent, 'e-mail')} sent.")
    return context.should_stop() is ShouldStop.NONE


def _summary(done: Delivered) -> dict[str, int]:
    return {
        "emails_sent": done.sent,
        "emails_refused": done.refused,
        "emails_put_off": done.put_off,
        "waiting": done.waiting,
    }


def _refuse(failed: list[str], done: Delivered, kept: str) -> None:
    """Say what went wrong, and what was done all the same."""
    sentences = []
    if failed:
        sentences.append(f"Failed for {', '.join(failed)}; the others are done. The log has the reason.")
    if done.trouble:
        sentences.append(
            f"The mail server failed ({done.trouble}); {counted(done.waiting, 'notification')} waiting "
            "to be sent, which is tried again by itself."
        )
    if sentences:
        raise JobFailed(" ".join([*sentences, kept]).strip())
