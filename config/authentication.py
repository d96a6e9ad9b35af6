"""The demo's sign-ins are known to everybody who reads the README: they open nothing but a demo."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class DemoSignInGuard:
    """Refuses the demo's names with the demo's passwords unless `MUSTER_DEMO` is set; signs nobody in itself.

    Has no `get_user` on purpose: Django would take it for a backend that remembers who is signed in.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> None:
        """Raises `PermissionDenied`, which ends the attempt, for a demo sign-in outside a demo."""
        if not settings.DEMO and password is not None and settings.DEMO_SIGN_INS.get(username or "") == password:
            raise PermissionDenied("Demo sign-ins work in the demo only.")
