"""What the keeper tells the commands, as a small JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from config.embedded.layout import Layout


@dataclass(frozen=True)
class KeeperState:
    """`state` is ready, stopping, failed (with a message), or empty where the keeper has said nothing yet."""

    state: str = ""
    keeper: int = 0
    servers: tuple[int, ...] = ()
    message: str = ""


def read_state(layout: Layout) -> KeeperState:
    """What the keeper last said; trustworthy only while its lock is held."""
    try:
        said = json.loads(layout.state.read_text())
        return KeeperState(**{**said, "servers": tuple(said["servers"])})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return KeeperState()


def write_state(layout: Layout, state: KeeperState) -> None:
    """Publish `state` in one atomic step."""
    partial = layout.state.with_suffix(".new")
    partial.write_text(json.dumps(asdict(state)))
    partial.replace(layout.state)
