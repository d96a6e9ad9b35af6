"""Published history: two weeks somebody planned by hand, legal in every rule, so that the coming roster has a past."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from django.contrib.auth.models import User

from rostering.demo.building import HISTORY_DAYS
from rostering.models import Assignment, Organization, Roster, Site
from rostering.selectors.problems import Loaded, load_problem
from rostering.services.publishing import publish_roster
from rostering.solver.checker import judge_person
from rostering.solver.problem import Problem, Shift, Staff

Pair = tuple[str, str]


def publish_history(*, organization: Organization, first: date, by: User, but: str = "") -> Roster:
    """Publish the `HISTORY_DAYS` before `first`; raises Conflict were a required rule broken.

    The site `but` is planned, so that its people have time for it, and left out.
    """
    roster = Roster.objects.create(
        organization=organization,
        start_date=first - timedelta(days=HISTORY_DAYS),
        end_date=first - timedelta(days=1),
        algorithm="",
        created_by=by,
    )
    loaded = load_problem(roster)
    pairs = [(staff, shift) for staff, shift in plan(loaded) if loaded.shifts[int(shift)].site.code != but]
    if but:
        roster.sites.set(Site.objects.owned_by(organization).exclude(code=but))
    Assignment.objects.bulk_create(
        Assignment(
            organization=organization,
            roster=roster,
            staff_id=int(staff),
            shift_id=int(shift),
            source=Assignment.Source.IMPORT,
        )
        for staff, shift in pairs
    )
    publish_roster(roster=roster, by=by)
    return roster


def plan(loaded: Loaded) -> list[Pair]:
    """Shift by shift in order of time, the least occupied person of those who may; the same for the same problem."""
    problem = loaded.problem
    weekly = {str(pk): person.contract.weekly_minutes for pk, person in loaded.staff.items()}
    planner = _Planner(problem, weekly)
    for shift in sorted(problem.shifts, key=planner.hardest_first):
        for _ in range(shift.headcount):
            planner.fill(shift)
    return planner.pairs


class _Planner:
    def __init__(self, problem: Problem, weekly: dict[str, int]) -> None:
        self.problem, self.weekly = problem, weekly
        self.staff = [_strict(person) for person in problem.staff]
        self.given: dict[str, list[Shift]] = defaultdict(list)
        self.pairs: list[Pair] = []
        self.able = {shift.id: [person for person in self.staff if _may(person, shift)] for shift in problem.shifts}

    def hardest_first(self, shift: Shift) -> tuple[int, int, int, str]:
        """Day by day; within a day those few can do first."""
        return shift.day, len(self.able[shift.id]), shift.start, shift.label

    def fill(self, shift: Shift) -> None:
        """Give one place to the first in the queue whom no required rule stands against; else it stays open."""
        for person in sorted(self.able[shift.id], key=lambda person: self._queue(person, shift)):
            mine = self.given[person.id]
            if any(other.id == shift.id for other in mine):
                continue
            found = judge_person(self.problem.timeline(person, [*mine, shift]))
            if not any(match.required for match in found):
                mine.append(shift)
                self.pairs.append((person.id, shift.id))
                return

    def _queue(self, person: Staff, shift: Shift) -> tuple[float, bool, bool, int]:
        """Who has the smallest share of their contract comes first; then locals, then whoever goes on as before."""
        mine = self.given[person.id]
        share = sum(other.paid_minutes for other in mine) / max(self.weekly[person.id], 1)
        goes_on = bool(mine) and mine[-1].type == shift.type
        return round(share * 4) / 4, person.home_site != shift.site, not goes_on, int(person.id)


def _strict(person: Staff) -> Staff:
    """The person with required rules alone: preferences would only cost time here."""
    return replace(
        person,
        rules=tuple(rule for rule in person.rules if rule.required),
        pair_rules=tuple(rule for rule in person.pair_rules if rule.required),
    )


def _may(person: Staff, shift: Shift) -> bool:
    return all(rule.objection(person, shift) is None for rule in person.pair_rules)
