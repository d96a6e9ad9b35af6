"""`python -m tests.chaos.guard MARK FOLDER`: ends what an interrupted run of the tests leaves of one installation.

The kernel ends the direct children of a process with it, not what those have started, nor what is frozen. So each
installation has this process beside it, in a session that no Ctrl-C reaches: it waits for the end of its standard
input, which nobody writes to and which closes when the tests end, however they end.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time
from pathlib import Path

from config.embedded.layout import Layout
from tests.chaos.processes import marked
from tests.processes import send, within

PATIENCE_SECONDS = 5.0
"""For PostgreSQL and Valkey, which are told by the kernel that their parent is gone, to end in good order."""


def main(mark: str, folder: Path) -> None:
    """Wait, then leave nothing running and no data; nothing is left to do where the tests ended well."""
    sys.stdin.buffer.read()
    while found := marked(mark):
        for seen in found:
            send(seen.pid, signal.SIGKILL)
        time.sleep(0.05)
    given_up = time.monotonic() + PATIENCE_SECONDS
    while servers := within(folder):
        for pid in servers:
            send(pid, signal.SIGCONT if time.monotonic() < given_up else signal.SIGKILL)
        time.sleep(0.05)
    layout = Layout.of(folder)
    layout.remove_run_dir()
    for data in (layout.postgres, layout.valkey):
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
