"""Runs the CBC binary that PuLP ships, so that it stops when asked, reports as it goes, and never outlives its parent.

PuLP's own launch (a plain `Popen`) loses the incumbent on a kill, leaves orphans and temporary files, and buffers its
log. Here a tiny launcher ties the process to its parent (`PR_SET_PDEATHSIG`) in a session of its own, its log comes
through a pty line by line, and SIGINT makes it hand over what it has. No status of CBC's is trusted by anybody.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pulp

from rostering.solver.backend import MilpOutcome, OnProgress

GRACE_SECONDS = 1.5
"""How long CBC may take to write its solution after SIGINT."""

LAUNCHER = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
if sys.platform.startswith("linux"):
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() != parent:
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""

INCUMBENT = re.compile(r"(?:best solution|solution of|found solution of)\s+(-?[\d.e+]+)")
BOUND = re.compile(r"best possible\s+(-?[\d.e+]+)")
RELAXED = re.compile(r"(?:Continuous objective value is|Optimal - objective value)\s+(-?[\d.e+]+)")
FINAL_BOUND = re.compile(r"Lower bound:\s+(-?[\d.e+]+)")


def cbc_path() -> str:
    """The CBC binary that PuLP ships for this machine. Raises FileNotFoundError when there is none."""
    path = str(pulp.PULP_CBC_CMD.pulp_cbc_path)
    if not Path(path).exists():
        raise FileNotFoundError("PuLP ships no CBC binary for this machine: set the MILP solver to HiGHS")
    return path


def run_cbc(
    model: pulp.LpProblem,
    *,
    seconds: float,
    threads: int = 1,
    start: Mapping[str, float] | None = None,
    nodes: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: OnProgress = lambda objective, bound: None,
    wanted: Callable[[], bool] = lambda: True,
) -> MilpOutcome:
    """Minimize `model`; returns within `seconds` and a grace of about two seconds, or sooner when asked to stop.

    `start` must name every integer variable consistently to be of use; CBC silently ignores it otherwise. Told to stop
    while what it has is no longer `wanted`, it is killed at once.
    """
    with tempfile.TemporaryDirectory(prefix="muster-cbc-") as folder:
        mps, solution = Path(folder, "model.mps"), Path(folder, "solution.txt")
        began = time.monotonic()
        _, names, _, _ = model.writeMPS(str(mps), rename=True)
        left = seconds - (time.monotonic() - began)
        if left <= 0.05 or should_stop():
            return MilpOutcome(None, None, False)
        command = [cbc_path(), str(mps), "-sec", f"{left:.2f}", "-timeMode", "elapsed"]
        if nodes is not None:
            command += ["-maxNodes", str(nodes)]
        if threads > 1:
            command += ["-threads", str(threads)]
        if start:
            _write_start(Path(folder, "start.sol"), start, names)
            command += ["-mips", str(Path(folder, "start.sol"))]
        command += ["-branch", "-solution", str(solution)]
        offset = _constant(model)

        def told(objective: float | None, bound: float | None) -> None:
            on_progress(*(None if value is None else value + offset for value in (objective, bound)))

        log = _run(command, folder, left, _Caller(should_stop, wanted, told))
        return _read(solution, log, names, offset)


def _constant(model: pulp.LpProblem) -> float:
    """MPS drops the objective's constant."""
    return float(model.objective.constant) if model.objective is not None else 0.0


def _write_start(path: Path, start: Mapping[str, float], names: Mapping[str, str]) -> None:
    lines = [
        f"{number} {names[name]} {value:g} 0" for number, (name, value) in enumerate(start.items()) if name in names
    ]
    path.write_text("Stopped on time - objective value 0\n" + "\n".join(lines) + "\n")


class _Caller(NamedTuple):
    """What the caller wishes, and what it wants to hear."""

    should_stop: Callable[[], bool]
    wanted: Callable[[], bool]
    on_progress: OnProgress


def _run(command: list[str], folder: str, seconds: float, caller: _Caller) -> str:
    """Run to the end, stopping by SIGINT when asked or late; returns the log."""
    master, slave = os.openpty()
    try:
        process = subprocess.Popen(  # noqa: S603 - our own launcher and PuLP's binary
            [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            start_new_session=True,
        )
    finally:
        os.close(slave)
    try:
        return _follow(process, master, time.monotonic() + seconds, caller)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(master)


def _follow(process: subprocess.Popen[bytes], master: int, deadline: float, caller: _Caller) -> str:
    log, seen = "", 0
    kill_at: float | None = None
    while True:
        ready, _, _ = select.select([master], [], [], 0.1)
        if ready:
            try:
                chunk = os.read(master, 65536)
            except OSError:
                chunk = b""
            if not chunk:
                break
            log += chunk.decode("utf-8", "replace")
            end = log.rfind("\n") + 1
            _report(log[seen:end], caller.on_progress)
            seen = max(seen, end)
        elif process.poll() is not None:
            break
        now = time.monotonic()
        if kill_at is None and (now > deadline or caller.should_stop()):
            process.send_signal(signal.SIGINT)
            kill_at = now + (GRACE_SECONDS if caller.wanted() else 0.0)
        elif kill_at is not None and now > kill_at:
            process.kill()
            break
    return log


def _report(text: str, on_progress: OnProgress) -> None:
    found, bound = INCUMBENT.findall(text), BOUND.findall(text)
    if found or bound:
        on_progress(_number(found), _number(bound))


def _number(texts: list[str]) -> float | None:
    if not texts:
        return None
    value = float(texts[-1].rstrip("."))
    return None if abs(value) > 1e40 else value


def _read(solution: Path, log: str, names: Mapping[str, str], offset: float) -> MilpOutcome:
    bounds = FINAL_BOUND.findall(log) or BOUND.findall(log) or RELAXED.findall(log)
    bound = _number(bounds)
    bound = None if bound is None else bound + offset
    if not solution.exists():
        return MilpOutcome(None, bound, False)
    lines = solution.read_text().splitlines()
    head = lines[0] if lines else ""
    if "no integer" in head or "nfeasible" in head or "nbounded" in head or not lines:
        return MilpOutcome(None, bound, False)
    values = {
        parts[1]: float(parts[2]) for parts in (line.replace("**", " ").split() for line in lines[1:]) if len(parts) > 2
    }
    proven = head.startswith("Optimal")
    if proven:
        objective = re.search(r"objective value\s+(-?[\d.e+]+)", head)
        bound = float(objective.group(1)) + offset if objective else bound
    return MilpOutcome({name: values.get(short, 0.0) for name, short in names.items()}, bound, proven)
