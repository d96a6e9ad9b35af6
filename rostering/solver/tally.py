"""The checker's verdict on a roster that changes a few people at a time: only they are judged again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rostering.solver.checker import judge_person, verdict
from rostering.solver.problem import Match, Problem
from rostering.solver.result import Judgement


class Tally:
    """Remembers what the checker found of each person's shifts; same answer as `judge`, person by person."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._known: dict[str, tuple[frozenset[str], list[Match]]] = {}

    def matches(self, staff_id: str, shifts: frozenset[str]) -> list[Match]:
        """What the checker finds of a person with these shifts. Raises KeyError for an unknown id."""
        known = self._known.get(staff_id)
        if known is None or known[0] != shifts:
            problem = self.problem
            staff = problem.staff[problem.staff_index[staff_id]]
            assigned = [problem.shifts[problem.shift_index[shift]] for shift in sorted(shifts)]
            known = self._known[staff_id] = (shifts, judge_person(problem.timeline(staff, assigned)))
        return known[1]

    def judge(self, assignments: Iterable[tuple[str, str]]) -> Judgement:
        """See `checker.judge`."""
        by_staff: dict[str, set[str]] = defaultdict(set)
        for staff_id, shift_id in assignments:
            by_staff[staff_id].add(shift_id)
        for staff_id in by_staff:
            self.problem.staff_index[staff_id]
        matches: list[Match] = []
        for staff in self.problem.staff:
            matches.extend(self.matches(staff.id, frozenset(by_staff.get(staff.id, ()))))
        count: dict[str, int] = defaultdict(int)
        for shifts in by_staff.values():
            for shift in shifts:
                count[shift] += 1
        return verdict(self.problem, count, matches)
