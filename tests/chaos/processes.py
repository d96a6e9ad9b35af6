"""The processes of a stack, found by the mark that everything it starts inherits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.processes import PROC, command_line, parent_of, pids

MARK = "MUSTER_CHAOS"
"""Environment variable that everything a stack starts inherits, solvers included: `stack/program`."""


@dataclass(frozen=True)
class Seen:
    """A living process."""

    pid: int
    parent: int
    mark: str
    command: str

    @property
    def is_cbc(self) -> bool:
        """Whether it is the integer solver itself, not what launches it."""
        return Path(self.command.split(" ", 1)[0]).name == "cbc"


def marked(mark: str) -> list[Seen]:
    """Every living process that carries this mark, or one below it (`stack` finds `stack/worker`)."""
    return [seen for seen in map(_look, pids()) if seen is not None and f"{seen.mark}/".startswith(f"{mark}/")]


def _look(pid: int) -> Seen | None:
    parent = parent_of(pid)
    if parent is None:
        return None
    try:
        variables = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        command = command_line(pid)
    except OSError:
        return None
    prefix = f"{MARK}=".encode()
    mark = next((item.removeprefix(prefix).decode() for item in variables if item.startswith(prefix)), None)
    return None if mark is None else Seen(pid, parent, mark, command)
