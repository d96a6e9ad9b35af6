"""Runs one solver in a process of its own, to its end or to a hard limit, and measures what it used."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.answer import Answer

ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 30.0
"""How far a solver may overrun its time limit before its process is ended and what it found is lost."""
SAMPLE_SECONDS = 0.1
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
"""The unit of ru_maxrss: bytes on macOS, kilobytes elsewhere."""


@dataclass(frozen=True)
class Measured:
    """An answer with the most memory its process and that process's children held at one time, in bytes."""

    answer: Answer
    peak_bytes: int


def run_peer(peer: str, instance: Path, *, seconds: float, threads: int, seed: int, verbose: bool = False) -> Measured:
    """Run a solver; a process that fails or has to be ended gives an answer without a roster and a note saying so.

    The solver and everything it starts are gone when this returns, or when this process dies.
    """
    with tempfile.TemporaryDirectory(prefix="muster-compare-") as folder:
        out, errors = Path(folder, "answer.json"), Path(folder, "errors.txt")
        command = [sys.executable, "-m", "benchmarks.peers.run", peer, str(instance.resolve()), "--tied"]
        command += ["--seconds", str(seconds), "--threads", str(threads), "--seed", str(seed), "--out", str(out)]
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [*command, *(["--verbose"] if verbose else [])],
                stdin=subprocess.PIPE,
                stderr=stderr,
                cwd=ROOT,
                env=_environment(threads),
                start_new_session=True,
            )
            ended, status, peak = _wait(process, seconds + GRACE_SECONDS)
        return Measured(_answer(out, errors, ended, status), peak)


def _environment(threads: int) -> dict[str, str]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(threads))}


def _wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[bool, int, int]:
    """Whether it had to be ended, its exit status, and its peak in bytes."""
    began, peak, ended = time.monotonic(), 0, False
    try:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return ended, process.returncode, max(peak, usage.ru_maxrss * MAXRSS_BYTES)
            peak = max(peak, resident_bytes(process.pid))
            if not ended and time.monotonic() - began > seconds:
                ended = True
                _end_group(process.pid)
            time.sleep(SAMPLE_SECONDS)
    finally:
        _end_group(process.pid)
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            process.wait()


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody of the group may be left
        os.killpg(pid, signal.SIGKILL)


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and everything below it, now; 0 where the system does not tell (no /proc)."""
    total, waiting = 0, [pid]
    while waiting:
        each = Path("/proc", str(waiting.pop()))
        try:
            total += int(Path(each, "statm").read_text().split()[1]) * PAGE_BYTES
            for task in Path(each, "task").iterdir():
                waiting += [int(child) for child in Path(task, "children").read_text().split()]
        except OSError:
            continue  # it has ended between two looks
    return total


def _answer(out: Path, errors: Path, ended: bool, status: int) -> Answer:
    try:
        return Answer.read(out)
    except (OSError, ValueError):
        if ended:
            return Answer(None, note=f"ended {GRACE_SECONDS:.0f} s after its time limit, with nothing handed over")
        lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return Answer(None, note=f"failed with exit status {status}: {lines[-1] if lines else 'no message'}")
