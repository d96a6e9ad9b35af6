"""The browsable API."""

from __future__ import annotations

from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer


class RawBrowsableRenderer(BrowsableAPIRenderer):
    """Without HTML forms: their drop-downs would list thousands of staff and shifts, one query each."""

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """Only the buttons (DELETE, OPTIONS), never a form of fields."""
        return (
            None if method in ("POST", "PUT", "PATCH") else super().get_rendered_html_form(data, view, method, request)
        )

    def get_filter_form(self, data: Any, view: Any, request: Any) -> str:
        """None; filters are typed into the address."""
        return ""
