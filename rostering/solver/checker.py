"""The independent judge: every roster, whoever made it, is held against every rule here and nowhere else.

It reads rules through `check` alone, never through their encodings, so a wrong encoding cannot hide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rostering.solver.problem import Match, Problem, Shift, Staff, Timeline
from rostering.solver.result import Judgement, Shortfall

MONEY_RULE = "cost"
"""Kind of the rules whose matches are money: their `amount` is cents."""


def judge(problem: Problem, assignments: Iterable[tuple[str, str]]) -> Judgement:
    """Judge a roster given as (staff id, shift id) pairs.

    Raises KeyError for an id the problem does not know: such a roster is not a roster of this problem.
    """
    by_staff: dict[str, list[Shift]] = defaultdict(list)
    count: dict[str, int] = defaultdict(int)
    for staff_id, shift_id in sorted(set(assignments)):
        by_staff[staff_id].append(problem.shifts[problem.shift_index[shift_id]])
        count[shift_id] += 1
    for staff_id in by_staff:
        problem.staff_index[staff_id]
    matches: list[Match] = []
    for staff in problem.staff:
        matches.extend(judge_person(problem.timeline(staff, by_staff.get(staff.id, []))))
    return verdict(problem, count, matches)


def verdict(problem: Problem, count: Mapping[str, int], found: Iterable[Match]) -> Judgement:
    """The judgement from everyone's matches (`judge_person`) and the number of people on each shift, by shift id."""
    matches = list(found)
    money = [match for match in matches if match.rule == MONEY_RULE]
    cents = round(sum(match.amount for match in money))
    matches.extend(_cover(problem, count))
    matches.extend(_budget(problem, cents))
    penalties = tuple(match for match in matches if not match.required and match.rule != MONEY_RULE)
    return Judgement(
        objective=sum(match.cost for match in penalties) + problem.cost_weight * sum(match.amount for match in money),
        matches=tuple(match for match in matches if not match.required),
        broken=tuple(match for match in matches if match.required),
        shortfalls=tuple(_shortfalls(problem, count)),
        cents=cents,
        minutes=sum(shift.paid_minutes * count.get(shift.id, 0) for shift in problem.shifts),
        places=sum(shift.headcount for shift in problem.shifts),
        filled=sum(min(shift.headcount, count.get(shift.id, 0)) for shift in problem.shifts),
    )


def judge_person(timeline: Timeline) -> list[Match]:
    """Every match of one person's rules; the part of `judge` that manual edits and explanations call."""
    matches: list[Match] = []
    for shift in timeline.assigned:
        matches.extend(_pair_matches(timeline.staff, shift))
    for rule in timeline.staff.rules:
        matches.extend(rule.check(timeline))
    return matches


def _pair_matches(staff: Staff, shift: Shift) -> Iterable[Match]:
    for rule in staff.pair_rules:
        sentence = rule.objection(staff, shift)
        if sentence is not None:
            cost = 0.0 if rule.required else rule.weight
            yield Match(rule.kind, rule.label, rule.required, staff.id, sentence, cost, 1.0, (shift.id,), shift.day)


def _shortfalls(problem: Problem, count: Mapping[str, int]) -> Iterable[Shortfall]:
    for shift in problem.shifts:
        short = shift.headcount - count.get(shift.id, 0)
        if short > 0:
            yield Shortfall(shift.id, short, short * shift.under_cost)


def _cover(problem: Problem, count: Mapping[str, int]) -> Iterable[Match]:
    for shift in problem.shifts:
        extra = count.get(shift.id, 0) - shift.headcount
        if extra < 0:
            sentence = f"{shift.label or shift.id}: {-extra} of {shift.headcount} places unfilled."
            yield _coverage_match(shift, sentence, -extra * shift.under_cost, -extra)
        elif extra > 0 and shift.over_cost is None:
            sentence = f"{shift.label or shift.id}: {extra} more than the {shift.headcount} places."
            yield _coverage_match(shift, sentence, 0.0, extra, required=True)
        elif extra > 0:
            sentence = f"{shift.label or shift.id}: {extra} more than the {shift.headcount} wanted."
            yield _coverage_match(shift, sentence, extra * (shift.over_cost or 0.0), extra)


def _coverage_match(shift: Shift, sentence: str, cost: float, amount: int, required: bool = False) -> Match:
    return Match("coverage", "Coverage", required, None, sentence, cost, amount, (shift.id,), shift.day)


def _budget(problem: Problem, cents: int) -> Iterable[Match]:
    if problem.budget_cents is not None and cents > problem.budget_cents:
        over = cents - problem.budget_cents
        budget = f"{problem.budget_cents / 100:,.2f} {problem.currency}"
        sentence = f"Wages exceed the budget of {budget} by {over / 100:,.2f}."
        yield Match("budget", "Budget", True, None, sentence, 0.0, over)
