"""What `.env.example` and the operator's table say of the environment is what the code reads."""

from __future__ import annotations

import re
from pathlib import Path

from config.env import environment
from tests.config.commands import CHECKOUT

# Read by programs beside the settings: the Procfile and the compose file.
FLOWER = {"FLOWER_BASIC_AUTH", "FLOWER_ADDRESS", "FLOWER_PORT"}
BESIDE = {"WORKER_PROCESSES", "PARTS_PROCESSES", "POSTGRES_PASSWORD"} | FLOWER
PARTS_OF_REDIS_URL = {"REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD"}


def read_by_settings() -> set[str]:
    return set(re.findall(r'values\.\w+\(\s*"([A-Z_]+)"', (CHECKOUT / "config" / "env.py").read_text()))


def example() -> dict[str, str]:
    lines = (CHECKOUT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def test_the_example_names_every_variable_that_is_read_and_no_other() -> None:
    assert len(read_by_settings()) >= 25
    assert set(example()) == (read_by_settings() - PARTS_OF_REDIS_URL) | FLOWER
    text = (CHECKOUT / ".env.example").read_text()
    assert not [name for name in PARTS_OF_REDIS_URL if name not in text]


def test_the_table_of_the_operator_names_every_variable_and_no_other() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text()
    section = page.partition("## Environment")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == read_by_settings() | BESIDE


def test_the_variables_beside_the_settings_are_used_where_they_are_said_to_be() -> None:
    text = (CHECKOUT / "Procfile").read_text() + (CHECKOUT / "docker-compose.yml").read_text()
    assert not [name for name in BESIDE if f"{{{name}:" not in text and f"\n      {name}: " not in text]


def test_the_example_with_a_secret_key_is_an_environment_that_works(tmp_path: Path) -> None:
    assert example()["SECRET_KEY"] == "", "an example of a secret would be everybody's secret"
    found = environment(tmp_path, {**example(), "SECRET_KEY": "k" * 60})
    assert not found.embedded
    assert found.https
    assert not (found.demo or found.debug or found.metrics_token or found.sentry_dsn)
