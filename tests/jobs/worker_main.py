"""`python -m tests.jobs.worker_main ARGUMENTS`: a real Celery worker with the test kinds, for `tests.jobs.workers`.

MUSTER_TEST_JOBS holds JSON: `settings` to override and the `prefix` of the test's broker keys.
"""

from __future__ import annotations

import json
import os
import sys

import django
from django.conf import settings

if __name__ == "__main__":
    django.setup()
    from config.celery import app  # settings must be loaded first
    from tests.jobs import kinds

    given = json.loads(os.environ["MUSTER_TEST_JOBS"])
    for name, value in given["settings"].items():
        setattr(settings, name, value)
    options = {**(app.conf.broker_transport_options or {}), "global_keyprefix": given["prefix"]}
    app.conf.update(broker_transport_options=options)
    app.worker_main(["worker", f"--hostname=test-{os.getpid()}@%h", "--loglevel=INFO", *sys.argv[1:]])
    assert kinds
