"""A small process supervisor for one machine: starts programs, starts the dead again, leaves none behind.

For a demo and for tests; a server has systemd or containers for this (see docs/operations.md).
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.embedded.processes import open_log, outwait, start_tied

STEADY_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0


@dataclass(frozen=True)
class Program:
    """What to run. Once asked to end (SIGTERM) it has `patience_seconds` before `last_resorts`, then SIGKILL."""

    name: str
    command: Sequence[str]
    patience_seconds: float = 10.0
    last_resorts: tuple[signal.Signals, ...] = ()


class RunningProgram:
    """One program, its process and its log."""

    def __init__(self, program: Program, *, log: Path, environment: Mapping[str, str], cwd: Path) -> None:
        self.program = program
        self.log = log
        self.environment = environment
        self.cwd = cwd
        self.pause_seconds = FIRST_PAUSE_SECONDS
        self.started_at = 0.0
        self.died_at: float | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program in a session of its own; the kernel ends it should we be killed."""
        with open_log(self.log) as log:
            self.process = start_tied(
                self.program.command,
                death_signal=signal.SIGTERM,
                output=log,
                environment=self.environment,
                cwd=self.cwd,
            )
        self.started_at = time.monotonic()
        self.died_at = None

    def keep_alive(self) -> str | None:
        """Start the program again after a pause when it has ended; a sentence at the moment its end is noticed."""
        if self.process is None or self.process.poll() is None:
            return None
        now = time.monotonic()
        if self.died_at is None:
            self.died_at = now
            self._end_descendants()
            lasted = now - self.started_at > STEADY_SECONDS
            self.pause_seconds = FIRST_PAUSE_SECONDS if lasted else min(LONGEST_PAUSE_SECONDS, self.pause_seconds * 2)
            status = self.process.returncode
            return f"{self.program.name} ended with status {status}; it is started again (log: {self.log})"
        if now - self.died_at >= self.pause_seconds:
            self.start()
        return None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self, *, patience_seconds: float | None = None) -> None:
        """Wait for the end that was asked for, force it in the end, and end what the program started itself."""
        if self.process is None:
            return
        patience = self.program.patience_seconds if patience_seconds is None else patience_seconds
        outwait(self.process, *self.program.last_resorts, patience_seconds=patience)
        self._end_descendants()

    def _end_descendants(self) -> None:
        """Kill what is left of the program's process group, which bears the number of its first process."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Runs programs side by side."""

    def __init__(self, programs: Sequence[Program], *, logs: Path, environment: Mapping[str, str], cwd: Path) -> None:
        self.running = [
            RunningProgram(program, log=logs / f"{program.name}.log", environment=environment, cwd=cwd)
            for program in programs
        ]

    def start(self) -> None:
        for program in self.running:
            program.start()

    def keep_alive(self) -> list[str]:
        """Start the dead again; a sentence for each end noticed. Call it about once a second or more often."""
        return [sentence for program in self.running if (sentence := program.keep_alive())]

    def stop(self, *, patience_seconds: float | None = None) -> None:
        """End every program and whatever it started; `patience_seconds` replaces each program's own."""
        for program in self.running:
            program.ask_to_stop()
        for program in self.running:
            program.stop(patience_seconds=patience_seconds)
