"""The jobs of analytics and when they run; each hands over to a service."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from analytics.models import HealthStatus
from analytics.services.batches import Batch, for_each
from analytics.services.daily_metrics import calculate, ended_days, waiting_organizations
from analytics.services.health_scores import prune_scores, score, scored_organizations
from analytics.services.usage import prune_usage
from jobs.context import JobContext
from jobs.exceptions import JobCancelled, JobFailed
from jobs.registry import job_kind
from jobs.schedules import Schedule, register
from jobs.states import ShouldStop

DAILY_METRICS = "analytics.daily_metrics"
HEALTH_SCORES = "analytics.health_scores"
PRUNE = "analytics.prune"


@job_kind(DAILY_METRICS, label="Calculate daily metrics")
def daily_metrics(context: JobContext) -> dict[str, Any]:
    """The days that have ended, of each organization at its own midnight, since they were last computed."""

    def work(organization: Any) -> int:
        period = ended_days(organization, organization.computed)
        return calculate(period) if period is not None else 0

    batch = for_each(waiting_organizations(), work, watcher=context)
    done = f"{batch.rows} day{'' if batch.rows == 1 else 's'} of {_organizations(batch)} computed"
    _conclude(batch, done)
    if not batch.rows and not batch.stopped:
        done = "No organization's day has ended since the last run"
    return _result(batch, "days") | {"message": f"{done}."}


@job_kind(HEALTH_SCORES, label="Calculate health scores")
def health_scores(context: JobContext) -> dict[str, Any]:
    """A score for every customer."""
    at_risk = 0

    def work(organization: Any) -> int:
        nonlocal at_risk
        status = score(organization).status
        at_risk += status in (HealthStatus.AT_RISK, HealthStatus.CHURNING)
        return 1

    batch = for_each(scored_organizations(), work, watcher=context)
    done = f"{_organizations(batch)} scored"
    _conclude(batch, done)
    found = _result(batch, "scores")
    found["summary"]["customers_at_risk"] = at_risk
    link = {"url": reverse("admin:analytics_customer_changelist"), "label": "Customers"}
    return found | {"message": f"{done}; {at_risk} at risk or churning.", "link": link}


@job_kind(PRUNE, label="Prune analytics", stoppable=False)
def prune(context: JobContext) -> dict[str, Any]:
    """Delete what is kept for a while only."""
    use = prune_usage()
    context.report(progress=50, message="Old use is deleted.")
    scores = prune_scores()
    return {"message": f"{use} rows of use and {scores} scores deleted.", "summary": {"use": use, "scores": scores}}


def _conclude(batch: Batch, done: str) -> None:
    """End the job as cancelled or failed where it is; what was written for organizations before stays."""
    if batch.stopped is ShouldStop.CANCEL:
        before = f"{done} before, which stays" if batch.rows else "nothing had been computed yet"
        failed = f" {_failed(batch)}. {batch.failed}" if batch.failures else ""
        raise JobCancelled(f"Cancelled; {before}.{failed}")
    if batch.failures:
        raise JobFailed(f"{_failed(batch)}; the others are done, and the next run tries again. {batch.failed}")


def _failed(batch: Batch) -> str:
    return f"{len(batch.failures)} organization{'' if len(batch.failures) == 1 else 's'} failed"


def _result(batch: Batch, rows: str) -> dict[str, Any]:
    return {"summary": {"organizations": batch.organizations, rows: batch.rows}}


def _organizations(batch: Batch) -> str:
    return f"{batch.organizations} organization{'' if batch.organizations == 1 else 's'}"


register(
    Schedule(
        name="Calculate daily metrics",
        kind=DAILY_METRICS,
        minute="5",
        description="Every hour, for the organizations whose midnight has passed: each has its own.",
    )
)
register(
    Schedule(
        name="Calculate health scores",
        kind=HEALTH_SCORES,
        minute="20",
        hour="*/12",
        description="Scores every customer, twice a day.",
    )
)
register(
    Schedule(
        name="Prune analytics",
        kind=PRUNE,
        minute="50",
        hour="3",
        description="Deletes use older than 90 days, the secrets of days that have ended, and old scores.",
    )
)
