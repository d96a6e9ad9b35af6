"""Why a roster is as it is: its score rule by rule, and for every open place the rule that rules each person out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from rostering.solver.checker import MONEY_RULE, judge_person
from rostering.solver.problem import Match, Problem, Shift, Staff, Timeline
from rostering.solver.result import Assignments, Judgement

ASSIGNED = ("assigned", "Already on this shift")
BUDGET = ("budget", "Beyond the budget")
DEAR = ("dear", "Costs more than the open place")
FREE = ("free", "Could work it")


@dataclass(frozen=True, slots=True)
class RuleScore:
    """One rule's part of the score: `points`, or `cents` for money; the largest matches first."""

    rule: str
    label: str
    required: bool
    points: float
    cents: float
    count: int
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """The people one rule rules out of an open place, with the sentence of the first of them."""

    rule: str
    label: str
    staff: tuple[str, ...]
    sentence: str

    @property
    def count(self) -> int:
        """Number of people."""
        return len(self.staff)


@dataclass(frozen=True, slots=True)
class Miss:
    """Somebody whom a single rule keeps from an open place."""

    staff: str
    rule: str
    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class OpenPlaces:
    """A shift that is short: its reasons count every staff member once, most people first."""

    shift: str
    short: int
    reasons: tuple[Reason, ...]
    nearest: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class Objection:
    """One rule against one more shift for a person: a required one keeps them off it, a preferred one costs points."""

    rule: str
    label: str
    required: bool
    sentence: str
    points: float


def score(judgement: Judgement, cost_weight: float) -> tuple[RuleScore, ...]:
    """The score by rule, broken required rules first, then by points; `cost_weight` is points per cent of money."""
    groups: dict[tuple[str, str, bool], list[Match]] = defaultdict(list)
    for match in (*judgement.broken, *judgement.matches):
        groups[match.rule, match.label, match.required].append(match)
    scores = []
    for (rule, label, required), matches in groups.items():
        cents = sum(match.amount for match in matches) if rule == MONEY_RULE else 0.0
        points = cents * cost_weight if rule == MONEY_RULE else sum(match.cost for match in matches)
        ordered = tuple(sorted(matches, key=lambda match: (-match.cost, -match.amount, match.sentence)))
        scores.append(RuleScore(rule, label, required, points, cents, len(matches), ordered))
    return tuple(sorted(scores, key=lambda entry: (not entry.required, -entry.points, entry.label)))


def wages_by_shift(timeline: Timeline) -> dict[str, float]:
    """What each of the person's shifts adds to their wages, in cents and in order of time: overtime falls on the last.

    The figures add up to what the checker says the person costs.
    """
    money = [rule for rule in timeline.staff.rules if any(m.rule == MONEY_RULE for m in rule.check(timeline))]
    wages: dict[str, float] = {}
    before = 0.0
    taken: tuple[Shift, ...] = ()
    for shift in sorted(timeline.assigned, key=lambda shift: (shift.start, shift.id)) if money else ():
        taken = (*taken, shift)
        so_far = Timeline(timeline.staff, timeline.calendar, taken)
        total = sum(m.amount for rule in money for m in rule.check(so_far) if m.rule == MONEY_RULE)
        wages[shift.id] = total - before
        before = total
    return wages


def objections(timeline: Timeline, shift: Shift) -> list[Objection]:
    """What every rule has against giving this person one more shift, in the order of their rules."""
    return Person(timeline).objections(shift)


def ledger(problem: Problem, assignments: Assignments, judgement: Judgement) -> tuple[OpenPlaces, ...]:
    """For every short shift, everybody counted once under the first rule that rules them out."""
    if not judgement.shortfalls:
        return ()
    given: dict[str, list[Shift]] = defaultdict(list)
    for staff_id, shift_id in sorted(assignments):
        given[staff_id].append(problem.shifts[problem.shift_index[shift_id]])
    people = [Person(problem.timeline(staff, given[staff.id])) for staff in problem.staff]
    spent = problem.budget_cents is not None and judgement.cents >= 0.98 * problem.budget_cents
    return tuple(
        _open_places(problem.shifts[problem.shift_index[entry.shift]], entry.short, people, spent)
        for entry in judgement.shortfalls
    )


def _open_places(shift: Shift, short: int, people: Iterable[Person], spent: bool) -> OpenPlaces:
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    nearest = []
    for person in people:
        staff = person.timeline.staff
        if shift.id in person.timeline.own:
            groups[ASSIGNED].append((staff.id, f"{staff.name} is already on this shift."))
            continue
        against = person.objections(shift)
        required = [objection for objection in against if objection.required]
        if required:
            first = required[0]
            groups[first.rule, first.label].append((staff.id, first.sentence))
            if len({objection.rule for objection in required}) == 1:
                nearest.append(Miss(staff.id, first.rule, first.label, first.sentence))
        else:
            key, sentence = _open_though_free(staff, shift, against, spent)
            groups[key].append((staff.id, sentence))
    reasons = [
        Reason(rule, label, tuple(staff for staff, _ in found), found[0][1]) for (rule, label), found in groups.items()
    ]
    reasons.sort(key=lambda reason: (-reason.count, reason.label))
    return OpenPlaces(shift.id, short, tuple(reasons), tuple(nearest))


def _open_though_free(staff: Staff, shift: Shift, against: list[Objection], spent: bool) -> tuple[tuple[str, str], str]:
    if spent:
        return BUDGET, f"{staff.name} could work it, but the budget is spent."
    points = sum(objection.points for objection in against)
    if points > shift.under_cost:
        return (
            DEAR,
            f"{staff.name} could work it at {points:,.0f} points; the open place costs {shift.under_cost:,.0f}.",
        )
    return FREE, f"{staff.name} could work it; a longer search or an assignment by hand would fill it."


@dataclass(frozen=True)
class Person:
    """A person's timeline with what their rules say of it already, so that one more shift can be judged against it."""

    timeline: Timeline

    @cached_property
    def before(self) -> dict[tuple[str, str, bool], tuple[float, frozenset[str]]]:
        """Cost or units, and sentences, of every rule as the timeline stands."""
        return _by_rule(judge_person(self.timeline))

    def objections(self, shift: Shift) -> list[Objection]:
        """What changes for the worse with the shift, in the order of the person's rules."""
        timeline = self.timeline
        longer = Timeline(timeline.staff, timeline.calendar, (*timeline.assigned, shift))
        after = judge_person(longer)
        totals = _by_rule(after)
        found = []
        for key, (units, _) in totals.items():
            known, sentences = self.before.get(key, (0.0, frozenset()))
            if units > known + 1e-9:
                rule, label, required = key
                fresh = [match.sentence for match in after if _key(match) == key and match.sentence not in sentences]
                points = 0.0 if required or rule == MONEY_RULE else units - known
                found.append(Objection(rule, label, required, fresh[0] if fresh else label, points))
        return found


def _key(match: Match) -> tuple[str, str, bool]:
    return match.rule, match.label, match.required


def _by_rule(matches: list[Match]) -> dict[tuple[str, str, bool], tuple[float, frozenset[str]]]:
    totals: dict[tuple[str, str, bool], tuple[float, frozenset[str]]] = {}
    for match in matches:
        units, sentences = totals.get(_key(match), (0.0, frozenset()))
        amount = match.amount if match.required else match.cost
        totals[_key(match)] = (units + amount, sentences | {match.sentence})
    return totals
