"""Rules of contracts and of the whole organization."""

from __future__ import annotations

from typing import Any

from rostering.models import Rule
from rostering.resources.base import OrganizationResource
from rostering.resources.cells import Cell, Day, Flag, Number, One, Whole, Words, as_text
from rostering.resources.rows import Column, Row
from rostering.rules import registry

DEFAULT_WEIGHT = 10.0


class RuleResource(OrganizationResource):
    """Rules of a contract, or of everybody; docs/rules.md says which columns each kind reads."""

    file_name = "rules"
    key = (
        "contract",
        "kind",
        "period",
        "period_days",
        "tags",
        "shift_types",
        "then_types",
        "required",
        "valid_from",
    )
    examples = [
        {"kind": "rest", "minimum": 660},
        {"kind": "succession", "tags": "night", "then_types": "EARLY", "period_days": 1},
        {"contract": "Full time", "kind": "minutes", "maximum": 2880, "period": "week"},
        {"contract": "Part time", "kind": "consecutive_days_off", "minimum": 2, "required": "no", "weight": 5},
    ]

    contract = Column(
        One("contract"), "Name of the contract; empty: everybody in the organization.", attribute="contract"
    )
    kind = Column(Cell(), "Such as `rest`, `minutes` or `weekends`.", attribute="kind", required=True)
    minimum = Column(Whole(), "The least, in the kind's unit.", attribute="minimum")
    maximum = Column(Whole(), "The most, in the kind's unit.", attribute="maximum")
    period = Column(Cell(), "`day`, `week`, `month`, `roster` or `rolling`; empty: by kind.", attribute="period")
    period_days = Column(Whole(minimum=1, maximum=366), "Days of a rolling period.", attribute="period_days")
    tags = Column(Words(), "Speaks of shifts with one of these tags alone.", attribute="tags", empty=())
    shift_types = Column(Words(), "Speaks of these shift types alone.", attribute="shift_types", empty=())
    then_types = Column(Words(), "Shift types that may not follow.", attribute="then_types", empty=())
    required = Column(Flag(), "`no`: breaking it costs the weight. Empty: by kind.", attribute="required")
    weight = Column(Number(), "Points for each unit by which it is broken; empty: by kind.", attribute="weight")
    valid_from = Column(Day(), "First date it holds; empty: always.", attribute="valid_from")
    valid_until = Column(Day(), "Last date it holds; empty: for ever.", attribute="valid_until")

    class Meta:
        model = Rule

    def build(self, row: Row) -> dict[str, Any]:
        """With what the kind says where cells are empty; what identifies a rule is always known."""
        values: dict[str, Any] = {
            **dict.fromkeys(("contract", "period_days", "valid_from")),
            **{name: [] for name in ("tags", "shift_types", "then_types")},
            **super().build(row),
        }
        kind = registry.KINDS.get(values["kind"])
        if kind is None:
            row.wrong("kind", registry.validate(values["kind"], {})["kind"])
            return values
        by_kind = {
            "period": (*kind.periods, "roster")[0],
            "required": True if kind.required is None else kind.required,
            "weight": DEFAULT_WEIGHT,
            "period_days": None,
            **{name: value for name, value in kind.defaults.items() if name not in ("minimum", "maximum")},
        }
        for name, value in by_kind.items():
            if not as_text(row.cells.get(name)):
                known = values if name in row.cells or name in self.key else row.defaults
                known[name] = value
        for name in ("tags", "shift_types", "then_types"):
            values[name] = list(values[name])
        return values

    def check(self, row: Row) -> None:
        """What the kind itself asks of its columns, and shift types that exist."""
        rule: Rule = row.instance
        for name, sentence in registry.validate(rule.kind, rule.columns).items():
            row.wrong(name, sentence)
        for name in ("shift_types", "then_types"):
            for code in getattr(rule, name):
                try:
                    self.fields[name].widget.lookups.find("shift_type", code)
                except ValueError as error:
                    row.wrong(name, str(error))
