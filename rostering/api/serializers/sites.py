"""Sites."""

from __future__ import annotations

from rostering.api.serializers.base import OwnedSerializer
from rostering.models import Site


class SiteSerializer(OwnedSerializer[Site]):
    """A place that is staffed."""

    class Meta:
        model = Site
        fields = [
            "id",
            "organization",
            "code",
            "name",
            "client_name",
            "address",
            "time_zone",
            "required_certifications",
            "active",
        ]
        read_only_fields = ["organization"]
