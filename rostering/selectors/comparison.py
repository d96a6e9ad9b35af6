"""What changes, person by person, between two rosters."""

from __future__ import annotations

from dataclasses import dataclass, field

from rostering.models import Assignment, Roster, Shift
from rostering.selectors.changes import changes_between, published_rosters_over
from rostering.selectors.demand import shifts_of


@dataclass
class PersonChange:
    """What one person gains and loses, each in order of time."""

    staff_id: int
    name: str
    gains: list[Shift] = field(default_factory=list)
    loses: list[Shift] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        """Paid minutes gained less those lost."""
        return sum(shift.paid_minutes for shift in self.gains) - sum(shift.paid_minutes for shift in self.loses)


@dataclass(frozen=True)
class Difference:
    """A roster set against others within its own shifts; `people` are those whose work changes, by name."""

    roster: Roster
    against: list[Roster]
    unchanged: int
    gained: int
    lost: int
    people: list[PersonChange]


def compare(*, roster: Roster, against: Roster | None = None) -> Difference:
    """Who gains and loses what by this roster, in the dates and sites it covers.

    Against another roster, or, without one, against whatever else is published for its shifts. The number of queries
    does not depend on the size.
    """
    scope = {shift.pk for shift in shifts_of(roster)}
    others = [against] if against is not None else published_rosters_over(roster)
    changes = [change for change in changes_between(roster, others) if change.shift.pk in scope]
    people: dict[int, PersonChange] = {}
    for change in changes:
        person = people.setdefault(change.staff_id, PersonChange(change.staff_id, change.name))
        (person.gains if change.gained else person.loses).append(change.shift)
    gained = sum(1 for change in changes if change.gained)
    kept = Assignment.objects.filter(roster=roster, shift_id__in=scope).count() - gained
    by_name = sorted(people.values(), key=lambda person: (person.name, person.staff_id))
    return Difference(roster, others, kept, gained, len(changes) - gained, by_name)
