"""What services say no with; admin and API turn each into its status, always with the sentence.

A wrong field is Django's `ValidationError` (400). What another organization owns is `DoesNotExist` (404).
"""

from __future__ import annotations

from collections.abc import Sequence


class Conflict(Exception):  # noqa: N818 – named for the answer it becomes: 409
    """The request is well-formed but cannot be done now; nothing was changed.

    `violations` lists each reason as a sentence of its own.
    """

    def __init__(self, sentence: str, violations: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.violations = list(violations)


class NoOrganization(Exception):  # noqa: N818 – a state of the user, not a fault
    """The user belongs to no organization, or has not said which of several is meant."""


class ForeignOrganization(Exception):  # noqa: N818 – becomes a 403
    """The request names an organization or user other than the caller's own."""
