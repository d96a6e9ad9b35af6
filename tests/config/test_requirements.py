"""requirements.txt alone is enough to run: what only the tests bring in is not needed by the product."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
STANDING_ALONE = {"pip", "setuptools", "wheel"}

PROGRAM = """
import sys
from importlib.machinery import PathFinder

BLOCKED = set(sys.argv[1].split(","))

class Runtime(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in BLOCKED else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Runtime

import django
django.setup()
import kombu.transport.redis, celery.bin.celery, celery.apps.worker, celery.apps.beat, django_celery_beat.schedulers
import granian, config.urls, config.wsgi, config.demo, config.embedded.keeper
import rostering.solver.engine, rostering.services.imports
from django.urls import get_resolver
get_resolver().url_patterns
"""


def closure() -> set[str]:
    """Distributions that installing requirements.txt brings in, by canonical name."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    waiting = [Requirement(line) for line in lines if line and not line.startswith("#")]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            needs = [Requirement(text) for text in requires(wanted.name) or []]
        except PackageNotFoundError:
            continue
        extras = [*wanted.extras, ""]
        waiting += [
            need for need in needs if not need.marker or any(need.marker.evaluate({"extra": e}) for e in extras)
        ]
    return {name for name, _ in seen}


def test_everything_a_server_imports_comes_with_the_runtime_requirements() -> None:
    allowed = closure() | STANDING_ALONE
    blocked = sorted(
        module
        for module, names in packages_distributions().items()
        if not any(canonicalize_name(name) in allowed for name in names)
    )
    assert "pytest" in blocked
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(blocked)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
