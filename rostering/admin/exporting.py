"""CSV and XLSX of every list; for lists that cannot be imported the columns are named here."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from import_export.admin import ExportMixin, ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource, modelresource_factory

from rostering.admin.base import OrganizationAdmin
from rostering.tenancy import current_organization

FORMATS = [CSV, XLSX]


def columns(model: type[Model], *names: str) -> type[ModelResource]:
    """An export of these columns; `site__code` follows links."""
    meta: dict[str, Any] = {"fields": names, "export_order": names}
    resource: type[ModelResource] = modelresource_factory(model, meta_options=meta)
    return resource


class ExportAdmin(OrganizationAdmin, ExportMixin):
    """A list that can be taken away as CSV or XLSX, filtered as shown."""

    formats = FORMATS
    export_form_class = OrganizationAdmin.export_form_class


class ImportExportAdmin(OrganizationAdmin, ImportExportModelAdmin):
    """A list that can also be brought in, with a preview that names what is wrong row by row."""

    formats = FORMATS
    import_form_class = OrganizationAdmin.import_form_class
    export_form_class = OrganizationAdmin.export_form_class

    def get_import_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Imported rows belong to the current organization, whatever the file says."""
        given: dict[str, Any] = super().get_import_resource_kwargs(request, *args, **kwargs)
        return {**given, "organization": current_organization(request)}

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        given: dict[str, Any] = super().get_export_resource_kwargs(request, **kwargs)
        return {**given, "organization": current_organization(request)}
