"""Looking at processes from outside, through /proc: whose they are, whether they live, how to end or freeze them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
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
    return [seen for seen in map(_look, _pids()) if seen is not None and f"{seen.mark}/".startswith(f"{mark}/")]


def within(folder: Path) -> list[int]:
    """The numbers of the living processes that work in a directory or below it, as servers do in their data's."""
    return [pid for pid in _pids() if _parent(pid) is not None and _works_in(pid, folder.resolve())]


def children(parent: int) -> list[int]:
    """The numbers of the living children of a process."""
    return [pid for pid in _pids() if _parent(pid) == parent]


def alive(pid: int) -> bool:
    """Whether the process exists and is not merely waiting to be collected."""
    return _parent(pid) is not None


def descends(pid: int, ancestors: Iterable[int]) -> bool:
    """Whether the process is one of the ancestors or comes from one of them."""
    wanted = set(ancestors)
    at: int | None = pid
    while at is not None and at > 1:
        if at in wanted:
            return True
        at = _parent(at)
    return False


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def send_to_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and all of its group, whether or not its first one still lives."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


class TooLateError(AssertionError):
    """Something did not happen in time."""


def wait(what: str, done: Callable[[], object], seconds: float = 60, every: float = 0.05) -> float:
    """Wait until `done()` holds; how long it took in seconds. Raises TooLateError with `what`."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise TooLateError(f"not within {seconds:g} s: {what}")
        time.sleep(every)
    return time.monotonic() - began


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int | None:
    """The parent's number; None for a process that is gone or dead."""
    try:
        # The second field is the program's name in parentheses and may hold anything.
        state, parent = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state in "ZX" else int(parent)


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return (PROC / str(pid) / "cwd").resolve().is_relative_to(folder)
    except OSError:
        return False


def _look(pid: int) -> Seen | None:
    parent = _parent(pid)
    if parent is None:
        return None
    try:
        variables = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        command = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    prefix = f"{MARK}=".encode()
    mark = next((item.removeprefix(prefix).decode() for item in variables if item.startswith(prefix)), None)
    return None if mark is None else Seen(pid, parent, mark, command.strip())
