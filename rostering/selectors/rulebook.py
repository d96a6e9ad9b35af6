"""Which rules bind whom in a roster: those nobody has to set up, organization-wide ones, and those of each contract."""

from __future__ import annotations

from collections import defaultdict

from rostering.models import Roster, Rule, Staff
from rostering.rules import registry
from rostering.rules.base import BaseRule
from rostering.solver.problem import PairRule
from rostering.solver.problem import Rule as SolverRule

Bound = tuple[tuple[PairRule, ...], tuple[SolverRule, ...]]
"""A person's rules on single shifts, and all others."""


class Rulebook:
    """The rules of one roster, read in two queries; people of one contract share their rules."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._by_contract: dict[int | None, list[BaseRule]] = defaultdict(list)
        for row in Rule.objects.owned_by(roster.organization).order_by("kind", "pk"):
            rule = registry.build(row.kind, start=roster.start_date, **row.columns)
            self._by_contract[row.contract_id].append(rule)
        self._bound: dict[int, list[BaseRule]] = {}

    def of(self, person: Staff) -> Bound:
        """The rules of one person."""
        if person.contract_id not in self._bound:
            self._bound[person.contract_id] = self._contract_rules(person)
        return registry.split(self._bound[person.contract_id])

    def _contract_rules(self, person: Staff) -> list[BaseRule]:
        return [*registry.defaults(), *self._by_contract[None], *self._by_contract[person.contract_id]]
