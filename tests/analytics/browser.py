"""What a browser does with the dashboard: one connection, kept alive, and ETags."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    tag: str


class Browser:
    """One connection, kept alive; opened again when the server closed it."""

    def __init__(self, port: int, token: str) -> None:
        self._token = token
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, tag: str = "") -> Reply:
        headers = {"Authorization": f"Token {self._token}", **({"If-None-Match": tag} if tag else {})}
        try:
            return self._get(path, headers)
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            return self._get(path, headers)

    def _get(self, path: str, headers: Mapping[str, str]) -> Reply:
        self._connection.request("GET", path, headers=dict(headers))
        response = self._connection.getresponse()
        return Reply(response.status, response.read(), response.headers.get("ETag", ""))
