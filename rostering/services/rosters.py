"""Making rosters: a draft and the job that fills it, accepted together or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import get_args

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction

from jobs.exceptions import JobAlreadyActive, TooManyActiveJobs
from jobs.models import JobRun
from jobs.services import enqueue
from rostering.exceptions import Conflict
from rostering.models import Assignment, Organization, Roster, ShiftPattern, Site, Staff
from rostering.models.rosters import MAX_ROSTER_DAYS
from rostering.selectors.demand import shifts_of
from rostering.services.patterns import materialize
from rostering.solver.result import Algorithm
from rostering.wording import dates_words

JOB_KIND = "roster.generate"
MAX_TIME_LIMIT_SECONDS = 3600
ALL_SITES = "all sites"
SUBJECT = re.compile(r".*: (?P<first>\d{4}-\d\d-\d\d) to (?P<last>\d{4}-\d\d-\d\d), (?P<where>.+)")
SITES_NAMED = 3
"""Up to so many sites a job's title names."""

User = AbstractBaseUser | AnonymousUser | None


def start_roster(
    *,
    organization: Organization,
    requested_by: User,
    start_date: date,
    end_date: date,
    site_ids: Iterable[int] | None = None,
    algorithm: str = "production",
    time_limit_seconds: int | None = None,
    budget: Decimal | None = None,
    base: Roster | None = None,
    name: str = "",
    seed: int = 1,
) -> Roster:
    """Create a draft roster and queue the job that fills it (`roster.job`), in one transaction.

    A period without any shift gets those of its patterns first. A request equal to one whose job is still queued or
    running answers with that roster: pressing twice makes one. `site_ids` None or empty means every active site;
    `budget` is in the organization's currency; `base` is a roster to stay close to, whose pinned assignments are
    taken over. Raises ValidationError with a sentence per field, `Site.DoesNotExist` for a site the organization does
    not have, and Conflict when it has too many jobs running or other settings are being tried for the same period.
    """
    limit = organization.time_limit_seconds if time_limit_seconds is None else time_limit_seconds
    _check_request(start_date, end_date, algorithm, limit, budget)
    roster = Roster(
        organization=organization,
        name=name,
        start_date=start_date,
        end_date=end_date,
        algorithm=algorithm,
        time_limit_seconds=limit,
        seed=seed,
        budget=budget,
        base=base,
        created_by_id=requested_by.pk if requested_by is not None else None,
    )
    try:
        with transaction.atomic():
            sites = _find_sites(organization, site_ids)
            roster.full_clean()
            roster.save()
            roster.sites.set(sites)
            _check_demand(roster, sites)
            if base is not None:
                _copy_pins(base, roster)
            _queue(roster, sites, requested_by)
    except JobAlreadyActive as running:
        return _same_request(roster, running.job)
    except TooManyActiveJobs as refusal:
        raise Conflict(str(refusal)) from refusal
    return roster


def reoptimize(*, roster: Roster, by: User, time_limit_seconds: int | None = None, algorithm: str = "") -> Roster:
    """A new draft for the same period and sites that stays close to this one and keeps its pins.

    The roster itself is left as it is. Raises as `start_roster` does.
    """
    return start_roster(
        organization=roster.organization,
        requested_by=by,
        start_date=roster.start_date,
        end_date=roster.end_date,
        site_ids=list(roster.sites.values_list("pk", flat=True)),
        algorithm=algorithm or roster.algorithm,
        time_limit_seconds=time_limit_seconds or roster.time_limit_seconds,
        budget=roster.budget,
        base=roster,
        name=roster.name,
        seed=roster.seed,
    )


def _check_request(start: date, end: date, algorithm: str, limit: int, budget: Decimal | None) -> None:
    errors: dict[str, str] = {}
    days = (end - start).days + 1
    if days < 1:
        errors["end_date"] = f"The roster ends ({end}) before it starts ({start})."
    elif days > MAX_ROSTER_DAYS:
        errors["end_date"] = f"A roster covers at most {MAX_ROSTER_DAYS} days; these are {days}. Make several."
    known = get_args(Algorithm)
    if algorithm not in known:
        errors["algorithm"] = f"“{algorithm}” is no algorithm; use one of {', '.join(known)}."
    if not 1 <= limit <= MAX_TIME_LIMIT_SECONDS:
        errors["time_limit_seconds"] = f"The time limit must be 1 to {MAX_TIME_LIMIT_SECONDS} seconds, not {limit}."
    if budget is not None and budget < 0:
        errors["budget_limit"] = f"The budget cannot be negative ({budget})."
    if errors:
        raise ValidationError(errors)


