"""CBC, the binary PuLP ships, on the compact program as an MPS file."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pulp

from benchmarks.instance import Instance
from benchmarks.peers.answer import Answer, Limits, Tell
from benchmarks.peers.compact import Program, compact_program
from benchmarks.peers.highs import WHOLE_COSTS, load

LATE_SECONDS, HAND_OVER_SECONDS = 2.0, 5.0
"""How far CBC may overrun its own limit before SIGINT, and how long it may then take to write what it has."""

NUMBER = r"(-?\d+\.?\d*(?:e[+-]?\d+)?)"
VERSION = re.compile(r"Version:\s*(\S+)")
FOUND = re.compile(rf"(?:Integer solution of|[Ss]olution found of) {NUMBER}")
BOUNDS = (
    re.compile(rf"Lower bound:\s+{NUMBER}"),
    re.compile(rf"best possible {NUMBER}"),
    re.compile(rf"Continuous objective value is {NUMBER}"),
)
"""Where CBC's log says its bound, the most telling first."""
PROVEN = re.compile(rf"Result - Optimal solution found[^\n]*\s+Objective value:\s+{NUMBER}")


@dataclass
class Log:
    """What CBC prints, and when its first roster was among it."""

    limits: Limits
    tell: Tell
    offset: float
    text: str = ""
    first: float | None = None
    _unread: str = field(default="", repr=False)

    def add(self, text: str) -> None:
        """Take some more; whole lines are read at once."""
        self.text += text
        *lines, self._unread = (self._unread + text).split("\n")
        for line in lines:
            for objective in FOUND.findall(line):
                now = self.limits.used()
                self.first = now if self.first is None else self.first
                self.tell(now, float(objective) + self.offset, None)

    def bound(self) -> float | None:
        """The last lower bound it told of, without the offset; a proof holds up to the gap it was allowed."""
        proven = PROVEN.search(self.text)
        if proven:
            return float(proven.group(1)) - WHOLE_COSTS
        for pattern in BOUNDS:
            said = [float(value) for value in pattern.findall(self.text) if abs(float(value)) < 1e20]
            if said:
                return said[-1]
        return None


def solve(instance: Instance, limits: Limits, tell: Tell) -> Answer:
    """The incumbent CBC writes at its own time limit."""
    program = compact_program(instance)
    log = Log(limits, tell, program.offset)
    with tempfile.TemporaryDirectory(prefix="muster-compare-") as folder:
        model, solution = Path(folder, "model.mps"), Path(folder, "solution.txt")
        load(program).writeModel(str(model))
        options: dict[str, object] = {
            "timeMode": "elapsed",
            "sec": f"{max(limits.left(), 0.1):.2f}",
            "threads": limits.threads,
            "randomCbcSeed": limits.seed,
            "ratioGap": 0,
            "allowableGap": WHOLE_COSTS,
        }
        words = [word for name, value in options.items() for word in (f"-{name}", str(value))]
        command = [str(pulp.PULP_CBC_CMD.pulp_cbc_path), str(model), *words, "-solve", "-solution", str(solution)]
        _run(command, log)
        text = solution.read_text(encoding="utf-8") if solution.exists() else ""
    return read(program, text, log)


def _run(command: list[str], log: Log) -> None:
    """Run to the end, through a terminal so that lines come as they are written; late, ask; later, kill."""
    ours, its = os.openpty()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=its, stderr=its)
    os.close(its)
    asked: float | None = None
    try:
        while True:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    log.add(os.read(ours, 65536).decode("utf-8", "replace").replace("\r", ""))
                except OSError:  # how a terminal says that its other end is closed
                    break
            if asked is None and log.limits.used() > log.limits.seconds + LATE_SECONDS:
                process.send_signal(signal.SIGINT)
                asked = time.monotonic()
            elif asked is not None and time.monotonic() - asked > HAND_OVER_SECONDS:
                break
    finally:
        if asked is not None or process.poll() is None:
            _end(process)
        os.close(ours)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=HAND_OVER_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def read(program: Program, solution: str, log: Log) -> Answer:
    """Read the solution file: a status line, then `index name value cost` of each column that is not 0.

    Stopped without an incumbent, CBC writes the relaxation; Program.roster tells by the values.
    """
    lines = solution.splitlines()
    status = re.split(r" \(| - ", lines[0])[0].strip() if lines else "nothing written"
    values = [0.0] * len(program.cost)
    for line in lines[1:]:
        parts = line.replace("**", " ").split()
        values[int(parts[0])] = float(parts[2])
    usable = (
        bool(lines) and "no integer" not in lines[0] and not status.lower().startswith(("infeasible", "integer inf"))
    )
    roster = program.roster(values) if usable else None
    bound = log.bound()
    version = VERSION.search(log.text)
    return Answer(
        roster=roster,
        bound=None if bound is None else bound + program.offset,
        first_seconds=log.first if roster is not None else None,
        claimed=sum(cost * value for cost, value in zip(program.cost, values, strict=True)) + program.offset,
        version=f"CBC {version.group(1)}, PuLP {pulp.__version__}" if version else "",
        note=status.lower(),
    )
