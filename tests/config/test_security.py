"""What strangers try: guessing passwords at the front door, and planting code where only data belongs."""

from __future__ import annotations

import base64
import json
import pickle
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client, override_settings
from kombu import Connection

from tests.config.commands import CHECKOUT
from tests.waiting import eventually

PASSWORD = "a long and private one"


@pytest.mark.django_db
@override_settings(AXES_FAILURE_LIMIT=3)
def test_guessing_at_the_admins_door_locks_the_name_out_even_for_the_right_password() -> None:
    for name in ("guessed", "other"):
        get_user_model().objects.create_superuser(username=name, password=PASSWORD)

    def sign_in(name: str, password: str) -> int:
        return Client().post("/admin/login/?next=/admin/", {"username": name, "password": password}).status_code

    assert [sign_in("guessed", "wrong") for _ in range(4)] == [200, 200, 429, 429]
    assert sign_in("guessed", PASSWORD) == 429
    assert sign_in("other", PASSWORD) == 302, "only the name that was guessed is locked"


class Planted:
    """Writes a file when somebody unpickles it."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.proof, "executed")


def pickled_message(proof: Path) -> str:
    """A Celery message whose body is a pickle, as a worker that accepts pickles would run it."""
    job = str(uuid.uuid4())
    body = base64.b64encode(pickle.dumps(Planted(proof))).decode()
    properties = {
        "correlation_id": job,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": "default"},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": job,
    }
    headers = {"lang": "py", "task": "jobs.sweep", "id": job, "root_id": job, "retries": 0}
    message = {
        "body": body,
        "content-encoding": "binary",
        "content-type": "application/x-python-serialize",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(message)


def test_the_pickle_of_these_tests_would_do_its_work_where_it_is_accepted(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Planted(tmp_path / "proof")))  # noqa: S301  # our own bytes
    assert (tmp_path / "proof").read_text() == "executed"


def test_a_pickle_planted_in_the_broker_is_thrown_away_unread_and_the_worker_works_on(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    proof, log = tmp_path / "proof", tmp_path / "log"
    queue = f"planted-{uuid.uuid4().hex}"
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "-Q",
        queue,
        "--pool=solo",
        "-n",
        f"{queue}@%h",
    ]
    with Connection(settings.CELERY_BROKER_URL) as connection, log.open("wb") as output:
        client: redis.Redis = connection.default_channel.client  # type: ignore[attr-defined]
        client.lpush(queue, pickled_message(proof))
        worker = subprocess.Popen(command, cwd=CHECKOUT, env=process_environment, stdout=output, stderr=output)
        try:
            assert eventually(lambda: b"Refusing to deserialize" in log.read_bytes(), seconds=60), log.read_text()
            client.lpush(queue, pickled_message(proof).replace("application/x-python-serialize", "application/json"))
            assert eventually(lambda: client.llen(queue) == 0 and worker.poll() is None)
        finally:
            worker.send_signal(signal.SIGQUIT)
            worker.wait(timeout=30)
            client.delete(queue)
    assert not proof.exists()


def test_a_pickle_planted_in_the_cache_is_not_executed(tmp_path: Path) -> None:
    key = f"planted-{uuid.uuid4().hex}"
    with redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as server:
        server.set(cache.make_key(key), pickle.dumps(Planted(tmp_path / "proof")))
        try:
            cache.get(key)
        except Exception as refusal:
            assert not isinstance(refusal, pickle.PickleError)
        server.delete(cache.make_key(key))
    assert not (tmp_path / "proof").exists()
