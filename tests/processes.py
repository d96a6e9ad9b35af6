"""Looking at processes from outside, through /proc: whose they are, whether they live, how to end or freeze them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def pids() -> list[int]:
    """The numbers of all processes."""
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def parent_of(pid: int) -> int | None:
    """The parent's number; None for a process that is gone, or dead and waiting to be collected."""
    try:
        # The second field is the program's name in parentheses and may hold anything.
        state, parent = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state in "ZX" else int(parent)


def alive(pid: int) -> bool:
    """Whether the process exists and is not merely waiting to be collected."""
    return parent_of(pid) is not None


def children(parent: int) -> list[int]:
    """The numbers of the living children of a process."""
    return [pid for pid in pids() if parent_of(pid) == parent]


def descends(pid: int, ancestors: Iterable[int]) -> bool:
    """Whether the process is one of the ancestors or comes from one of them."""
    wanted = set(ancestors)
    at: int | None = pid
    while at is not None and at > 1:
        if at in wanted:
            return True
        at = parent_of(at)
    return False


def within(folder: Path) -> list[int]:
    """The numbers of the living processes that work in a directory or below it, as servers do in their data's."""
    return [pid for pid in pids() if alive(pid) and _works_in(pid, folder.resolve())]


def command_line(pid: int) -> str:
    """The program and its arguments. Raises OSError for a process that is gone."""
    return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()


def processes_mentioning(*words: str) -> dict[int, str]:
    """The other processes whose command line holds every word, with that line."""
    found = {}
    for pid in pids():
        with suppress(OSError):
            line = command_line(pid)
            if pid != os.getpid() and line and all(word in line for word in words):
                found[pid] = line
    return found


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def send_to_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and all of its group, whether or not its first one still lives."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """`kill -9` for a process and its whole group, as a machine that lost power would."""
    send_to_group(process, signal.SIGKILL)
    process.wait(timeout=20)


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return (PROC / str(pid) / "cwd").resolve().is_relative_to(folder)
    except OSError:
        return False
