"""The columns of a rule's database row, and what each kind of rule says about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import get_args

from rostering.rules.base import BaseRule, Scope
from rostering.solver.problem import Period

PERIODS: tuple[Period, ...] = get_args(Period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """One row: the parameters of every kind share these columns; minutes, counts and days are integers."""

    minimum: int | None = None
    maximum: int | None = None
    period: Period = "roster"
    period_days: int | None = None
    tags: Sequence[str] = ()
    shift_types: Sequence[str] = ()
    then_types: Sequence[str] = ()
    required: bool = True
    weight: float = 1.0
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def scope(self) -> Scope:
        """The shifts and dates the row speaks of."""
        return Scope(frozenset(self.tags), frozenset(self.shift_types), self.valid_from, self.valid_until)


COLUMNS = tuple(column.name for column in fields(Columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKind:
    """What a kind of rule is called, which columns it reads (with their units in words), and how to build it.

    `uses` names the columns with a help text each; `needs` are those that must be given, `one_of` those of which at
    least one must. `periods` are the periods it accepts. `required` is True or False where the kind leaves no choice.
    `least` is the smallest number each limit may be, `units` what limits are counted in.
    """

    code: str
    label: str
    help: str
    make: Callable[[Columns], BaseRule]
    uses: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)
    required: bool | None = None
    least: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    pair: bool = False
    scoped: bool = True
    dated: bool = True
    weight_help: str = "Points for each unit by which the rule is broken."

    @property
    def columns(self) -> Mapping[str, str]:
        """Every column the kind reads, with its help text."""
        scope = {"tags": TAGS_HELP, "shift_types": TYPES_HELP} if self.scoped else {}
        dates = {"valid_from": FROM_HELP, "valid_until": UNTIL_HELP} if self.dated else {}
        period = {"period": PERIOD_HELP} if self.periods else {}
        rolling = {"period_days": ROLLING_HELP} if "rolling" in self.periods else {}
        weight = {"weight": self.weight_help} if self.required is not True else {}
        required = {"required": REQUIRED_HELP} if self.required is None else {}
        return {**period, **rolling, **scope, **required, **weight, **dates, **self.uses}


TAGS_HELP = "Counts only shifts with one of these tags; empty for all."
TYPES_HELP = "Counts only these shift types; empty for all."
FROM_HELP = "First date the rule holds, by the day a shift starts; empty for always."
UNTIL_HELP = "Last date the rule holds, included; empty for ever."
PERIOD_HELP = "What the limit is counted over."
ROLLING_HELP = "Length of a rolling period, in days."
REQUIRED_HELP = "A required rule is never broken; a preferred one costs its weight in points."
