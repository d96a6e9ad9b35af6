"""Organizations and who is a member of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as ModelError
from rest_framework import serializers

from rostering.access import is_platform_staff
from rostering.api.serializers.base import OwnedSerializer
from rostering.models import Membership, Organization, Role
from rostering.services.members import add_existing_member, change_role, create_member


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    """An organization; its slug and whether it is active are for platform staff to change."""

    class Meta:
        model = Organization
        fields = [
            "id",
            "name",
            "slug",
            "time_zone",
            "week_start",
            "currency",
            "country",
            "subdivision",
            "roster_days",
            "time_limit_seconds",
            "fairness_weight",
            "cost_weight",
            "change_weight",
            "expiry_alert_days",
            "expiry_alert_role",
            "expiry_alert_staff",
            "shift_weeks_ahead",
            "active",
            "created_at",
        ]
        read_only_fields = ["created_at"]

    def get_fields(self) -> dict[str, Any]:
        """Owners see slug and active but cannot change them."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not is_platform_staff(request.user):
            for name in ("slug", "active"):
                fields[name].read_only = True
                fields[name].required = False
        return fields


class MembershipSerializer(OwnedSerializer[Membership]):
    """A user's place in the organization, named by username; an unknown name with a password makes the account."""

    username = serializers.CharField(source="user.get_username", max_length=150)
    name = serializers.CharField(source="user.get_full_name", read_only=True)
    email = serializers.EmailField(source="user.email", required=False, allow_blank=True)
    password = serializers.CharField(write_only=True, required=False, help_text="For a new account only.")

    class Meta:
        model = Membership
        fields = ["id", "organization", "user", "username", "name", "email", "password", "role", "created_at"]
        read_only_fields = ["organization", "user", "created_at"]

    def validate_password(self, password: str) -> str:
        """The installation's password rules."""
        try:
            validate_password(password)
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from error
        return password

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The role is all that a change can change."""
        if self.instance is None:
            return attrs
        fixed = {"username": self.instance.user.get_username(), "email": self.instance.user.email}
        asked = {"username": attrs.get("user", {}).get("get_username"), "email": attrs.get("user", {}).get("email")}
        if "password" in attrs or any(value not in (None, fixed[name]) for name, value in asked.items()):
            raise serializers.ValidationError(
                {"detail": "A membership's role can be changed, not its account; remove it and add another."}
            )
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Membership:
        """An account made for this organization; platform staff may also name an existing one."""
        account = validated_data["user"]
        username, role = account["get_username"], validated_data.get("role", Role.VIEWER)
        organization = self.context["view"].organization
        if is_platform_staff(self.context["request"].user) and "password" not in validated_data:
            return add_existing_member(organization=organization, username=username, role=role)
        return create_member(
            organization=organization,
            username=username,
            password=validated_data.get("password", ""),
            role=role,
            email=account.get("email", ""),
        )

    def update(self, instance: Membership, validated_data: dict[str, Any]) -> Membership:
        """Change the role; see `services.memberships.change_role`."""
        if "role" not in validated_data:
            return instance
        return change_role(membership=instance, role=Role(validated_data["role"]))
