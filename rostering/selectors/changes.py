"""What a roster changes for whom against others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rostering.models import Assignment, Roster, Shift
from rostering.selectors.demand import shifts_of


@dataclass(frozen=True)
class Change:
    """A person gains or loses a shift."""

    staff_id: int
    name: str
    shift: Shift
    gained: bool


def published_rosters_over(roster: Roster) -> list[Roster]:
    """The other published rosters that hold some of the same shifts."""
    scope = [shift.pk for shift in shifts_of(roster)]
    others = Roster.objects.owned_by(roster.organization).filter(status=Roster.Status.PUBLISHED)
    return list(others.filter(assignments__shift_id__in=scope).exclude(pk=roster.pk).distinct())


def changes_between(roster: Roster, others: Iterable[Roster]) -> list[Change]:
    """Every shift a person gains or loses when `roster` takes the place of `others`, in order of time. Two queries."""
    new = _work([roster])
    old = _work(list(others))
    changed = [(key, True) for key in new.keys() - old.keys()] + [(key, False) for key in old.keys() - new.keys()]
    found = [
        Change(one.staff_id, str(one.staff), one.shift, gained)
        for key, gained in changed
        for one in [(new if gained else old)[key]]
    ]
    return sorted(found, key=lambda change: (change.shift.starts_at, change.name, change.gained))


def _work(rosters: list[Roster]) -> dict[tuple[int, int], Assignment]:
    if not rosters:
        return {}
    rows = Assignment.objects.filter(roster__in=rosters)
    rows = rows.select_related("staff", "shift__site__organization", "shift__shift_type")
    return {(row.staff_id, row.shift_id): row for row in rows}
