"""What every solver is given and what it hands back, as JSON between its process and the comparison."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.verify import Roster

Tell = Callable[[float, float | None, float | None], None]
"""Called with (seconds, objective, bound) when a solver has found something better."""


@dataclass(frozen=True)
class Limits:
    """What a run may use. The clock starts when the instance has been read: building the model counts."""

    seconds: float
    threads: int
    seed: int
    began: float = field(default_factory=time.monotonic)

    def used(self) -> float:
        """Seconds since the clock started."""
        return time.monotonic() - self.began

    def left(self) -> float:
        """Seconds still to use, 0 when there are none."""
        return max(0.0, self.seconds - self.used())


@dataclass(frozen=True)
class Answer:
    """What a solver says it found. Nothing in it is believed before `benchmarks.verify` has read the roster.

    `roster` is None without one; `claimed` is the solver's own objective; `bound` a lower bound on any roster's.
    """

    roster: Roster | None
    bound: float | None = None
    first_seconds: float | None = None
    claimed: float | None = None
    version: str = ""
    note: str = ""
    seconds: float = 0.0

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Answer:
        """From JSON. Raises OSError without the file, ValueError when it is not an answer."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            roster = values.pop("roster")
            found = None if roster is None else [(str(who), int(day), str(shift)) for who, day, shift in roster]
            return cls(roster=found, **values)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path.name} is not an answer: {error}") from None
