"""Admin classes that cannot show or touch another organization's rows, whatever the request says.

Every model that belongs to an organization is registered with `OrganizationAdmin`, its inlines with the inlines here.
Power comes from the member's role, never from Django's model permissions.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import Field, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from jobs.admin.base import WholeActions
from jobs.models import JobRun
from rostering.access import Action, is_platform_staff
from rostering.exceptions import Conflict
from rostering.models import Organization, OwnedModel
from rostering.tenancy import allowed, current_organization


def owned_rows(model: type[Model], organization: Organization | None) -> QuerySet[Any] | None:
    """The rows of `model` a form of this organization may offer; None when the model knows no organizations."""
    manager = model._default_manager
    if issubclass(model, OwnedModel):
        return manager.filter(organization=organization) if organization else manager.none()
    if model is Organization:
        return manager.filter(pk=organization.pk) if organization else manager.none()
    if model is JobRun:
        return manager.filter(organization_id=organization.pk) if organization else manager.none()
    if model is get_user_model():
        return manager.filter(memberships__organization=organization) if organization else manager.none()
    return None


def _is_own(request: HttpRequest, obj: Model | None) -> bool:
    """Whether a row (an inline's parent too) is the current organization's; true when asked about none."""
    organization = current_organization(request)
    if obj is None or organization is None:
        return True
    owner = obj.pk if isinstance(obj, Organization) else getattr(obj, "organization_id", None)
    return owner in (None, organization.pk)


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]  # the model is the admin's
    """A form whose row belongs to `scope`: set here, never read from the request."""

    scope: Organization | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.scope is not None and getattr(self.instance, "organization_id", None) is None:
            self.instance.organization = self.scope

    def _get_validation_exclusions(self) -> set[str]:
        """Keys that are unique within an organization are only checked when the organization is not left out."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own, not in stubs
        return excluded - {"organization"}

    def _update_errors(self, errors: ValidationError) -> None:
        """Say “already used” at the field that repeats, rather than about two columns of which one is not shown."""
        moved: dict[str, list[ValidationError]] = {}
        for name, found in errors_by_field(errors).items():
            for error in found:
                check = (error.params or {}).get("unique_check", ()) if error.code == "unique_together" else ()
                others = [column for column in check if column != "organization"]
                if "organization" in check and others and others[-1] in self.fields:
                    label = self.instance._meta.get_field(others[-1]).verbose_name
                    sentence = f"Another {self.instance._meta.verbose_name} already has this {label}."
                    moved.setdefault(others[-1], []).append(ValidationError(sentence, code="unique"))
                else:
                    moved.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).append(error)
        super()._update_errors(ValidationError(moved))  # type: ignore[misc]  # Django's own, not in stubs


def errors_by_field(errors: ValidationError) -> dict[str, list[ValidationError]]:
    """A validation error's parts by field; those about no field under `__all__`."""
    if hasattr(errors, "error_dict"):
        return dict(errors.error_dict)
    return {NON_FIELD_ERRORS: list(errors.error_list)}


class ScopedRelatedFilter(RelatedDropdownFilter):
    """A filter by a related row that offers this organization's only."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = owned_rows(field.remote_field.model, current_organization(request))
        if rows is None or current_organization(request) is None:
            rows = field.remote_field.model._default_manager.all() if is_platform_staff(request.user) else None
        if rows is None:
            return []
        return [
            (str(row.pk), str(row)) for row in rows.order_by(*self.field_admin_ordering(field, request, model_admin))
        ]


class Scoped:
    """What admins and inlines of owned models share: rows, choices and powers of the current organization only."""

    model: type[Model]
    form: Any = OrganizationForm
    edit_action = Action.MANAGE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        organization = current_organization(request)
        if organization is not None:
            return rows.filter(organization=organization)
        return rows if is_platform_staff(request.user) else rows.none()

    def get_ordering(self, request: HttpRequest) -> Any:
        """The model's own order, said aloud: counts in a list's query would silently undo it and its pages overlap."""
        return super().get_ordering(request) or self.model._meta.ordering  # type: ignore[misc]

    def get_exclude(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*(super().get_exclude(request, obj) or ()), "organization"]  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = owned_rows(db_field.remote_field.model, current_organization(request))
        if rows is not None:
            kwargs["queryset"] = self.choices_for(db_field, rows, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = owned_rows(db_field.remote_field.model, current_organization(request))
        if rows is not None:
            kwargs["queryset"] = self.choices_for(db_field, rows, request)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def choices_for(self, db_field: Field[Any, Any], rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        """Narrow what a field offers further; `rows` are already the organization's own."""
        return rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return allowed(request, Action.VIEW)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return allowed(request, Action.VIEW) and _is_own(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return allowed(request, self.edit_action)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return allowed(request, self.edit_action) and _is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return allowed(request, self.edit_action) and _is_own(request, obj)


class OrganizationAdmin(Scoped, WholeActions):
    """The admin of an owned model. Another organization's row is a 404, in every view and with no word about it."""

    list_filter_submit = True
    list_fullwidth = True
    warn_unsaved_form = True
    compressed_fields = True
    list_per_page: ClassVar[int] = 50
    show_full_result_count = False
    export_form_class = ExportForm
    import_form_class = ImportForm
    empty_value_display = "–"
    empty_words = ""
    """What an empty list says there is to do."""

    def get_list_display(self, request: HttpRequest) -> Any:
        """Platform staff looking at all organizations see whose each row is."""
        columns = list(super().get_list_display(request))
        if current_organization(request) is None and "organization" not in columns:
            columns.insert(1, "organization")
        return columns

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.scope = current_organization(request)
        return form

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404(f"No {opts.verbose_name} with this number.")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None and self.needs_organization(request):
            return choose_organization_first(request)
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except Conflict as refusal:
            return self._refused(request, refusal)
        return response

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except Conflict as refusal:
            return self._refused(request, refusal)
        return response

    def _refused(self, request: HttpRequest, refusal: Conflict) -> HttpResponse:
        """Nothing was changed: say why, on the page the user was on."""
        for sentence in [refusal.sentence, *refusal.violations[:20]]:
            messages.error(request, sentence)
        return redirect(request.get_full_path())

    def needs_organization(self, request: HttpRequest) -> bool:
        """Whether platform staff must choose an organization before they can add anything here."""
        return current_organization(request) is None and is_platform_staff(request.user)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def require(self, request: HttpRequest, action: Action) -> Organization:
        """The organization of a page of our own; refuses a role below `action`."""
        organization = current_organization(request)
        if organization is None or not allowed(request, action):
            raise PermissionDenied
        return organization


def choose_organization_first(request: HttpRequest) -> HttpResponse:
    """Send platform staff to the switcher, and back here afterwards."""
    return redirect(f"{reverse('admin:organization_switch')}?{urlencode({'next': request.get_full_path()})}")


class OrganizationInline(Scoped):
    """What the two inline shapes share."""

    extra = 0
    show_change_link = True

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form.scope = current_organization(request)
        return formset


class OrganizationTabularInline(OrganizationInline, TabularInline):
    """Rows of a parent, as a table."""


class OrganizationStackedInline(OrganizationInline, StackedInline):
    """Rows of a parent, one form below another."""
