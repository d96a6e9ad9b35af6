"""The files for containers keep their promises: no default secrets, no lost messages, every queue served."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from django.conf import settings

from jobs.registry import all_kinds
from tests.config.commands import CHECKOUT

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REQUIRED = {"POSTGRES_PASSWORD": "letters9and9digits", "SECRET_KEY": "k" * 60, "ALLOWED_HOSTS": "roster.example.com"}
MUSTER = ("release", "web", "worker", "parts", "beat")
SECRETS = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH|DSN")


def variables(text: str) -> list[tuple[str, str]]:
    """`(name, what follows it)` of every `${NAME...}` in `text`."""
    return re.findall(r"\$\{([A-Z_]+)([^}]*)\}", text)


def queues(command: str) -> set[str]:
    return set(re.findall(r"-Q (\S+)", command)[0].split(","))


def procfile() -> dict[str, str]:
    lines = (CHECKOUT / "Procfile").read_text().splitlines()
    return {name: command for name, _, command in (line.partition(": ") for line in lines)}


def test_no_secret_has_a_default() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    secrets = [(name, rest) for name, rest in variables(text) if SECRETS.search(name)]
    assert {name for name, _ in secrets} >= {"POSTGRES_PASSWORD", "SECRET_KEY", "METRICS_TOKEN", "SENTRY_DSN"}
    assert not [(name, rest) for name, rest in secrets if not (rest.startswith(":?") or rest == ":-")]
    for line in (CHECKOUT / "Dockerfile").read_text().splitlines():
        assert not (line.startswith(("ENV", "ARG")) and SECRETS.search(line)), line


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"release"}))
def test_every_service_that_stays_is_checked_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_redis_keeps_messages_and_writes_them_down() -> None:
    command = SERVICES["redis"]["command"]
    assert "--maxmemory-policy volatile-lru" in command
    assert "--appendonly yes" in command
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]


def test_cache_and_broker_have_databases_of_their_own() -> None:
    environment = SERVICES["web"]["environment"]
    assert environment["REDIS_URL"] != environment["CELERY_BROKER_URL"]


@pytest.mark.parametrize("name", ["postgres", "redis", "worker", "parts", "beat", "release"])
def test_nothing_but_web_and_flower_has_a_port_outside(name: str) -> None:
    assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", ["web", "flower"])
def test_ports_are_bound_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])


def test_the_tables_exist_before_anything_that_needs_them_starts() -> None:
    assert "migrate" in SERVICES["release"]["command"]
    assert "setup_schedules" in SERVICES["release"]["command"]
    for name in set(MUSTER) - {"release"}:
        assert SERVICES[name]["depends_on"]["release"] == {"condition": "service_completed_successfully"}


def test_every_queue_has_a_worker_in_compose_and_procfile() -> None:
    served = queues(SERVICES["worker"]["command"])
    assert served == queues(procfile()["worker"]) == {"solve", "default"}
    assert queues(SERVICES["parts"]["command"]) == {"parts"}
    assert served | {"parts"} == {queue.name for queue in settings.CELERY_TASK_QUEUES}
    assert {kind.queue for kind in all_kinds()} <= served


def test_every_process_sees_every_variable_of_muster() -> None:
    known = set(re.findall(r"^([A-Z_]+)=", (CHECKOUT / ".env.example").read_text(), re.MULTILINE))
    # Fixed by the compose file and the image, only for the demo, or another way to say the same.
    elsewhere = {"MUSTER_DATA_DIR", "STATIC_ROOT", "MUSTER_DEMO", "MUSTER_DURABLE", "DEBUG", "PORT"}
    by_nature = {"CELERY_RESULT_BACKEND", "FLOWER_BASIC_AUTH", "FLOWER_ADDRESS", "FLOWER_PORT"}
    for name in MUSTER:
        assert known - elsewhere - by_nature <= set(SERVICES[name]["environment"]), name


@pytest.mark.parametrize("path", [".env", ".env.production", ".git", "var", ".venv"])
def test_the_image_gets_nothing_that_is_private_or_of_this_machine(path: str) -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().split()
    assert any(fnmatch.fnmatch(path, line) for line in lines)


def compose(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("docker-compose")
    if found is None:
        pytest.skip("no docker-compose on this machine: apt-get install docker-compose")
    return subprocess.run(
        [found, "-f", "docker-compose.yml", *arguments],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("profiles", [[], ["parts"], ["monitoring"], ["parts", "monitoring"]])
def test_compose_accepts_the_file_with_every_profile(profiles: list[str]) -> None:
    chosen = [part for profile in profiles for part in ("--profile", profile)]
    done = compose(*chosen, "config", **REQUIRED)
    assert (done.returncode, done.stderr) == (0, "")
    services = yaml.safe_load(done.stdout)["services"]
    assert {"postgres", "redis", "release", "web", "worker", "beat"} <= set(services)
    assert services["web"]["environment"]["ALLOWED_HOSTS"] == "roster.example.com,localhost,web"


@pytest.mark.parametrize("missing", sorted(REQUIRED))
def test_compose_names_what_is_missing(missing: str) -> None:
    done = compose("config", **{name: value for name, value in REQUIRED.items() if name != missing})
    assert done.returncode != 0
    assert f"set {missing}" in done.stderr
