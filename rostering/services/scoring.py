"""What a roster is worth: judged as it stands, and its figures, score and gap ledger written beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from rostering.models import Assignment, Gap, Roster
from rostering.rules.registry import KINDS
from rostering.selectors.problems import Loaded, load_problem
from rostering.solver.checker import judge
from rostering.solver.explain import OpenPlaces, RuleScore, ledger, score, wages_by_shift
from rostering.solver.problem import Shift
from rostering.solver.remedies import all_remedies
from rostering.solver.remedy import Found, Remedy
from rostering.solver.result import Assignments, Judgement
from rostering.solver.standing import Pair, Standing

MATCHES_KEPT = 100
MEANINGS_KEPT = 10
SECONDS_AFTER_AN_EDIT = 1.0
"""How long an edit waits for what would fill the places still open; nobody is moved about for it."""
UNITS = {
    "coverage": "Points for each place unfilled, or for each person too many.",
    "cost": "Points for each unit of the currency.",
    "stability": "Points for each shift gained or lost.",
}
"""What a weight is for, where no kind of rule says it."""


@dataclass(frozen=True)
class Judged:
    """A roster's problem, who works what in it, and the checker's verdict."""

    loaded: Loaded
    assignments: Assignments
    judgement: Judgement


def judge_roster(roster: Roster) -> Judged:
    """Judge the assignments a roster has now; those on shifts no longer in its scope are left out."""
    loaded = load_problem(roster)
    rows = Assignment.objects.filter(roster=roster).values_list("staff_id", "shift_id")
    pairs = frozenset((str(person), str(shift)) for person, shift in rows if shift in loaded.shifts)
    return Judged(loaded, pairs, judge(loaded.problem, pairs))


def refresh(*, roster: Roster) -> Judgement:
    """Judge a roster again after an edit and rewrite its figures, score and gaps; the solver's bound is kept."""
    judged = judge_roster(roster)
    write_figures(roster=roster, judged=judged)
    return judged.judgement


def write_figures(*, roster: Roster, judged: Judged, remedies: Mapping[str, Found] | None = None) -> None:
    """Store what a judgement says of a roster: coverage, cost, hours, objective, score, gaps. One transaction.

    `remedies` by shift id go with the gaps; without them, those found at once do.
    """
    judgement = judged.judgement
    with transaction.atomic():
        roster.objective = judgement.objective
        roster.coverage = judgement.coverage
        roster.places, roster.filled = judgement.places, judgement.filled
        roster.cost_cents, roster.paid_minutes = judgement.cents, judgement.minutes
        roster.score = [_score_row(entry) for entry in score(judged.loaded.problem, judgement)]
        roster.save(update_fields=["objective", "coverage", "places", "filled", "cost_cents", "paid_minutes", "score"])
        _write_wages(roster, judged)
        Gap.objects.filter(roster=roster).delete()
        entries = ledger(judged.loaded.problem, judged.assignments, judgement)
        found = quick_remedies(judged) if remedies is None else remedies
        Gap.objects.bulk_create(_gap(roster, entry, found.get(entry.shift)) for entry in entries)


def quick_remedies(judged: Judged, seconds: float = SECONDS_AFTER_AN_EDIT) -> dict[str, Found]:
    """What would fill the open places with nobody else moved; by shift id."""
    standing = Standing(judged.loaded.problem, judged.assignments, judged.judgement)
    return all_remedies(standing, seconds=seconds, deep=False)


def _write_wages(roster: Roster, judged: Judged) -> None:
    """Each assignment's part of the wages, in one statement."""
    problem = judged.loaded.problem
    given: dict[str, list[Shift]] = defaultdict(list)
    for staff, shift in judged.assignments:
        given[staff].append(problem.shifts[problem.shift_index[shift]])
    rows = [
        (int(staff), int(shift), round(cents))
        for staff, shifts in given.items()
        for shift, cents in wages_by_shift(problem.timeline(problem.staff[problem.staff_index[staff]], shifts)).items()
    ]
    if not rows:
        return
    people, shifts_, cents_ = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rostering_assignment SET cost_cents = wages.cents"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wages (staff, shift, cents)"
            " WHERE roster_id = %s AND staff_id = wages.staff AND shift_id = wages.shift",
            [people, shifts_, cents_, roster.pk],
        )


def _score_row(entry: RuleScore) -> dict[str, Any]:
    """One rule of the score as stored and shown; at most MATCHES_KEPT of its matches, the largest."""
    return {
        "rule": entry.rule,
        "label": entry.label,
        "required": entry.required,
        "weights": [round(weight, 6) for weight in entry.weights],
        "unit": KINDS[entry.rule].weight_help if entry.rule in KINDS else UNITS.get(entry.rule, ""),
        "meanings": list(entry.meanings[:MEANINGS_KEPT]),
        "points": round(entry.points, 3),
        "cents": round(entry.cents),
        "count": entry.count,
        "matches": [
            {
                "sentence": match.sentence,
                "cost": round(match.cost, 3),
                "units": round(match.amount, 3),
                "staff": int(match.staff) if match.staff else None,
                "shifts": [int(shift) for shift in match.shifts],
            }
            for match in entry.matches[:MATCHES_KEPT]
        ],
    }


def remedy_row(remedy: Remedy) -> dict[str, Any]:
    """A remedy as stored and shown; points, cents, and the assignments that come and go."""
    return {
        "kind": remedy.kind,
        "sentence": remedy.sentence,
        "headline": remedy.change_words or remedy.moves_words,
        "staff": int(remedy.staff) if remedy.staff is not None else None,
        "size": round(remedy.size, 4),
        "points": round(remedy.points, 3),
        "cents": round(remedy.cents),
        "gains": _pair_rows(remedy.moves.gains) if remedy.kind != "hire" else [],
        "losses": _pair_rows(remedy.moves.losses),
        "also": remedy.also,
    }


def _pair_rows(pairs: Iterable[Pair]) -> list[dict[str, int]]:
    return [{"staff": int(staff), "shift": int(shift)} for staff, shift in sorted(pairs)]


def _gap(roster: Roster, places: OpenPlaces, found: Found | None) -> Gap:
    return Gap(
        organization_id=roster.organization_id,
        roster=roster,
        shift_id=int(places.shift),
        short=places.short,
        reasons=[
            {
                "rule": reason.rule,
                "label": reason.label,
                "count": reason.count,
                "staff": [int(staff) for staff in reason.staff],
                "sentence": reason.sentence,
            }
            for reason in places.reasons
        ],
        nearest=[
            {"staff": int(miss.staff), "rule": miss.rule, "label": miss.label, "sentence": miss.sentence}
            for miss in places.nearest
        ],
        remedies=[remedy_row(remedy) for remedy in found.remedies] if found is not None else None,
        remedies_thorough=found is not None and found.thorough,
    )
