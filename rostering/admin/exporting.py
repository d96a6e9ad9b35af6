"""CSV and XLSX of every list; for lists that cannot be imported the columns are named here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ExportMixin, ImportExportModelAdmin
from import_export.resources import ModelResource, modelresource_factory

from rostering.access import is_platform_staff
from rostering.admin.base import OrganizationAdmin, choose_organization_first
from rostering.resources import FORMATS, ImportRefused
from rostering.resources.formats import check_size
from rostering.tenancy import current_organization

SENTENCES_SHOWN = 10


def columns(model: type[Model], *names: str) -> type[ModelResource]:
    """An export of these columns; `site__code` follows links."""
    meta: dict[str, Any] = {"fields": names, "export_order": names}
    resource: type[ModelResource] = modelresource_factory(model, meta_options=meta)
    return resource


class ExportModelAdmin(ExportMixin, ModelAdmin):  # type: ignore[type-arg]  # of any model
    """The library's export as an admin class of its own, so that ours can stand before it."""


class ExportAdmin(OrganizationAdmin, ExportModelAdmin):
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

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._readable(request, super().import_action, **kwargs)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._readable(request, super().process_import, **kwargs)

    def _readable(self, request: HttpRequest, step: Callable[..., HttpResponse], **kwargs: Any) -> HttpResponse:
        """A step of an import; a file that cannot be imported at all is refused with its sentence."""
        if self.needs_organization(request):
            return choose_organization_first(request)
        try:
            return step(request, **kwargs)
        except ImportRefused as refusal:
            messages.error(request, str(refusal))
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}_import"
            return HttpResponseRedirect(reverse(page))

    def write_to_tmp_storage(self, import_file: Any, input_format: Any) -> Any:
        """Refuse a file that is too large before it is read."""
        check_size(import_file.size)
        return super().write_to_tmp_storage(import_file, input_format)

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """Beside the file, in our own words where we have some."""
        if isinstance(e, ImportRefused):
            form.add_error("import_file", str(e))
        else:
            super().add_data_read_fail_error_to_form(form, e)

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """What became wrong between the preview and its confirmation is told; then nothing was stored."""
        wrong = list(result.sentences())
        if wrong:
            told = " ".join(f"The file{sentence}" for sentence in wrong[:SENTENCES_SHOWN])
            raise ImportRefused(f"Nothing was imported. {told}")
        response: HttpResponse = super().process_result(result, request)
        return response

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Platform staff who chose no organization take away every one's rows, with its name in a column."""
        given: dict[str, Any] = super().get_export_resource_kwargs(request, **kwargs)
        organization = current_organization(request)
        return {
            **given,
            "organization": organization,
            "all_organizations": organization is None and is_platform_staff(request.user),
        }
