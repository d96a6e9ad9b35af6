"""Organizations and memberships."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import ModelViewSet

from rostering.access import Action, is_platform_staff, may, organizations_of
from rostering.api.filtering import OwnedFilterSet
from rostering.api.serializers.organizations import MembershipSerializer, OrganizationSerializer
from rostering.api.views.base import OwnedViewSet
from rostering.models import Membership, Organization
from rostering.services.members import remove_member
from rostering.services.organizations import remove_organization


class OrganizationPermission(BasePermission):
    """Members read their organizations, owners change theirs, platform staff make and remove them."""

    message = "Only platform staff make and remove organizations; owners may change their own."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller may list, or make one."""
        return request.method != "POST" or is_platform_staff(request.user)

    def has_object_permission(self, request: Request, view: Any, obj: Organization) -> bool:
        """Whether the caller may see or change this one."""
        if request.method == "DELETE":
            return is_platform_staff(request.user)
        return request.method in SAFE_METHODS or may(request.user, obj, Action.OWN)


class OrganizationViewSet(ModelViewSet[Organization]):
    """The organizations the caller can see; listing them needs no choice among them."""

    queryset = Organization.objects.none()
    serializer_class = OrganizationSerializer
    permission_classes = [IsAuthenticated, OrganizationPermission]
    filterset_fields = ["slug", "active", "country"]
    search_fields = ["name", "slug"]
    ordering_fields = ["name", "slug", "created_at"]

    def get_queryset(self) -> QuerySet[Organization]:
        """Those of the caller's memberships, or all for platform staff."""
        if getattr(self, "swagger_fake_view", False):
            return Organization.objects.none()
        return organizations_of(self.request.user)

    def perform_destroy(self, instance: Organization) -> None:
        remove_organization(organization=instance)


class MembershipFilter(OwnedFilterSet):
    """`?role=`, `?user=`."""

    class Meta:
        model = Membership
        fields = ["role", "user"]


class MembershipViewSet(OwnedViewSet[Membership]):
    """Who is a member; owners decide."""

    queryset = Membership.objects.none()
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilter
    search_fields = ["user__username", "user__first_name", "user__last_name"]
    ordering_fields = ["user__username", "role", "created_at"]
    write = Action.OWN
    related = ("user",)

    def perform_destroy(self, instance: Membership) -> None:
        remove_member(membership=instance)
