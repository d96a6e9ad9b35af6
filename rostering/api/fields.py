"""Relational fields that know no row outside the organization."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.fields import IntegerField
from rest_framework.relations import MANY_RELATION_KWARGS, ManyRelatedField, PrimaryKeyRelatedField

from rostering.api.tenancy import rows_of

LARGEST_ID = 2**63 - 1


class IdField(IntegerField):
    """The id of a row, in a body that is no row itself; whoever reads it looks it up in the organization."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class OwnedManyField(ManyRelatedField):
    """A list of ids, looked up in one query."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, str) or not hasattr(data, "__iter__"):
            self.fail("not_a_list", input_type=type(data).__name__)
        ids = list(data)
        child: Any = self.child_relation
        for pk in ids:
            if isinstance(pk, bool) or not str(pk).isascii() or not str(pk).isdecimal() or len(str(pk)) > 40:
                child.fail("incorrect_type", data_type=type(pk).__name__)
        found = child.get_queryset().in_bulk([int(pk) for pk in ids if int(pk) <= LARGEST_ID])
        for pk in ids:
            if int(pk) not in found:
                child.fail("does_not_exist", pk_value=pk)
        return list(found.values())


class OwnedRelatedField(PrimaryKeyRelatedField[Any]):
    """The id of a row of the serializer's organization; any other id “does not exist”."""

    default_error_messages = {"does_not_exist": "No such id: {pk_value} does not exist."}

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> OwnedManyField:
        """The field for a many-to-many relation."""
        of_list = {name: value for name, value in kwargs.items() if name in MANY_RELATION_KWARGS}
        return OwnedManyField(child_relation=cls(*args, **kwargs), **of_list)

    def get_queryset(self) -> QuerySet[Any]:
        """The organization's rows of the related model."""
        field: Any = self  # the stubs take a class-level queryset for a manager
        base = field.queryset
        if base is None:
            raise AssertionError(f"{self.field_name} is read-only and has no rows to choose from.")
        return rows_of(base.model, owner_of(self)).order_by()


def owner_of(field: Any) -> Any:
    """The organization of the serializer that a field or serializer belongs to."""
    current = field
    while current is not None:
        if hasattr(current, "owner"):
            return current.owner
        current = current.parent
    return None
