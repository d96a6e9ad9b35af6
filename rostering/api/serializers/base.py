"""What every serializer of an owned model shares."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.utils.functional import cached_property
from rest_framework import serializers

from rostering.api.exceptions import field_errors
from rostering.api.fields import OwnedRelatedField
from rostering.api.tenancy import organization_of
from rostering.models import Organization

M = TypeVar("M", bound=models.Model)


class OwnedSerializer(serializers.ModelSerializer[M]):
    """Fields scoped to one organization, which is never taken from the body; the model's own checks as field errors."""

    serializer_related_field = OwnedRelatedField

    @cached_property
    def owner(self) -> Organization | None:
        """The organization written for: that of the row, else the request's."""
        if isinstance(self.instance, models.Model):
            row: Any = self.instance
            organization: Organization = row.organization
            return organization
        view = self.context.get("view")
        if view is None or getattr(view, "swagger_fake_view", False):
            return None
        return organization_of(view.request)

    def get_validators(self) -> list[Any]:
        """None of DRF's own: `full_clean` checks every constraint, in the model's words."""
        return []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Run the model's `full_clean` on the row as it would become."""
        attrs = super().validate(attrs)
        many = {field.name for field in self._model._meta.many_to_many}
        candidate = copy.copy(self.instance) if isinstance(self.instance, models.Model) else self._new_row()
        for name, value in attrs.items():
            if name not in many:
                setattr(candidate, name, value)
        try:
            candidate.full_clean()
        except ModelError as error:
            raise serializers.ValidationError(field_errors(self._at_the_field(error))) from error
        return attrs

    def _at_the_field(self, error: ModelError) -> ModelError:
        """Say “already used” at the field that repeats, rather than about it and the organization."""
        moved: dict[str, list[ModelError]] = {}
        for name, found in error.error_dict.items():
            for one in found:
                repeated = [column for column in (one.params or {}).get("unique_check", ()) if column != "organization"]
                if one.code == "unique_together" and len(repeated) == 1:
                    label = self._model._meta.verbose_name
                    taken = ModelError(f"Another {label} already has this {repeated[0]}.", code="unique")
                    moved.setdefault(repeated[0], []).append(taken)
                else:
                    moved.setdefault(name, []).append(one)
        return ModelError(moved)

    def _new_row(self) -> models.Model:
        return self._model(organization=self.owner)

    @property
    def _model(self) -> type[models.Model]:
        model: Any = self.Meta.model
        return model  # type: ignore[no-any-return]

    def create(self, validated_data: dict[str, Any]) -> M:
        """The new row, of the request's organization."""
        created: M = super().create({**validated_data, "organization": self.owner})
        return created
