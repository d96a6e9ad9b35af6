"""The real broker, and brokers that are broken in the ways that matter."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from celery import current_app
from kombu import Connection, Producer, Queue

QUEUES = ("default", "solve")


def messages(queue: str) -> int:
    """How many messages wait in a queue."""
    with _channel() as channel:
        return int(channel.queue_declare(queue).message_count)


def empty() -> None:
    """Lose every message, as a broker without persistence does on restart."""
    with _channel() as channel:
        for queue in QUEUES:
            channel.queue_declare(queue)
            channel.queue_purge(queue)


def plant(body: bytes, *, content_type: str) -> None:
    """Put a message of somebody else's making into the default queue, as a call of the task `jobs.run`."""
    headers = {
        "lang": "py",
        "task": "jobs.run",
        "id": "planted",
        "root_id": "planted",
        "argsrepr": "",
        "kwargsrepr": "",
    }
    with _channel() as channel:
        Producer(channel).publish(
            body,
            routing_key="default",
            content_type=content_type,
            content_encoding="binary",
            headers=headers,
            declare=[Queue("default", routing_key="default")],
        )


@contextmanager
def at(port: int) -> Iterator[None]:
    """Send messages to this port instead."""
    before = current_app.conf.broker_write_url
    current_app.conf.update(broker_write_url=f"redis://127.0.0.1:{port}/0")
    try:
        yield
    finally:
        current_app.conf.update(broker_write_url=before)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses connections."""
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield int(reserved.getsockname()[1])


@contextmanager
def hung_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield int(server.getsockname()[1])


@contextmanager
def _channel() -> Iterator[Any]:
    options = current_app.conf.broker_transport_options
    with Connection(current_app.conf.broker_url, transport_options=options) as connection:
        yield connection.default_channel
