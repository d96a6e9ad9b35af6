"""Certifications and who holds them."""

from __future__ import annotations

from rest_framework import serializers

from rostering.api.serializers.base import OwnedSerializer
from rostering.models import Certification, StaffCertification


class CertificationSerializer(OwnedSerializer[Certification]):
    """A kind of license or skill."""

    class Meta:
        model = Certification
        fields = ["id", "organization", "code", "name", "kind", "validity_months", "warn_days", "blocks"]
        read_only_fields = ["organization"]


class StaffCertificationSerializer(OwnedSerializer[StaffCertification]):
    """A certification a person holds."""

    staff_name = serializers.CharField(source="staff.name", read_only=True)
    certification_code = serializers.CharField(source="certification.code", read_only=True)

    class Meta:
        model = StaffCertification
        fields = [
            "id",
            "organization",
            "staff",
            "staff_name",
            "certification",
            "certification_code",
            "number",
            "issued",
            "expires",
            "verified",
        ]
        read_only_fields = ["organization"]
