"""A worker process for parts of a large problem: `python -m rostering.solver.part_worker PARENT_PID`.

Reads one JSON request a line on standard input and answers on standard output, a line each; {"stop": true} ends the
request at work with the best found. It ends with its parent, however that ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
import traceback
from functools import partial
from queue import Queue
from typing import IO, Any

from rostering.solver.part_task import run_task
from rostering.solver.result import Signal


def main() -> int:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    worker = _Worker(answers)
    threading.Thread(target=worker.listen, name="requests", daemon=True).start()
    worker.serve()
    return 0


class _Worker:
    def __init__(self, answers: IO[str]) -> None:
        self.answers = answers
        self.requests: Queue[dict[str, Any] | None] = Queue()
        self.stop = threading.Event()

    def listen(self) -> None:
        """Take requests as they come, so that a stop is heard while another is at work."""
        for line in sys.stdin:
            request = json.loads(line)
            if request.get("stop"):
                self.stop.set()
            else:
                self.requests.put(request)
        self.stop.set()
        self.requests.put(None)

    def serve(self) -> None:
        """Answer one request after the other."""
        while (request := self.requests.get()) is not None:
            self.stop.clear()
            task = request["task"]
            try:
                answer = run_task(request, partial(self.say, task, "better"), self.wish)
            except Exception:  # the parent goes on without this part, and says so
                traceback.print_exc()
                self.say(task, "failed", {})
            else:
                self.say(task, "done", answer)

    def wish(self) -> Signal:
        """What the parent wants."""
        return Signal.STOP if self.stop.is_set() else Signal.GO_ON

    def say(self, task: int, event: str, body: dict[str, Any]) -> None:
        """One line to the parent."""
        self.answers.write(json.dumps({"task": task, "event": event, **body}) + "\n")
        self.answers.flush()


def _die_with(parent: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        raise SystemExit(1)


if __name__ == "__main__":
    _die_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(main())
