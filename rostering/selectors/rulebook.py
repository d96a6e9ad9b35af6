"""Which rules bind whom in a roster: those nobody has to set up, organization-wide ones, and those of each contract."""

from __future__ import annotations

from collections import defaultdict

from rostering.models import Assignment, OvertimeTier, Roster, Rule, Staff
from rostering.rules import registry
from rostering.rules.base import BaseRule
from rostering.rules.cost import Cost, Overtime
from rostering.rules.fairness import Fairness, standard
from rostering.rules.stability import Stability
from rostering.solver.problem import PairRule
from rostering.solver.problem import Rule as SolverRule

Bound = tuple[tuple[PairRule, ...], tuple[SolverRule, ...]]
"""A person's rules on single shifts, and all others."""


class Rulebook:
    """The rules of one roster, read in at most three queries; people of one contract share their rules.

    Fairness by the organization's weight binds everybody whose contract has no fairness rule of its own.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._rows: dict[int | None, list[BaseRule]] = defaultdict(list)
        for row in Rule.objects.owned_by(roster.organization).order_by("kind", "pk"):
            rule = registry.build(row.kind, start=roster.start_date, **row.columns)
            self._rows[row.contract_id].append(rule)
        self._tiers: dict[int, list[Overtime]] = defaultdict(list)
        for tier in OvertimeTier.objects.owned_by(roster.organization).order_by("after_minutes"):
            self._tiers[tier.contract_id].append(Overtime(tier.after_minutes, tier.premium_percent))
        self._base = self._read_base()
        self._by_contract: dict[int, list[BaseRule]] = {}

    def of(self, person: Staff) -> Bound:
        """The rules of one person."""
        if person.contract_id not in self._by_contract:
            self._by_contract[person.contract_id] = self._of_contract(person)
        rules = self._by_contract[person.contract_id]
        if self._base is not None:
            weight = self._roster.organization.change_weight
            rules = [*rules, Stability(weight=weight, base=frozenset(self._base[person.pk]))]
        return registry.split(rules)

    def _of_contract(self, person: Staff) -> list[BaseRule]:
        contract = person.contract
        rules = [*registry.defaults(), *self._rows[None], *self._rows[contract.pk]]
        if not any(isinstance(rule, Fairness) for rule in rules):
            rules += standard(self._roster.organization.fairness_weight)
        rules.append(
            Cost(
                overtime=tuple(self._tiers[contract.pk]),
                sunday_percent=contract.sunday_premium_percent,
                holiday_percent=contract.holiday_premium_percent,
            )
        )
        return rules

    def _read_base(self) -> dict[int, set[str]] | None:
        """Who had what in the base roster, for shifts that may be in this one; None without a base."""
        if self._roster.base_id is None:
            return None
        base: dict[int, set[str]] = defaultdict(set)
        for staff, shift in Assignment.objects.filter(roster=self._roster.base_id).values_list("staff_id", "shift_id"):
            base[staff].add(str(shift))
        return base
