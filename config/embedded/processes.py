"""Child processes that cannot outlive their parent: own session, and a signal from the kernel when the parent dies."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 5_000_000
LAST_RESORT_SECONDS = 5.0
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def tied_to_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` after which the kernel sends `death_signal` to the child once its parent is gone.

    It must run after a change of user, which clears the setting: `subprocess` calls it in that order. The parent must
    start the child from its main thread, for it is that thread's end that counts.
    """
    parent = os.getpid()

    def tie() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return tie


def start_tied(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals,
    output: IO[bytes] | int,
    environment: Mapping[str, str],
    cwd: Path,
    pass_fds: Sequence[int] = (),
    **arguments: Any,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, tied to this process.

    Raises:
        OSError: the program cannot be started.
    """
    return subprocess.Popen(  # noqa: S603 - the caller's own program, no shell
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=cwd,
        pass_fds=pass_fds,
        start_new_session=True,
        preexec_fn=tied_to_parent(death_signal),  # noqa: PLW1509 - the callers have one thread
        **arguments,
    )


def wait_until(condition: Callable[[], bool], *, seconds: float, every_seconds: float = 0.02) -> bool:
    """Poll `condition` until it holds; False when `seconds` pass first."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_seconds)
    return True


def outwait(process: subprocess.Popen[bytes], *last_resorts: signal.Signals, patience_seconds: float) -> None:
    """Wait for a process that was asked to end; then send each last resort, and finally SIGKILL."""
    for number in (*last_resorts, signal.SIGKILL):
        if wait_until(lambda: process.poll() is not None, seconds=patience_seconds):
            return
        process.send_signal(number)
        patience_seconds = LAST_RESORT_SECONDS
    process.wait()


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending, moving a large one aside first (one generation is kept)."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")
