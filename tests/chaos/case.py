"""One case: its text (the test's docstring), its installations, and what was measured."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.chaos.stack import Stack

PROPERTY = "chaos"


class Case:
    """Collects a row of the table."""

    def __init__(self, text: str, folder: Path, template: Path, stacks: ExitStack) -> None:
        self.folder, self.template, self._stacks = folder, template, stacks
        self.title, self.breaks, self.proves = parts_of(text)
        self.recovery: list[str] = []
        self._fault_at = 0.0
        self.outcome = ""

    def stack(self, *, settings: Mapping[str, Any] | None = None, **environment: str) -> Stack:
        """A fresh installation of the case's own; `settings` None for the product's defaults."""
        made = Stack(self.folder, template=self.template, settings=settings, **environment)
        return self._stacks.enter_context(made)

    def fault(self) -> None:
        """It breaks now; `recovered` counts from here."""
        self._fault_at = time.monotonic()

    def recovered(self, until: str, *, within: float | None = None) -> None:
        """Put the time since the fault in the table. Raises AssertionError when it is over the bound."""
        self.measured(time.monotonic() - self._fault_at, until, within=within)

    def measured(self, seconds: float, until: str, *, within: float | None = None) -> None:
        """Put a time in the table. Raises AssertionError when it is over the bound."""
        self.remark(f"{seconds:.0f} s {until}" if seconds >= 2 else f"{seconds:.1f} s {until}")
        assert within is None or seconds <= within, f"{seconds:.1f} s {until}; at most {within:g} s are promised"

    def remark(self, text: str) -> None:
        """Put what was found in the table."""
        self.recovery.append(text)

    def row(self) -> dict[str, str]:
        """What the table shows, but for whether it passed."""
        return {
            "case": self.title,
            "breaks": self.breaks,
            "proves": self.proves,
            "recovery": "; ".join(self.recovery) or "–",
            "outcome": self.outcome,
        }


def parts_of(text: str) -> tuple[str, str, str]:
    """Title, what it breaks and what it proves, of a case's docstring. Raises ValueError when a part is missing."""
    found = re.fullmatch(r"(.+?)\n+Breaks: (.+?)\n+Proves: (.+)", inspect.cleandoc(text), re.DOTALL)
    if found is None:
        raise ValueError("a case's docstring is a title, then paragraphs that begin with Breaks: and Proves:")
    title, breaks, proves = (" ".join(part.split()) for part in found.groups())
    return title, breaks, proves
