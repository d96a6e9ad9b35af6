"""The least by which a rule would have to give way to one person's work; what searches for remedies ask of rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from rostering.solver.problem import Staff, Timeline

EasingKind = Literal["limit", "site", "employment", "leave", "certification"]


@dataclass(frozen=True, slots=True)
class Easing:
    """One change of one person under which a rule has nothing against their work.

    `size` compares easings of one kind: the share of a limit, days of employment, hours of leave, certifications.
    `staff` is the person with the change made, `sentence` says it as a proposal.
    """

    kind: EasingKind
    size: float
    sentence: str
    staff: Staff


@runtime_checkable
class Easable(Protocol):
    """A rule that knows its least relaxation."""

    def ease(self, timeline: Timeline) -> Easing | None:
        """The least change under which the rule does not object to the timeline; None when no single one would do."""
        ...
