"""What the libraries leave behind goes after a while, and nothing sooner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone

from config import housekeeping
from config.housekeeping import forget_sessions, forget_sign_ins
from jobs.runner import run_job
from jobs.services import enqueue
from jobs.states import Status

pytestmark = pytest.mark.django_db


def session(key: str, days: int) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))


def test_expired_sessions_go_and_live_ones_stay() -> None:
    session("old", -1)
    session("live", 1)
    assert forget_sessions() == 1
    assert Session.objects.get().session_key == "live"


def test_sign_ins_older_than_ninety_days_go() -> None:
    for model in (AccessAttempt, AccessLog, AccessFailureLog):
        fields = {"failures_since_start": 1} if model is AccessAttempt else {}
        for name in ("old", "new"):
            model.objects.create(username=name, ip_address="192.0.2.1", user_agent=name, **fields)
        model.objects.filter(username="old").update(attempt_time=timezone.now() - timedelta(days=91))
    assert forget_sign_ins() == 3
    for model in (AccessAttempt, AccessLog, AccessFailureLog):
        assert model.objects.get().username == "new"


def test_a_step_that_fails_stops_no_other_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise RuntimeError("disk")

    monkeypatch.setattr(housekeeping, "STEPS", (("sock", broken), ("expired session", forget_sessions)))
    session("old", -1)
    job = run_job(enqueue(kind="housekeeping.clean").pk, inline=True)
    assert job is not None
    assert (job.status, job.error) == (Status.FAILED, "Could not remove socks; the log has the reason.")
    assert not Session.objects.exists()
