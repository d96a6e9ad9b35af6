"""Rows into rules: validation in sentences, defaults that work, no Django inside."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import pytest

from rostering.rules import registry
from rostering.rules.kinds import COLUMNS

FITTING: dict[str, dict[str, Any]] = {
    "succession": {"shift_types": ["N"], "then_types": ["E"]},
    "premium": {"tags": ["night"]},
}


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_kind_builds_from_its_defaults_and_says_so_in_a_sentence(kind: str) -> None:
    row: dict[str, Any] = dict(registry.KINDS[kind].defaults) | FITTING.get(kind, {})
    assert registry.validate(kind, row) == {}
    rule = registry.build(kind, **row)
    assert rule.kind == kind
    assert rule.sentence().endswith(".") and rule.sentence()[0].isupper()
    assert rule.label


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_kind_reads_only_columns_a_row_has_and_explains_each(kind: str) -> None:
    spec = registry.KINDS[kind]
    assert set(spec.columns) <= set(COLUMNS)
    assert all(spec.columns.values()) and spec.help and spec.label
    assert {*spec.needs, *spec.one_of, *spec.least} <= set(spec.columns)


@pytest.mark.parametrize(
    ("kind", "row", "column", "sentence"),
    [
        ("rest", {}, "minimum", "Rest between shifts needs a minimum, in minutes."),
        ("rest", {"minimum": 0}, "minimum", "The minimum of rest between shifts must be at least 1, in minutes."),
        ("rest", {"minimum": 660.5}, "minimum", "The minimum of rest between shifts must be a whole number."),
        (
            "rest",
            {"minimum": 660, "maximum": 9},
            "maximum",
            "Rest between shifts has no use for a maximum; leave it empty.",
        ),
        (
            "minutes",
            {"period": "week"},
            "minimum",
            "Working time per period needs a minimum or a maximum, in minutes.",
        ),
        ("minutes", {"minimum": 9, "maximum": 5}, "maximum", "The maximum, 5, is below the minimum, 9."),
        (
            "minutes",
            {"maximum": 5, "period": "rolling"},
            "period_days",
            "Working time per period over a rolling period needs its length, in days.",
        ),
        (
            "minutes",
            {"maximum": 5, "period": "week", "period_days": 7},
            "period_days",
            "Only a rolling period has a length in days; this one is per week.",
        ),
        ("minutes", {"maximum": 5, "period": "year"}, "period", "The period of working time per period must be one of"),
        (
            "weekends",
            {"maximum": 1, "period": "day"},
            "period",
            "The period of weekends per period must be roster, month or",
        ),
        ("succession", {"tags": ["night"]}, "then_types", "Forbidden succession needs a following shift type."),
        ("succession", {"then_types": ["E"]}, "tags", "Forbidden succession needs a tag or a shift type."),
        ("shifts", {"maximum": 1, "tags": "night"}, "tags", "The tag of shifts per period must be a list of words."),
        ("shifts", {"maximum": 1, "weight": -1}, "weight", "The weight of shifts per period must not be negative."),
        (
            "shifts",
            {"maximum": 1, "weight": float("nan")},
            "weight",
            "The weight of shifts per period must be a number.",
        ),
        (
            "shifts",
            {"maximum": 1, "valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)},
            "valid_until",
            "The last date, 2026-01-01, lies before the first, 2026-02-01.",
        ),
        ("shifts", {"maximum": 1, "colour": 1}, "colour", "Shifts per period has no “colour”; a rule has minimum,"),
        ("breaks", {}, "kind", "“breaks” is not a kind of rule; the kinds are availability,"),
    ],
)
def test_bad_rows_are_told_column_by_column(kind: str, row: dict[str, Any], column: str, sentence: str) -> None:
    errors = registry.validate(kind, row)
    assert list(errors) == [column]
    assert errors[column].startswith(sentence)
    with pytest.raises(registry.RuleError) as caught:
        registry.build(kind, **row)
    assert caught.value.errors == errors


def test_empty_columns_of_a_database_row_count_as_left_out() -> None:
    row = dict.fromkeys(("minimum", "maximum", "period_days", "valid_from", "valid_until")) | {"minimum": 660}
    lists: dict[str, Any] = {name: [] for name in ("tags", "shift_types", "then_types")}
    assert registry.validate("rest", {**row, **lists, "period": "roster", "required": True, "weight": 10.0}) == {}


def test_the_same_rule_twice_binds_once() -> None:
    twice = [registry.build("rest", minimum=660), registry.build("rest", minimum=660)]
    assert len(registry.split(twice)[1]) == 1


def test_rules_import_neither_django_nor_a_solver() -> None:
    code = "import sys, rostering.rules.registry; print({'django', 'pulp', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
