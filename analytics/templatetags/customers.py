"""Customers for pages that analytics does not compose, such as the platform's home."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from analytics.badges import badge
from analytics.selectors.customers import at_risk

register = template.Library()


@register.simple_tag
def customers_at_risk(limit: int) -> list[Any]:
    """Those with the highest churn risk, with their last score; for pages that platform staff alone see."""
    return list(at_risk(limit))


@register.simple_tag
def health_badge(customer: Any) -> SafeString:
    """The colored badge of a customer with a score."""
    return badge(customer.health_status, customer.health_score)
