"""What a person's browser or program does: HTTP requests, timed."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.chaos.world import FIRST_DAY, WARD

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer and how long it took."""

    status: int
    body: Any
    seconds: float


class Client:
    """Speaks to one web server, as any user."""

    def __init__(self, port: int, token_of: Callable[[str], str]) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self._token_of = token_of
        self._tokens: dict[str, str] = {}

    def answers(self) -> bool:
        """Whether the server is up."""
        try:
            with urllib.request.urlopen(f"{self.base}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def call(self, method: str, path: str, body: Any = None, *, user: str = WARD) -> Answer:
        """One request. Raises OSError when the server does not answer."""
        if user not in self._tokens:
            self._tokens[user] = self._token_of(user)
        request = urllib.request.Request(
            f"{self.base}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self._tokens[user]}", "Content-Type": "application/json"},
        )
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                status, text = refusal.code, refusal.read()
        return Answer(status, json.loads(text) if text else None, time.monotonic() - began)

    def generate(
        self, *, week: int = 0, days: int = 14, algorithm: str = "milp", seconds: int = 20, user: str = WARD
    ) -> Answer:
        """Ask for a roster of a week."""
        first = FIRST_DAY + timedelta(weeks=week)
        body = {
            "start_date": first.isoformat(),
            "end_date": (first + timedelta(days=days - 1)).isoformat(),
            "algorithm": algorithm,
            "time_limit_seconds": seconds,
        }
        return self.call("POST", "jobs/roster/generate", body, user=user)

    def cancel(self, job: str, *, user: str = WARD) -> Answer:
        """Press *Cancel*."""
        return self.call("DELETE", f"jobs/cancel/{job}", user=user)
