"""A customer's health as a colored badge, the same on every page."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from analytics.models import HealthStatus
from analytics.scoring import AT_RISK, HEALTHY


def tone(score: float | None) -> str:
    """The color family of a score of 100."""
    if score is None:
        return "off"
    return "good" if score >= HEALTHY else "fair" if score >= AT_RISK else "poor"


def of_100(score: float | None) -> str:
    """A score without its fraction; a dash when unknown."""
    return "–" if score is None else f"{score:.0f}"


def badge(status: str | None, score: float | None) -> SafeString:
    """The score and what it means."""
    label = HealthStatus(status or HealthStatus.UNKNOWN).label
    context = {"tone": tone(score), "label": label, "score": of_100(score)}
    # The template escapes; what it renders is safe to put into a page.
    return mark_safe(render_to_string("admin/analytics/badge.html", context).strip())  # noqa: S308
