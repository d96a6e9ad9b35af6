"""Daily metrics and feature use for members, customers for platform staff."""

from analytics.admin.customers import CustomerAdmin
from analytics.admin.metrics import DailyMetricsAdmin, FeatureUseAdmin

__all__ = ["CustomerAdmin", "DailyMetricsAdmin", "FeatureUseAdmin"]
