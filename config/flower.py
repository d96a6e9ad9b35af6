"""`python -m config.flower`: Flower, which shows workers and queues live, never without a password.

Flower's own options apply, as FLOWER_* variables. It shows the arguments of every organization's messages and can shut
workers down, so it does not start without FLOWER_BASIC_AUTH, and listens on the loopback address unless told otherwise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

EXAMPLE = "FLOWER_BASIC_AUTH='operator:a-long-password'"
SHORTEST_PASSWORD = 8


def problem(variables: Mapping[str, str]) -> str:
    """Why Flower must not start with these variables, as a sentence; empty when it may."""
    given = variables.get("FLOWER_BASIC_AUTH", "").strip()
    if not given:
        return f"FLOWER_BASIC_AUTH is not set, and without it anybody could open Flower. For example: {EXAMPLE}"
    for pair in given.split(","):
        user, _, password = pair.strip().partition(":")
        if not user or len(password) < SHORTEST_PASSWORD:
            return (
                "FLOWER_BASIC_AUTH must be user:password, several separated by commas, each password of at least "
                f"{SHORTEST_PASSWORD} characters. For example: {EXAMPLE}"
            )
    if variables.get("FLOWER_UNAUTHENTICATED_API", "").strip().lower() not in ("", "0", "false", "no"):
        return "FLOWER_UNAUTHENTICATED_API would open Flower's API to anybody; remove it."
    return ""


def main() -> None:
    """Become Flower. Exits with a sentence when it would stand open."""
    if refusal := problem(os.environ):
        sys.exit(f"Flower cannot start: {refusal}")
    os.environ.setdefault("FLOWER_ADDRESS", "127.0.0.1")
    command = [sys.executable, "-m", "celery", "-A", "config", "flower", *sys.argv[1:]]
    os.execv(command[0], command)  # noqa: S606  no shell, and no program but ourselves


if __name__ == "__main__":
    main()