def _find_sites(organization: Organization, site_ids: Iterable[int] | None) -> list[Site]:
    wanted = list(dict.fromkeys(site_ids or []))
    found = {site.pk: site for site in Site.objects.owned_by(organization).filter(pk__in=wanted)}
    missing = [str(pk) for pk in wanted if pk not in found]
    if missing:
        raise Site.DoesNotExist(f"No site {', '.join(missing)}.")
    inactive = [site.code for site in found.values() if not site.active]
    if inactive:
        raise ValidationError({"site_ids": f"{', '.join(inactive)} is not active; activate it or leave it out."})
    return list(found.values())


def _check_demand(roster: Roster, sites: list[Site]) -> None:
    if not Staff.objects.owned_by(roster.organization).filter(active=True).exists():
        raise ValidationError("There is no active staff to roster; add or import staff first.")
    if not shifts_of(roster):
        _make_shifts(roster, sites)
    if not shifts_of(roster):
        raise ValidationError(
            f"There are no shifts from {roster.start_date} to {roster.end_date} at these sites; "
            "add shifts, or patterns that make them, first."
        )


def _make_shifts(roster: Roster, sites: list[Site]) -> None:
    """A period without a single shift gets those of its patterns; where there are any, somebody has planned already."""
    patterns = ShiftPattern.objects.owned_by(roster.organization)
    if sites:
        patterns = patterns.filter(site__in=sites)
    materialize(
        organization=roster.organization, first_day=roster.start_date, last_day=roster.end_date, patterns=patterns
    )


def _copy_pins(base: Roster, roster: Roster) -> None:
    in_scope = [shift.pk for shift in shifts_of(roster)]
    pinned = Assignment.objects.filter(roster=base, pinned=True, shift_id__in=in_scope)
    Assignment.objects.bulk_create(
        Assignment(
            organization_id=roster.organization_id,
            roster=roster,
            shift_id=pin.shift_id,
            staff_id=pin.staff_id,
            pinned=True,
            source=pin.source,
            cost_cents=pin.cost_cents,
            override_reason=pin.override_reason,
        )
        for pin in pinned
    )


def _queue(roster: Roster, sites: list[Site], requested_by: User) -> None:
    roster.job = enqueue(
        kind=JOB_KIND,
        subject=_subject(roster, sites),
        organization_id=roster.organization_id,
        requested_by=requested_by,
        params={"roster_id": roster.pk, "request": _request_of(roster)},
    )
    roster.save(update_fields=["job"])


def _subject(roster: Roster, sites: list[Site]) -> str:
    """What the job works on; at most one job works on the same at a time."""
    where = ", ".join(sorted(site.code for site in sites)) or ALL_SITES
    if len(where) > 100:
        where = f"{len(sites)} sites ({hashlib.sha256(where.encode()).hexdigest()[:8]})"
    return f"{roster.organization.slug}: {roster.start_date} to {roster.end_date}, {where}"


def job_title(job: JobRun) -> str:
    """“Generate roster, 1–28 Feb 2027, MUSE”, from the job's subject; empty for one that was worded otherwise."""
    found = SUBJECT.fullmatch(job.subject)
    if found is None:
        return ""
    try:
        dates = dates_words(date.fromisoformat(found["first"]), date.fromisoformat(found["last"]))
    except ValueError:
        return ""
    where = found["where"].partition(" (")[0]
    if where.count(",") >= SITES_NAMED:
        where = f"{where.count(',') + 1} sites"
    return ", ".join([job.label, dates, *([] if where == ALL_SITES else [where])])


def _request_of(roster: Roster) -> dict[str, str | int | None]:
    return {
        "algorithm": roster.algorithm,
        "time_limit_seconds": roster.time_limit_seconds,
        "budget": str(roster.budget) if roster.budget is not None else None,
        "base": roster.base_id,
        "seed": roster.seed,
    }


def _same_request(asked: Roster, job: JobRun) -> Roster:
    if job.params.get("request") != _request_of(asked):
        raise Conflict(
            "A roster for these dates and sites is being generated with other settings; stop that job first."
        )
    same: Roster = Roster.objects.owned_by(asked.organization).get(pk=job.params["roster_id"])
    return same
