"""Figures of an organization by its own dates, each kind of figure in one query whatever the number of days."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least, TruncDate

from analytics.features import VISIT
from analytics.models import DailyMetrics, FeatureUse
from jobs.models import JobRun
from jobs.states import Status
from rostering.models import Assignment, Roster, Shift, Staff
from rostering.querysets import wage_cents
from rostering.selectors.periods import Period

Rows = dict[date, dict[str, Any]]

BROKEN = """
WITH broken AS MATERIALIZED (
    SELECT DISTINCT roster.id AS roster_id, (match ->> 'staff')::bigint AS staff_id, shift.id::bigint AS shift_id
    FROM rostering_roster AS roster
    CROSS JOIN LATERAL jsonb_array_elements(roster.score) AS rule
    CROSS JOIN LATERAL jsonb_array_elements(rule -> 'matches') AS match
    CROSS JOIN LATERAL jsonb_array_elements_text(match -> 'shifts') AS shift (id)
    WHERE roster.organization_id = %(organization)s AND roster.status = 'published'
      AND roster.end_date >= %(first)s::date - 1 AND roster.start_date <= %(last)s::date + 1
      AND (rule ->> 'required')::boolean AND match ->> 'staff' IS NOT NULL
)
SELECT (given.starts_at AT TIME ZONE %(zone)s)::date AS day, count(*)
FROM rostering_assignment AS given
LEFT JOIN broken ON broken.roster_id = given.roster_id
    AND broken.staff_id = given.staff_id AND broken.shift_id = given.shift_id
WHERE given.organization_id = %(organization)s AND given.state = 'published'
  AND given.starts_at >= %(starts_at)s AND given.starts_at < %(ends_at)s
  AND (given.override_reason <> '' OR broken.roster_id IS NOT NULL)
GROUP BY day
"""


def stored_days(period: Period) -> dict[date, DailyMetrics]:
    """The daily metrics computed so far, by date. One query."""
    rows = DailyMetrics.objects.owned_by(period.organization).filter(day__range=(period.first, period.last))
    return {row.day: row for row in rows}


def places(period: Period) -> Rows:
    """`shifts`, `places` and `filled` of shifts that start on each day at active sites."""
    taken = (
        Assignment.objects.filter(shift=OuterRef("pk"), state=Roster.Status.PUBLISHED)
        .order_by()
        .values("shift")
        .annotate(number=Count("*"))
        .values("number")
    )
    shifts = Shift.objects.owned_by(period.organization).filter(site__active=True)
    rows = _by_day(shifts.annotate(taken=Coalesce(Subquery(taken), 0)), "starts_at", period)
    return _read(
        rows.annotate(shifts=Count("pk"), places=Sum("headcount"), filled=Sum(Least(F("headcount"), F("taken"))))
    )


def work(period: Period) -> Rows:
    """`assignments`, `staffed_shifts` and `cents` of published work that starts on each day."""
    given = Assignment.objects.owned_by(period.organization).filter(state=Roster.Status.PUBLISHED)
    return _read(
        _by_day(given, "starts_at", period).annotate(
            assignments=Count("pk"), staffed_shifts=Count("shift", distinct=True), cents=Sum(wage_cents())
        )
    )


def broken_assignments(period: Period) -> dict[date, int]:
    """How many published assignments of each day break a required rule.

    Those a manager let stand with a reason, and those that the roster's score names in the matches of a required rule
    (of which it keeps the first hundred by rule).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            BROKEN,
            {
                "organization": period.organization.pk,
                "zone": period.organization.time_zone,
                "first": period.first,
                "last": period.last,
                "starts_at": period.starts_at,
                "ends_at": period.ends_at,
            },
        )
        return dict(cursor.fetchall())


def made(period: Period) -> Rows:
    """`shifts_created`, `staff_added`, `rosters_generated` and `optimization_seconds` of each day; three queries."""
    found: Rows = defaultdict(dict)
    solved = Roster.objects.owned_by(period.organization).exclude(solver_status="")
    for rows in (
        _by_day(Shift.objects.owned_by(period.organization), "created_at", period).annotate(shifts_created=Count("pk")),
        _by_day(Staff.objects.owned_by(period.organization), "created_at", period).annotate(staff_added=Count("pk")),
        _by_day(solved, "created_at", period).annotate(
            rosters_generated=Count("pk"), optimization_seconds=Coalesce(Sum("solve_seconds"), 0.0)
        ),
    ):
        for day, row in _read(rows).items():
            found[day].update(row)
    return found


def jobs(period: Period) -> Rows:
    """`jobs_ended` and `jobs_failed` of each day; cancelled jobs are people's own decision and left out."""
    ended = JobRun.objects.filter(organization_id=period.organization.pk, status__in=[Status.SUCCEEDED, Status.FAILED])
    return _read(
        _by_day(ended, "completed_at", period).annotate(
            jobs_ended=Count("pk"), jobs_failed=Count("pk", filter=Q(status=Status.FAILED))
        )
    )


def use(period: Period) -> Rows:
    """`active_users` and `features_used` (feature to uses, visits left out) of each day; two queries."""
    rows = FeatureUse.objects.owned_by(period.organization).filter(day__range=(period.first, period.last)).order_by()
    found: Rows = {
        row["day"]: {"active_users": row["people"], "features_used": {}}
        for row in rows.values("day").annotate(people=Count("actor", distinct=True))
    }
    counted = rows.exclude(feature=VISIT).values_list("day", "feature").annotate(times=Sum("times"))
    for day, feature, times in counted.order_by("day", "feature"):
        found[day]["features_used"][feature] = times
    return found


def _by_day(rows: QuerySet[Any], moment: str, period: Period) -> QuerySet[Any]:
    within = rows.filter(**{f"{moment}__gte": period.starts_at, f"{moment}__lt": period.ends_at}).order_by()
    by_day: QuerySet[Any] = within.annotate(on=TruncDate(moment, tzinfo=period.organization.tz)).values("on")
    return by_day


def _read(rows: QuerySet[Any]) -> Rows:
    return {row.pop("on"): row for row in rows}
