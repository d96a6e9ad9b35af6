"""Where the processes of a web server count together for Prometheus. Must not import its client, which looks for the
folder once, when it is first imported.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_between_processes(directory: Path) -> None:
    """Let all processes of one web server count together, in files below `directory`; a folder that
    the operator named in the environment stays.

    Without it each scrape would tell of whichever process happened to answer. The processes of a server have its main
    process as parent, which names their folder; folders of servers that have ended are removed.
    """
    if VARIABLE in os.environ:
        return
    ours = directory / str(os.getppid())
    ours.mkdir(parents=True, exist_ok=True)
    os.environ[VARIABLE] = str(ours)
    for folder in directory.iterdir():
        if folder.name.isdigit() and not Path("/proc", folder.name).exists():
            shutil.rmtree(folder, ignore_errors=True)
