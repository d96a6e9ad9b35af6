"""Why a roster is as it is: its score rule by rule, and for every open place the rule that rules each person out.

What would fill a place is found by `remedies`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from rostering.solver.checker import MONEY_RULE, judge_person
from rostering.solver.problem import Match, Problem, Rule, Shift, Staff, Timeline
from rostering.solver.result import Assignments, Judgement

Key = tuple[str, str, bool]
"""What matches are told together by: kind, label, required."""

NEAREST_KEPT = 20
"""Nearest misses kept for a shift."""
MOST_TRIED = 60
"""Of those whom one rule on single shifts keeps from it, so many are looked at for being nearest misses."""

ASSIGNED = ("assigned", "Already on this shift")
BUDGET = ("budget", "Beyond the budget")
DEAR = ("dear", "Costs more than the open place")
FREE = ("free", "Could work it")


@dataclass(frozen=True, slots=True)
class RuleScore:
    """One rule's part of the score: `points`, or `cents` for money; the largest matches first.

    `weights` are the different points a unit costs, as contracts differ; none for required rules. `meanings` are the
    rules behind it, each in a sentence.
    """

    rule: str
    label: str
    required: bool
    weights: tuple[float, ...]
    meanings: tuple[str, ...]
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


@runtime_checkable
class Worded(Protocol):
    """A rule that can say itself."""

    def sentence(self) -> str:
        """The rule in one sentence."""
        ...


def score(problem: Problem, judgement: Judgement) -> tuple[RuleScore, ...]:
    """The score by rule: broken required rules first, then by points."""
    behind = _rules_behind(problem)
    groups: dict[Key, list[Match]] = defaultdict(list)
    for match in (*judgement.broken, *judgement.matches):
        groups[_key(match)].append(match)
    scores = []
    for (kind, label, required), matches in groups.items():
        money = kind == MONEY_RULE
        cents = sum(match.amount for match in matches) if money else 0.0
        scores.append(
            RuleScore(
                rule=kind,
                label=label,
                required=required,
                weights=_weights(problem, matches, behind[kind, label, required]),
                meanings=tuple(sorted({r.sentence() for r in behind[kind, label, required] if isinstance(r, Worded)})),
                points=cents * problem.cost_weight if money else sum(match.cost for match in matches),
                cents=cents,
                count=len(matches),
                matches=tuple(sorted(matches, key=lambda match: (-match.cost, -match.amount, match.sentence))),
            )
        )
    return tuple(sorted(scores, key=lambda entry: (not entry.required, -entry.points, entry.label)))


def _rules_behind(problem: Problem) -> dict[Key, list[Rule]]:
    """Everybody's rules by what their matches are grouped by; what is paid for carries the money rule's name."""
    known: dict[int, Rule] = {}
    for staff in problem.staff:
        known.update((id(rule), rule) for rule in (*staff.pair_rules, *staff.rules))
    behind: dict[Key, list[Rule]] = defaultdict(list)
    for rule in known.values():
        for kind in {rule.kind, MONEY_RULE}:
            behind[kind, rule.label, rule.required].append(rule)
    return behind


def _weights(problem: Problem, matches: list[Match], behind: list[Rule]) -> tuple[float, ...]:
    """The rules' weights; for money that of a unit of the currency, for places what one costs."""
    if matches[0].required:
        return ()
    if matches[0].rule == MONEY_RULE:
        return (100 * problem.cost_weight,)
    costs = {rule.weight for rule in behind} or {round(match.cost / match.amount, 6) for match in matches}
    return tuple(sorted(costs))


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
    nearest: list[Miss] = []
    tried = 0
    for person in people:
        staff = person.timeline.staff
        if shift.id in person.timeline.own:
            groups[ASSIGNED].append((staff.id, f"{staff.name} is already on this shift."))
            continue
        barred = _barred(staff, shift)
        tried += len(barred) == 1
        several = len({kind for kind, _ in barred}) > 1
        if several or (barred and (tried > MOST_TRIED or len(nearest) >= NEAREST_KEPT)):
            first_rule, told = next(iter(barred.items()))
            groups[first_rule].append((staff.id, told))
            continue
        against = person.objections(shift)
        required = [objection for objection in against if objection.required]
        if required:
            first = required[0]
            groups[first.rule, first.label].append((staff.id, first.sentence))
            if len({objection.rule for objection in required}) == 1 and len(nearest) < NEAREST_KEPT:
                nearest.append(Miss(staff.id, first.rule, first.label, first.sentence))
        else:
            key, sentence = _open_though_free(staff, shift, against, spent)
            groups[key].append((staff.id, sentence))
    reasons = [
        Reason(rule, label, tuple(staff for staff, _ in found), found[0][1]) for (rule, label), found in groups.items()
    ]
    reasons.sort(key=lambda reason: (-reason.count, reason.label))
    return OpenPlaces(shift.id, short, tuple(reasons), tuple(nearest))


def _barred(staff: Staff, shift: Shift) -> dict[tuple[str, str], str]:
    """The required rules on single shifts that keep the person from this one, in order, each with its sentence."""
    found: dict[tuple[str, str], str] = {}
    for rule in staff.pair_rules:
        sentence = rule.objection(staff, shift) if rule.required else None
        if sentence is not None:
            found.setdefault((rule.kind, rule.label), sentence)
    return found


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


def _key(match: Match) -> Key:
    return match.rule, match.label, match.required


def _by_rule(matches: list[Match]) -> dict[tuple[str, str, bool], tuple[float, frozenset[str]]]:
    totals: dict[tuple[str, str, bool], tuple[float, frozenset[str]]] = {}
    for match in matches:
        units, sentences = totals.get(_key(match), (0.0, frozenset()))
        amount = match.amount if match.required else match.cost
        totals[_key(match)] = (units + amount, sentences | {match.sentence})
    return totals
