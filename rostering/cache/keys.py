"""What an answer is stored under: readable in redis-cli, and naming everything the answer depends on."""

from __future__ import annotations

import functools
import hashlib
import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import django
import rest_framework

from rostering.versions import Versions

AREAS = ("dashboard", "roster", "shifts")
"""The first word of every answer's key; an operator's patterns begin with one of them."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def answer_key(name: str, parameters: Mapping[str, Any], *, versions: Versions, scope: str, code: str) -> str:
    """The key of one answer, such as `dashboard:upcoming_shifts:10:org-7:all:2027-02-01:shifts-1f3a…:c-5d21…`.

    `name` may place parameters itself (`dashboard:upcoming_shifts:{limit}`); the others follow by name. Everybody of
    one `scope` is shown the same. The date is today's in the organization's zone: answers count from it.
    """
    words = {one: _UNSAFE.sub("_", str(value)) for one, value in parameters.items() if value is not None}
    placed = name.format_map(words)
    more = "".join(f":{one}-{words[one]}" for one in sorted(words) if f"{{{one}}}" not in name)
    return f"{placed}{more}:org-{versions.organization_id}:{scope}:{versions.today}:{versions}:c-{code}"


def name_of(key: str) -> str:
    """The call an answer's key is of, its first two words: what statistics are kept by."""
    return ":".join(key.split(":", 2)[:2])


@functools.cache
def code_version(*packages: str) -> str:
    """A digest of the packages' source and of the libraries that render: new code never meets old answers."""
    digest = hashlib.sha256(f"{django.get_version()} {rest_framework.VERSION}".encode())
    for package in sorted({"rostering", *packages}):
        source = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted(source.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
