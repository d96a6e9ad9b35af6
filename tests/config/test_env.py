"""The environment: every wrong value stops start-up with one sentence that names the variable and shows a right one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import Environment, environment
from config.values import Values, WrongValue, celery_redis_url
from tests.config.commands import CHECKOUT

PRODUCTION = {
    "DATABASE_URL": "postgres://muster:secret@db.example.com:5432/muster",
    "REDIS_URL": "redis://cache.example.com:6379/0",
    "CELERY_BROKER_URL": "redis://cache.example.com:6379/1",
    "SECRET_KEY": "kQ7x-2Fz_9rLmT4vBn8yHc5sWd1gJp6eXa3uRo0iVqZtMbNwPlKj8h",
}


def read(tmp_path: Path, **variables: str) -> Environment:
    """The production environment with some variables changed."""
    return environment(tmp_path, {**PRODUCTION, **variables})


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("DATABASE_URL", "mysql://muster@localhost/muster", "PostgreSQL only"),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "PostgreSQL only"),
        ("DATABASE_URL", "localhost", "PostgreSQL only"),
        ("DATABASE_URL", "postgres://muster@localhost:port/muster", "port that is not a number"),
        ("DATABASE_URL", "postgres://muster@localhost/", "names no database"),
        ("DATABASE_URL", "", "set both, or neither"),
        ("REDIS_URL", "", "set both, or neither"),
        ("REDIS_URL", "http://localhost:6379", "none of redis://"),
        ("REDIS_URL", "localhost:6379", "none of redis://"),
        ("REDIS_URL", "redis://localhost:sixthousand/0", "port that is not a number"),
        ("REDIS_URL", "redis://localhost:6379/cache", "Redis numbers its databases"),
        ("REDIS_URL", "redis://", "names no host"),
        ("REDIS_URL", "unix://run.sock", "names no socket file"),
        ("CELERY_BROKER_URL", "amqp://localhost", "none of redis://"),
        ("CELERY_RESULT_BACKEND", "mongodb://localhost", "none of redis://"),
        ("SECRET_KEY", "", "is not set"),
        ("SECRET_KEY", "   ", "is not set"),
        ("DEBUG", "maybe", "neither true nor false"),
        ("MUSTER_DEMO", "2", "neither true nor false"),
        ("MUSTER_HTTPS", "https", "neither true nor false"),
        ("PORT", "eight", "not a whole number from 1 to 65535"),
        ("FLOWER_URL", "flower.example.com", "lacks the scheme"),
        ("SOLVER_PARTS", "-1", "not a whole number from 0 to 256"),
        ("SENTRY_DSN", "sentry.example.com", "no address of a Sentry project"),
        ("SENTRY_DSN", "https://sentry.example.com/1", "no address of a Sentry project"),
        ("SENTRY_DSN", "https://key@sentry.example.com/", "no address of a Sentry project"),
        ("SENTRY_DSN", "https://key@sentry.example.com:port/1", "port that is not a number"),
        ("MUSTER_METRICS", "perhaps", "neither true nor false"),
        ("PORT", "0", "not a whole number from 1 to 65535"),
        ("PORT", "65536", "not a whole number from 1 to 65535"),
        ("PORT", "-1", "not a whole number from 1 to 65535"),
        ("PORT", "²", "not a whole number from 1 to 65535"),
        ("CSRF_TRUSTED_ORIGINS", "roster.example.com", "lacks the scheme"),
        ("TIME_ZONE", "Mars/Olympus", "no time zone"),
        ("TIME_ZONE", "../etc/passwd", "no time zone"),
        ("LOG_LEVEL", "loud", "none of DEBUG, INFO"),
        ("EMAIL_URL", "pigeon://loft", "no way to send e-mail"),
        ("EMAIL_URL", "smtp://localhost:post", "port that is not a number"),
    ],
)
def test_wrong_value_is_refused_by_name_with_an_example(
    tmp_path: Path, variable: str, value: str, problem: str
) -> None:
    with pytest.raises(WrongValue) as refusal:
        read(tmp_path, **{variable: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{variable} ")
    assert problem in sentence
    assert f"for example {variable}=" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("REDIS_PORT", "abc", "not a whole number"),
        ("REDIS_DB", "99", "not a whole number from 0 to 15"),
        ("REDIS_HOST", "redis://localhost", "no host name"),
    ],
)
def test_wrong_redis_part_is_refused_by_name(tmp_path: Path, variable: str, value: str, problem: str) -> None:
    with pytest.raises(WrongValue, match=problem) as refusal:
        read(tmp_path, **{"REDIS_URL": "", "REDIS_HOST": "localhost", variable: value})
    assert str(refusal.value).startswith(variable)


@pytest.mark.parametrize(("token", "problem"), [("", "is not set although MUSTER_METRICS"), ("short", "is shorter")])
def test_metrics_without_a_token_worth_the_name_are_refused(tmp_path: Path, token: str, problem: str) -> None:
    with pytest.raises(WrongValue, match=problem) as refusal:
        read(tmp_path, MUSTER_METRICS="true", METRICS_TOKEN=token)
    example = str(refusal.value).partition("for example METRICS_TOKEN=")[2]
    assert read(tmp_path, MUSTER_METRICS="true", METRICS_TOKEN=example).metrics_token == example


def test_a_token_alone_does_not_turn_metrics_on(tmp_path: Path) -> None:
    assert read(tmp_path, METRICS_TOKEN="a-token-nobody-guesses").metrics_token == ""


def test_sentry_is_off_unless_a_project_is_named(tmp_path: Path) -> None:
    assert read(tmp_path).sentry_dsn == ""
    dsn = "https://key@sentry.example.com/base/12"
    assert read(tmp_path, SENTRY_DSN=dsn).sentry_dsn == dsn


def test_an_example_of_every_kind_of_refusal_is_itself_accepted(tmp_path: Path) -> None:
    wrong = {"TIME_ZONE": "x", "LOG_LEVEL": "x", "EMAIL_URL": "x://", "PORT": "x", "DEBUG": "x", "DATABASE_URL": "x://"}
    for variable, value in wrong.items():
        with pytest.raises(WrongValue) as refusal:
            read(tmp_path, **{variable: value})
        example = str(refusal.value).partition(f"for example {variable}=")[2]
        read(tmp_path, **{variable: example})


def test_redis_may_be_given_in_parts(tmp_path: Path) -> None:
    parts = {"REDIS_HOST": "cache", "REDIS_PORT": "6380", "REDIS_DB": "2", "REDIS_PASSWORD": "p@ss/word"}
    found = read(tmp_path, REDIS_URL="", CELERY_BROKER_URL="", **parts)
    assert found.redis_url == "redis://:p%40ss%2Fword@cache:6380/2"
    assert found.celery_broker_url == found.redis_url


def test_seed_variables_for_celery_are_taken_as_they_are(tmp_path: Path) -> None:
    url = "redis://localhost:6379/0"
    found = read(tmp_path, CELERY_BROKER_URL=url, CELERY_RESULT_BACKEND=url)
    assert (found.celery_broker_url, found.celery_result_backend) == (url, url)


def test_results_go_to_the_database_unless_told_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path).celery_result_backend == "django-db"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://muster@/muster?host=/run/my%20sockets&port=5433",
        "postgresql://muster@%2Frun%2Fmy%20sockets:5433/muster",
    ],
)
def test_database_may_be_reached_by_unix_socket(tmp_path: Path, url: str) -> None:
    database = read(tmp_path, DATABASE_URL=url).database
    assert database is not None
    assert (database["HOST"], str(database["PORT"]), database["NAME"]) == ("/run/my sockets", "5433", "muster")


def test_redis_by_unix_socket_is_respelled_for_celery(tmp_path: Path) -> None:
    found = read(tmp_path, REDIS_URL="unix:///run/valkey.sock?db=3", CELERY_BROKER_URL="")
    assert found.redis_url == "unix:///run/valkey.sock?db=3"
    assert found.celery_broker_url == "redis+socket:///run/valkey.sock?virtual_host=3"
    assert celery_redis_url("unix://:pw@/run/v.sock") == "redis+socket://:pw@/run/v.sock?virtual_host=0"


def test_neither_url_means_embedded_servers_and_a_secret_key_file_of_our_own(tmp_path: Path) -> None:
    first = environment(tmp_path, {})
    assert first.embedded
    key_file = tmp_path / "var" / "secret_key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(first.secret_key) >= 50
    assert environment(tmp_path, {}).secret_key == first.secret_key
    assert sorted(path.name for path in key_file.parent.iterdir()) == ["secret_key"]


def test_data_directory_is_relative_to_the_checkout_wherever_a_command_starts(tmp_path: Path) -> None:
    assert environment(tmp_path, {"MUSTER_DATA_DIR": "elsewhere"}).data_dir == tmp_path / "elsewhere"


def test_empty_values_count_as_not_set() -> None:
    assert Values({"NAME": " "}).text("NAME", "default") == "default"
    assert Values({"NAME": ""}).boolean("NAME", default=True) is True


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with nothing but `variables` in its environment."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_start_up_stops_with_the_sentence_and_no_traceback() -> None:
    done = manage("check", **{**PRODUCTION, "PORT": "eight"})
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Muster cannot start: PORT is 'eight', which is not a whole number from 1 to 65535; for example PORT=8000"
    )


def test_production_without_a_secret_key_does_not_start() -> None:
    done = manage("check", **{**PRODUCTION, "SECRET_KEY": ""})
    assert done.returncode == 1
    assert done.stderr.startswith("Muster cannot start: SECRET_KEY is not set")


def test_deployment_check_is_clean_with_production_values() -> None:
    # A broker that does not answer is not the check's business, so the servers need not exist.
    unreachable = {
        "DATABASE_URL": "postgres://muster@127.0.0.1:9/muster",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "CELERY_BROKER_URL": "redis://127.0.0.1:9/1",
        "SENTRY_DSN": "http://key@127.0.0.1:9/1",
        "MUSTER_METRICS": "true",
        "METRICS_TOKEN": "a-token-nobody-guesses",
    }
    done = manage("check", "--deploy", "--fail-level", "WARNING", **{**PRODUCTION, **unreachable})
    assert done.returncode == 0, done.stderr


def test_one_redis_database_for_everything_is_told_at_every_command() -> None:
    one = {"REDIS_URL": "redis://127.0.0.1:9/0", "CELERY_BROKER_URL": ""}
    done = manage("check", **{**PRODUCTION, **one})
    assert done.returncode == 0
    assert "(muster.W001) The cache and the broker share database 0 of the Redis at 127.0.0.1:9" in done.stderr
    assert manage("check", "--fail-level", "WARNING", **{**PRODUCTION, **one}).returncode == 1
