"""Every kind of rule by its code: what the admin offers, how a row is validated, how it becomes a rule.

To add a kind, write its file with a `KIND` and list it here. No Django inside: models and library users import it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from rostering.rules import (
    availability,
    certification,
    complete_weekends,
    consecutive_days,
    consecutive_days_off,
    consecutive_weekends,
    continuity,
    days,
    employment,
    fairness,
    minutes,
    one_shift_per_day,
    overlap,
    preferred_site,
    premium,
    rest,
    shifts,
    site_access,
    sites,
    succession,
    travel,
    weekends,
    wishes,
)
from rostering.rules.base import BasePairRule, BaseRule
from rostering.rules.kinds import RuleKind
from rostering.rules.validation import RuleError, errors_of, read_columns
from rostering.solver.problem import PairRule, Rule

_MODULES = (
    certification,
    availability,
    employment,
    site_access,
    overlap,
    one_shift_per_day,
    rest,
    succession,
    minutes,
    shifts,
    days,
    consecutive_days,
    consecutive_days_off,
    weekends,
    consecutive_weekends,
    complete_weekends,
    sites,
    travel,
    wishes,
    preferred_site,
    continuity,
    fairness,
    premium,
)

KINDS: dict[str, RuleKind] = {module.KIND.code: module.KIND for module in _MODULES}
"""The kinds a row may be of. Wages (`cost`) and stability are no rows: contracts and the roster's base say them."""

WANTED_CERTIFICATION_WEIGHT = 50.0
"""Points for a shift worked without a certification that does not block; an unfilled place costs hundreds."""

__all__ = ["KINDS", "WANTED_CERTIFICATION_WEIGHT", "RuleError", "build", "defaults", "split", "validate"]


def validate(kind: str, columns: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with a row, as a sentence for each column at fault; empty when it makes a rule.

    Columns left out count as empty; unknown names are a fault of theirs.
    """
    if kind not in KINDS:
        return {"kind": f"“{kind}” is not a kind of rule; the kinds are {', '.join(sorted(KINDS))}."}
    return errors_of(KINDS[kind], columns)


def build(kind: str, *, start: date | None = None, **columns: object) -> BaseRule:
    """The rule of a row. `start` is the roster's first local date: rules on single shifts need it to know their dates.

    Raises RuleError, a ValueError with a sentence for each column at fault.
    """
    errors = validate(kind, columns)
    if errors:
        raise RuleError(errors)
    rule = KINDS[kind].make(read_columns(columns))
    return rule.dated(start) if isinstance(rule, BasePairRule) else rule


def defaults() -> tuple[BaseRule, ...]:
    """The rules that bind everybody whatever their contract says; nothing switches them off.

    Beside the required ones, wished-for certifications and the wishes of staff count by their weights.
    """
    return (
        certification.Certification(),
        availability.Availability(),
        employment.Employment(),
        site_access.SiteAccess(),
        overlap.Overlap(),
        certification.Certification(required=False, weight=WANTED_CERTIFICATION_WEIGHT),
        wishes.Wishes(),
    )


def split(rules: Iterable[BaseRule]) -> tuple[tuple[PairRule, ...], tuple[Rule, ...]]:
    """Rules as a person carries them: those on single shifts (`Staff.pair_rules`) and all others (`Staff.rules`).

    The same rule twice counts once. Of several rules on wishes, or on wished-for certifications, the last one counts:
    a contract's own weight takes the place of the default's.
    """
    kept: dict[object, BaseRule] = {}
    for rule in rules:
        single = isinstance(rule, wishes.Wishes) or (
            isinstance(rule, certification.Certification) and not rule.required
        )
        kept[(rule.kind, rule.required) if single else rule] = rule
    pairs = tuple(rule for rule in kept.values() if isinstance(rule, BasePairRule))
    return pairs, tuple(rule for rule in kept.values() if not isinstance(rule, BasePairRule))
