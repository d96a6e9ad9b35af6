"""What every integer solver answers, and the choice between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class MilpOutcome:
    """What a run of an integer solver left: values by variable name (None: nothing usable), bound, claim of proof."""

    values: dict[str, float] | None
    bound: float | None
    proven: bool


OnProgress = Callable[[float | None, float | None], None]
"""Called with (objective, bound) as the solver reports them."""
