"""What analytics stores: use by day, figures by day, scores every half day."""

from analytics.models.daily import DailyMetrics
from analytics.models.health import ChurnRisk, Customer, HealthScore, HealthStatus
from analytics.models.usage import DailySalt, FeatureUse

__all__ = ["ChurnRisk", "Customer", "DailyMetrics", "DailySalt", "FeatureUse", "HealthScore", "HealthStatus"]
