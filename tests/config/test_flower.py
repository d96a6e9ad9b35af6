"""Flower, the real one against the test broker: never without a password."""

from __future__ import annotations

import base64
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.flower import problem
from tests.config.commands import CHECKOUT
from tests.ports import free_port

SIGN_IN = "operator:long-enough"
START_SECONDS = 60.0


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "FLOWER_BASIC_AUTH is not set"),
        ({"FLOWER_BASIC_AUTH": "  "}, "FLOWER_BASIC_AUTH is not set"),
        ({"FLOWER_BASIC_AUTH": "operator"}, "must be user:password"),
        ({"FLOWER_BASIC_AUTH": "operator:"}, "must be user:password"),
        ({"FLOWER_BASIC_AUTH": ":long-enough"}, "must be user:password"),
        ({"FLOWER_BASIC_AUTH": "operator:short"}, "at least 8 characters"),
        ({"FLOWER_BASIC_AUTH": f"{SIGN_IN},other:"}, "must be user:password"),
        ({"FLOWER_BASIC_AUTH": SIGN_IN, "FLOWER_UNAUTHENTICATED_API": "true"}, "would open Flower's API"),
    ],
)
def test_flower_is_refused_without_a_password_worth_the_name(variables: dict[str, str], sentence: str) -> None:
    assert sentence in problem(variables)


def test_flower_may_start_with_one_password_or_several() -> None:
    assert problem({"FLOWER_BASIC_AUTH": SIGN_IN}) == ""
    assert problem({"FLOWER_BASIC_AUTH": f"{SIGN_IN},other:longer-still"}) == ""


def test_without_a_password_the_program_ends_with_a_sentence(process_environment: dict[str, str]) -> None:
    environment = {**process_environment, "PYTHONPATH": str(CHECKOUT)}
    environment.pop("FLOWER_BASIC_AUTH", None)
    done = subprocess.run(
        [sys.executable, "-m", "config.flower"],
        cwd=CHECKOUT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "Flower cannot start: FLOWER_BASIC_AUTH is not set" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def flower(process_environment: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """The port of a running Flower; gone when the test ends."""
    port = free_port()
    environment = {**process_environment, "PYTHONPATH": str(CHECKOUT), "FLOWER_BASIC_AUTH": SIGN_IN}
    environment["FLOWER_URL"] = "https://flower.example.com"  # ours, not one of Flower's options
    with (tmp_path / "flower.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.flower", f"--port={port}"],
            cwd=CHECKOUT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, port, tmp_path / "flower.log")
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"Flower did not listen:\n{log.read_text(errors='replace')[-3000:]}")


def status(port: int, page: str, sign_in: str = "") -> int:
    """The HTTP status of a page, asked for with or without a user and password."""
    headers = {"Authorization": "Basic " + base64.b64encode(sign_in.encode()).decode()} if sign_in else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", page, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_flower_shows_nothing_without_the_password_and_everything_with_it(flower: int) -> None:
    for page in ("/", "/workers", "/broker", "/tasks", "/api/workers"):
        assert status(flower, page) == 401, page
        assert status(flower, page, "operator:wrong-password") == 401, page
    for page in ("/workers", "/broker", "/tasks", "/api/workers", "/api/queues/length"):
        assert status(flower, page, SIGN_IN) == 200, page
    assert status(flower, "/healthcheck") == 200
