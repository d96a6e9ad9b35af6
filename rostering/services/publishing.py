"""Publishing: a draft becomes what people work by, all of it or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from jobs.states import ACTIVE
from rostering.exceptions import Conflict
from rostering.models import Assignment, Notification, Organization, Roster, Shift, Staff
from rostering.selectors.demand import local_date, shifts_of
from rostering.services.mail_text import delivery_of
from rostering.services.mailing import wake
from rostering.services.scoring import Judged, judge_roster, refresh
from rostering.wording import counted

User = AbstractBaseUser | AnonymousUser
LOCK_SPACE = 7301
"""First key of the advisory locks that let one publish at a time through per organization."""


@dataclass(frozen=True)
class Published:
    """What a publish did: shifts with at least one person, assignments, and the roster they are in."""

    roster: Roster | None
    confirmed_shifts: int
    total_assignments: int


def publish_roster(*, roster: Roster, by: User, replace: bool = False) -> Published:
    """Publish a draft after judging it; with `replace`, published rosters it covers wholly are archived with it.

    Raises Conflict, with every broken rule as a sentence, and changes nothing: when it is no draft, its job still
    runs, a required rule is broken without an override reason, or another published roster has the same shifts.
    """
    with transaction.atomic():
        _lock(roster.organization_id)
        roster = Roster.objects.select_for_update(of=("self",)).select_related("organization", "job").get(pk=roster.pk)
        _check_draft(roster)
        scope = [shift.pk for shift in shifts_of(roster)]
        _hold_shifts(Q(pk__in=scope) | Q(pk__in=Assignment.objects.filter(roster=roster).values("shift")))
        return _publish(roster, by, scope, replace)


def publish_assignments(*, organization: Organization, by: User, assignments: Sequence[tuple[int, int]]) -> Published:
    """Publish bare (shift id, staff id) pairs as a roster of their own; none at all publishes nothing.

    Raises `ObjectDoesNotExist` for ids the organization does not have, ValidationError for a pair given twice, and
    Conflict as `publish_roster` does.
    """
    if not assignments:
        return Published(None, 0, 0)
    if len(set(assignments)) < len(assignments):
        raise ValidationError({"assignments": "The same person is given the same shift twice; send each pair once."})
    with transaction.atomic():
        _lock(organization.pk)
        _hold_shifts(Q(pk__in={shift for shift, _ in assignments}, organization=organization))
        shifts = _owned_shifts(organization, [shift for shift, _ in assignments])
        people = _owned_staff(organization, [staff for _, staff in assignments])
        _refuse_overlaps(shifts, people, assignments)
        dates = [local_date(shift) for shift in shifts.values()]
        roster = Roster.objects.create(
            organization=organization,
            name=f"Confirmed shifts {min(dates):%d %b} – {max(dates):%d %b %Y}",
            start_date=min(dates),
            end_date=max(dates),
            algorithm="",
            created_by_id=by.pk,
        )
        roster.sites.set({shift.site_id for shift in shifts.values()})
        _insert(roster, assignments)
        return _publish(roster, by, list(shifts), replace=False)


def _lock(organization_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, organization_id % 2**31])


def _hold_shifts(which: Q) -> None:
    """Nobody edits these shifts until the publish is done, so that what was judged is what is published.

    They are locked before any assignment and in order of their ids: that is how an edit of shifts locks them, whose
    new times their assignments follow, and so neither waits for the other in a circle.
    """
    list(Shift.objects.filter(which).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _check_draft(roster: Roster) -> None:
    if roster.status != Roster.Status.DRAFT:
        raise Conflict(f"{roster} is {roster.get_status_display().lower()} already; only a draft can be published.")
    if roster.job is not None and roster.job.status in ACTIVE:
        raise Conflict(f"{roster} is still being generated; wait for its job, or stop it and keep the best so far.")
    if not roster.assignments.exists():
        raise Conflict(f"{roster} has no assignments; generate it or assign staff first.")


def _publish(roster: Roster, by: User, scope: list[int], replace: bool) -> Published:
    replaced = _overlapping(roster, scope)
    if replaced and not replace:
        names = ", ".join(f"“{other}”" for other in replaced)
        raise Conflict(
            f"{names} is published for some of the same shifts; publish this one as its replacement instead."
        )
    _check_replaceable(replaced, scope)
    Roster.objects.filter(pk__in=[other.pk for other in replaced]).update(status=Roster.Status.ARCHIVED)
    _check_rules(roster)
    roster.status = Roster.Status.PUBLISHED
    roster.published_at = timezone.now()
    roster.published_by_id = by.pk
    try:
        with transaction.atomic():
            roster.save(update_fields=["status", "published_at", "published_by"])
    except IntegrityError as error:
        raise Conflict("Some people already work at these times in another published roster.") from error
    refresh(roster=roster)
    _notify(roster, replaced)
    given = Assignment.objects.filter(roster=roster)
    return Published(roster, given.values("shift_id").distinct().count(), given.count())


def _overlapping(roster: Roster, scope: list[int]) -> list[Roster]:
    others = Roster.objects.owned_by(roster.organization).filter(status=Roster.Status.PUBLISHED)
    return list(others.filter(assignments__shift_id__in=scope).exclude(pk=roster.pk).distinct())


def _check_replaceable(replaced: list[Roster], scope: list[int]) -> None:
    for other in replaced:
        beyond = Assignment.objects.filter(roster=other).exclude(shift_id__in=scope).count()
        if beyond:
            raise Conflict(
                f"“{other}” also has {beyond} assignments outside this roster's dates and sites, which would be lost; "
                "make a roster that covers them too."
            )


def broken_rules(judged: Judged, roster: Roster) -> tuple[list[str], list[str]]:
    """The required rules the roster breaks, as sentences: those that stop publishing, and those a manager excused.

    A reason kept with one of the shifts a breach is about excuses it.
    """
    excused = {
        (str(staff), str(shift))
        for staff, shift in Assignment.objects.filter(roster=roster)
        .exclude(override_reason="")
        .values_list("staff_id", "shift_id")
    }
    stopping, allowed = [], []
    for match in judged.judgement.broken:
        if any((match.staff, shift) in excused for shift in match.shifts):
            allowed.append(match.sentence)
        elif match.shifts:
            stopping.append(match.sentence)
    return stopping, allowed


def _check_rules(roster: Roster) -> None:
    broken, _ = broken_rules(judge_roster(roster), roster)
    if broken:
        rules = "1 rule is" if len(broken) == 1 else f"{len(broken)} rules are"
        raise Conflict(f"{rules} broken; nothing was published.", broken)


def _notify(roster: Roster, replaced: list[Roster]) -> None:
    """One notice to each person whose work changes by this publish; the key makes a second one impossible.

    Those whose changed work is still to come also get an e-mail, where they have an address.
    """
    columns = ("staff_id", "shift_id", "starts_at")
    new = set(Assignment.objects.filter(roster=roster).values_list(*columns))
    old = set(Assignment.objects.filter(roster__in=replaced).values_list(*columns))
    affected, now = {staff for staff, _, _ in new ^ old}, timezone.now()
    to_come = {staff for staff, _, starts_at in new ^ old if starts_at > now}
    counts = Counter(staff for staff, _, _ in new)
    people = Staff.objects.select_related("user").in_bulk(affected)
    Notification.objects.bulk_create(
        (
            Notification(
                organization_id=roster.organization_id,
                staff_id=staff,
                user_id=people[staff].user_id,
                kind="roster.published",
                subject=f"Roster {roster.start_date:%d %b} – {roster.end_date:%d %b %Y} is published",
                body=f"You have {counted(counts[staff], 'shift')} in it.",
                key=f"roster.published:{roster.pk}:{staff}",
                delivery=delivery_of(people[staff]) if staff in to_come else Notification.Delivery.NONE,
            )
            for staff in sorted(affected)
        ),
        ignore_conflicts=True,
    )
    if to_come:
        transaction.on_commit(wake, robust=True)


def _owned_shifts(organization: Organization, ids: list[int]) -> dict[int, Shift]:
    found = (
        Shift.objects.owned_by(organization)
        .filter(pk__in=ids)
        .select_related("site__organization", "shift_type")
        .in_bulk()
    )
    _refuse_missing("shift", ids, found)
    return found


def _owned_staff(organization: Organization, ids: list[int]) -> dict[int, Staff]:
    found = Staff.objects.owned_by(organization).filter(pk__in=ids).in_bulk()
    _refuse_missing("employee", ids, found)
    return found


def _refuse_missing(noun: str, ids: list[int], found: dict[int, Shift] | dict[int, Staff]) -> None:
    missing = sorted({str(pk) for pk in ids if pk not in found})
    if missing:
        raise ObjectDoesNotExist(f"No {noun} {', '.join(missing)}.")


def _refuse_overlaps(
    shifts: dict[int, Shift], people: dict[int, Staff], assignments: Sequence[tuple[int, int]]
) -> None:
    by_staff: dict[int, list[Shift]] = defaultdict(list)
    for shift, staff in assignments:
        by_staff[staff].append(shifts[shift])
    sentences = [
        f"{people[staff]} would work {before} and {after} at the same time."
        for staff, worked in by_staff.items()
        for before, after in pairwise(sorted(worked, key=lambda shift: (shift.starts_at, shift.ends_at)))
        if after.starts_at < before.ends_at
    ]
    if sentences:
        raise Conflict("Some shifts overlap; nothing was published.", sentences)


def _insert(roster: Roster, assignments: Sequence[tuple[int, int]]) -> None:
    Assignment.objects.bulk_create(
        Assignment(
            organization_id=roster.organization_id,
            roster=roster,
            shift_id=shift,
            staff_id=staff,
            source=Assignment.Source.IMPORT,
        )
        for shift, staff in assignments
    )
