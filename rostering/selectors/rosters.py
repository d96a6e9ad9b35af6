"""Finding rosters."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from rostering.exceptions import Conflict
from rostering.models import Organization, Roster, Shift
from rostering.selectors.demand import local_date


def find_roster(organization: Organization, roster_id: int) -> Roster:
    """The organization's roster of this id. Raises `Roster.DoesNotExist` with a sentence."""
    found: Roster | None = (
        Roster.objects.owned_by(organization).select_related("organization").filter(pk=roster_id).first()
    )
    if found is None:
        raise Roster.DoesNotExist(f"No roster {roster_id}.")
    return found


def roster_of_shift(shift: Shift, roster_id: int | None = None) -> Roster:
    """The roster named, or the one a replacement is wanted in: the published one, else the latest draft.

    Raises `Roster.DoesNotExist` for an unknown id and Conflict when no roster covers the shift.
    """
    if roster_id is not None:
        return find_roster(shift.organization, roster_id)
    found: Roster | None = covering(shift).first()
    if found is None:
        raise Conflict(f"No roster covers {shift}; make one for its dates first.")
    return found


def covering(shift: Shift) -> QuerySet[Roster]:
    """Rosters, archived ones aside, whose dates and sites include the shift; published first, then the latest."""
    day = local_date(shift)
    rosters = Roster.objects.owned_by(shift.organization).filter(start_date__lte=day, end_date__gte=day)
    live: QuerySet[Roster] = rosters.exclude(status=Roster.Status.ARCHIVED).select_related("organization")
    published_first = Case(
        When(status=Roster.Status.PUBLISHED, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return live.filter(Q(sites=None) | Q(sites=shift.site_id)).distinct().order_by(published_first, "-id")
