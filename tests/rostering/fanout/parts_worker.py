"""`python -m tests.rostering.fanout.parts_worker PREFIX ARGUMENTS`: a real Celery worker with these broker keys."""

from __future__ import annotations

import os
import sys

import django

if __name__ == "__main__":
    django.setup()
    from config.celery import app  # settings must be loaded first

    options = {**(app.conf.broker_transport_options or {}), "global_keyprefix": sys.argv[1]}
    app.conf.update(broker_transport_options=options)
    app.worker_main(["worker", f"--hostname=parts-{os.getpid()}@%h", "--loglevel=INFO", *sys.argv[2:]])
