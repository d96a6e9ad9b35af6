"""Messages that Muster has not sent, or not so often."""

from __future__ import annotations

from collections.abc import Sequence

from celery import Celery

from tests.chaos.stack import Stack


def send_again(stack: Stack, jobs: Sequence[str], *, times: int, queue: str = "solve") -> None:
    """Send the message of each job so many times more."""
    sender = Celery(broker=stack.broker_url, set_as_current=False)
    with sender.connection_for_write() as connection:
        for _ in range(times):
            for job in jobs:
                sender.send_task("jobs.run", args=[job], queue=queue, connection=connection, ignore_result=True)
