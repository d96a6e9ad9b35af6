"""What every owned model shares: its organization, and a queryset that can be narrowed to one."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property

from rostering.models.organizations import Organization


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows of one or several organizations."""

    def owned_by(self, organization: Organization | int) -> Self:
        """Only what this organization owns."""
        return self.filter(organization=organization)


class OwnedModel(models.Model):
    """A row that belongs to an organization; the database refuses links into another one.

    Composite foreign keys and triggers (migration 0002) hold the line for every path; `clean` says it in a sentence.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True

    @cached_property
    def _owned_links(self) -> list[models.ForeignKey[Any, Any]]:
        return [
            field
            for field in self._meta.concrete_fields
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, OwnedModel)
        ]

    def clean(self) -> None:
        """Refuse links to another organization's rows, field by field."""
        super().clean()
        errors: dict[str, str] = {}
        for field in self._owned_links:
            if getattr(self, field.attname) is None or self.organization_id is None:
                continue
            if getattr(self, field.name).organization_id != self.organization_id:
                errors[field.name] = f"Choose a {field.verbose_name} of your own organization."
        if errors:
            raise ValidationError(errors)
