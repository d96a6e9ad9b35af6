"""Customers for pages that analytics does not compose, such as the platform's home."""

from __future__ import annotations

from typing import Any

from django import template

from analytics.selectors.customers import at_risk

register = template.Library()


@register.simple_tag
def customers_at_risk(limit: int) -> list[Any]:
    """Those with the highest churn risk, with their last score; for pages that platform staff alone see."""
    return list(at_risk(limit))
