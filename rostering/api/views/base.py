"""Base views: the organization, the caller's power in it, and rows of no other."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.db import models, transaction
from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from rostering.access import Action
from rostering.api.permissions import RolePermission
from rostering.api.tenancy import check_claims, organization_of, required_organization
from rostering.models import Organization
from rostering.tenancy import answered_for, known_organization

M = TypeVar("M", bound=models.Model)


class TenantView(APIView):
    """A view about one organization. `write` is the power that changing takes."""

    permission_classes = [IsAuthenticated, RolePermission]
    write: ClassVar[Action] = Action.MANAGE
    powers: ClassVar[dict[str, Action]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Permissions first, then what the body claims about organization and user."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            check_claims(request, organization_of(request))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Answers that were kept, or that are files, know nothing of the view: the request says whose they are."""
        answered_for(request._request, known_organization(request))
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def organization(self) -> Organization:
        """The organization this request is about. Raises NoOrganization for platform staff who chose none."""
        return required_organization(self.request)


class OwnedViewSet(TenantView, ModelViewSet[M]):
    """Full CRUD over the organization's rows; the rows of others do not exist here (404)."""

    related: ClassVar[tuple[str, ...]] = ()
    prefetched: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self) -> QuerySet[M]:
        """The organization's rows, with what the serializer shows of their neighbors."""
        view: Any = self  # the stubs take a class-level queryset for a manager
        model: type[M] = view.queryset.model
        rows: QuerySet[M] = model._default_manager.all()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        organization = organization_of(self.request)
        if organization is not None:
            rows = rows.filter(organization=organization)
        return rows.select_related("organization", *self.related).prefetch_related(*self.prefetched)

    def perform_create(self, serializer: BaseSerializer[M]) -> None:
        with transaction.atomic():
            serializer.save()

    def perform_update(self, serializer: BaseSerializer[M]) -> None:
        with transaction.atomic():
            serializer.save()

    def perform_destroy(self, instance: M) -> None:
        with transaction.atomic():
            instance.delete()
