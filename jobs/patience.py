"""Writes that wait for a database that is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")

logger = logging.getLogger(__name__)

DATABASE_ERRORS = (OperationalError, InterfaceError)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0


def outlast(write: Callable[[], T], *, seconds: float) -> T:
    """Run a write, a whole transaction, again on a new connection until the database takes it, for so many seconds.

    The write must bear being run again, also when only the answer to its commit was lost. Raises the database's last
    error, and at once whatever else the write raises.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return write()
        except DATABASE_ERRORS as error:
            if time.monotonic() + pause > deadline:
                raise
            logger.warning("The database did not take a job's write (%s); it is tried again", error)
            connection.close()
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
