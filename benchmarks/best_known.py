"""The best objective anybody has published for a public instance (schedulingbenchmarks.org), by instance name."""

from __future__ import annotations

import re
from pathlib import Path

PUBLISHED: dict[str, int] = {
    "1": 607,
    "3": 1001,
    "5": 1143,
    "7": 1056,
    "9": 439,
    "11": 3443,
    "13": 1348,
    "15": 3829,
    "17": 5746,
    "19": 3149,
    "21": 21133,
}
"""As distributed with the instances; name the others' in a file (`--best-known`)."""

NUMBERED = re.compile(r"(?:instance)?[ _-]*0*(\d+)", re.IGNORECASE)


class BestKnownError(ValueError):
    """The file is not a list of names and objectives; the message says where and why."""


def key(name: str) -> str:
    """How an instance is looked up: `Instance07` and `7` are one; other names count as they stand, in lower case."""
    found = NUMBERED.fullmatch(name.strip())
    return found.group(1) if found else name.strip().lower()


def read_best_known(path: str | Path) -> dict[str, int]:
    """`name objective` lines (blanks, commas or = between; # starts a comment), which add to PUBLISHED or replace it.

    Raises BestKnownError with a sentence when the file is unreadable or a line says something else.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BestKnownError(f"{path} cannot be read: {error}.") from None
    known = dict(PUBLISHED)
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        name, _, value = re.sub(r"[\s,;=]+", " ", line).rpartition(" ")
        if not name or not value.isdecimal():
            raise BestKnownError(f"{path}, line {number}: “{line[:60]}” is no instance name with a whole number.")
        known[key(name)] = int(value)
    return known
