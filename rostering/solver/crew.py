"""Worker processes that solve parts side by side. Python's own pools will not do: Celery's workers may not have any
children of `multiprocessing`, and nothing here is pickled.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import rostering

Json = dict[str, Any]

TICK_SECONDS = 0.1
MOST_FAILURES = 3


class CrewError(RuntimeError):
    """The worker processes keep dying."""


class Worker:
    """One process, given one request at a time."""

    def __init__(self) -> None:
        root = str(Path(rostering.__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "rostering.solver.part_worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, **single},
        )
        self.output = cast(IO[bytes], self.process.stdout)
        os.set_blocking(self.output.fileno(), False)
        self.task: int | None = None
        self._rest = b""

    def send(self, message: Json) -> None:
        """Write without waiting for the process to read."""
        data = json.dumps(message).encode() + b"\n"
        threading.Thread(target=self._write, args=(data,), daemon=True).start()

    def _write(self, data: bytes) -> None:
        target = cast(IO[bytes], self.process.stdin)
        try:
            target.write(data)
            target.flush()
        except (OSError, ValueError):
            return  # it died: the end of its output says so

    def messages(self) -> list[Json] | None:
        """What it said since the last time; None when it has died."""
        while True:
            chunk = self.output.read(1 << 16)
            if chunk is None:
                break
            if not chunk:
                return None
            self._rest += chunk
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines]

    def end(self) -> None:
        """Kill it and wait."""
        self.process.kill()
        self.process.wait()
        self.output.close()


class Crew:
    """So many worker processes, started when needed and gone after the `with`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.workers: list[Worker] = []
        self.failures = 0
        self.stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Let everybody go."""
        for worker in self.workers:
            worker.end()
        self.workers = []

    def ask_to_stop(self) -> None:
        """Ask for the best found so far; answers still come through `work`."""
        self.stopping = True
        for worker in self.workers:
            if worker.task is not None:
                worker.send({"stop": True})

    def work(self, requests: Iterator[Json]) -> Generator[Json | None, None, None]:
        """Messages of the workers as they come, None when nothing came for a moment; ends when all is done.

        Each request has a `task` number of its own. Closing the iterator early kills whoever is still at work. Raises
        CrewError when processes keep dying.
        """
        self.stopping = False
        try:
            while self._employ(requests) or any(worker.task is not None for worker in self.workers):
                yield from self._listen()
        finally:
            for worker in [worker for worker in self.workers if worker.task is not None]:
                self._dismiss(worker)

    def _employ(self, requests: Iterator[Json]) -> bool:
        """Give everybody idle something to do; whether anybody took something."""
        hired = False
        for place in range(self.size):
            if place < len(self.workers) and self.workers[place].task is not None:
                continue
            request = None if self.stopping else next(requests, None)
            if request is None:
                break
            if place == len(self.workers):
                self.workers.append(Worker())
            worker = self.workers[place]
            worker.task = int(request["task"])
            worker.send(request)
            hired = True
        return hired

    def _listen(self) -> Generator[Json | None, None, None]:
        busy = [worker for worker in self.workers if worker.task is not None]
        with selectors.DefaultSelector() as selector:
            for worker in busy:
                selector.register(worker.output, selectors.EVENT_READ, worker)
            ready = [key.data for key, _ in selector.select(TICK_SECONDS)]
        for worker in ready:
            found = worker.messages()
            if found is None:
                yield self._lost(worker)
                continue
            for message in found:
                if message["event"] in ("done", "failed"):
                    worker.task = None
                    self.failures = 0 if message["event"] == "done" else self.failures
                yield message
        if not ready:
            yield None

    def _lost(self, worker: Worker) -> Json:
        task = worker.task
        self._dismiss(worker)
        self.failures += 1
        if self.failures >= MOST_FAILURES:
            raise CrewError("the solver's worker processes keep dying")
        return {"task": task, "event": "failed"}

    def _dismiss(self, worker: Worker) -> None:
        worker.end()
        self.workers.remove(worker)
