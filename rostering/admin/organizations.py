"""The organization's own settings, and who is a member."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
)

from rostering.access import Action, is_platform_staff
from rostering.admin.base import OrganizationAdmin, OrganizationForm
from rostering.admin.exporting import ExportAdmin, columns
from rostering.admin.formats import number
from rostering.exceptions import Conflict
from rostering.models import Membership, Organization
from rostering.services.members import (
    change_role,
    check_account,
    check_owner_stays,
    create_member,
    remove_member,
)
from rostering.tenancy import current_organization


class OrganizationSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # the model is the admin's
    """Alert days are a line of numbers."""

    class Meta:
        model = Organization
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets say which
        widgets = {"expiry_alert_days": UnfoldAdminTextInputWidget()}


@admin.register(Organization)
class OrganizationSettingsAdmin(OrganizationAdmin):
    """The current organization's calendar, money and roster defaults; platform staff make new ones."""

    form = OrganizationSettingsForm
    edit_action = Action.OWN
    list_display = ["name", "slug", "time_zone", "currency", "country", "period", "active"]
    list_filter = ["active"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": [("name", "slug"), "active"]}),
        ("Calendar and money", {"fields": [("time_zone", "week_start"), ("country", "subdivision"), "currency"]}),
        ("Rosters", {"fields": [("roster_days", "time_limit_seconds"), "shift_weeks_ahead"]}),
        (
            "Expiry alerts",
            {
                "fields": [("expiry_alert_days", "expiry_alert_role"), "expiry_alert_staff"],
                "description": "Who is told, by e-mail and under Notifications, that certifications run out.",
            },
        ),
        (
            "What a roster weighs",
            {
                "fields": [("fairness_weight", "cost_weight", "change_weight")],
                "description": "Points, set against the weights of the rules and the cost of open places.",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        organization = current_organization(request)
        rows = Organization.objects.all()
        if organization is not None:
            return rows.filter(pk=organization.pk)
        return rows if is_platform_staff(request.user) else rows.none()

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return list(self.list_display)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Its slug and whether it is active are the platform's to decide."""
        return [] if is_platform_staff(request.user) else ["slug", "active"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        return self.prepopulated_fields if obj is None and is_platform_staff(request.user) else {}

    def needs_organization(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_platform_staff(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_platform_staff(request.user)

    @display(description="Roster period", ordering="roster_days")
    def period(self, organization: Organization) -> str:
        return number(f"{organization.roster_days} days")


class MemberForm(OrganizationForm):
    """A new account for this organization; platform staff may name an existing user instead."""

    username = forms.CharField(max_length=150, required=False, widget=UnfoldAdminTextInputWidget())
    first_name = forms.CharField(max_length=150, required=False, widget=UnfoldAdminTextInputWidget())
    last_name = forms.CharField(max_length=150, required=False, widget=UnfoldAdminTextInputWidget())
    email = forms.EmailField(required=False, widget=UnfoldAdminEmailInputWidget())
    password = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="For the first sign-in; they can change it then.",
    )

    class Meta:
        model = Membership
        fields = ["role"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is None and not cleaned.get("user"):
            missing = {name: "Needed for a new account." for name in ("username", "password") if not cleaned.get(name)}
            if missing:
                raise ValidationError({name: text for name, text in missing.items() if name in self.fields})
            check_account(username=cleaned["username"], password=cleaned["password"])
        elif self.instance.pk is not None and "role" in cleaned:
            try:
                check_owner_stays(membership=self.instance, becomes=cleaned["role"])
            except Conflict as refusal:
                raise ValidationError({"role": refusal.sentence}) from refusal
        return cleaned


@admin.register(Membership)
class MembershipAdmin(ExportAdmin):
    """Who may do what here; owners decide."""

    empty_words = "Members sign in and work in this organization. Add the first one."
    form = MemberForm
    edit_action = Action.OWN
    resource_classes = [columns(Membership, "user__username", "user__email", "role", "created_at")]
    list_display = ["user", "full_name", "email", "shown_role", "created_at"]
    list_filter = [("role", ChoicesDropdownFilter)]
    list_select_related = ["user", "organization"]
    search_fields = ["user__username", "user__first_name", "user__last_name", "user__email"]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is not None:
            return [(None, {"fields": ["user", "role"]})]
        account = ("New account", {"fields": [("username", "password"), ("first_name", "last_name"), "email"]})
        existing = [("Or an existing account", {"fields": ["user"]})] if is_platform_staff(request.user) else []
        return [(None, {"fields": ["role"]}), account, *existing]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["user"] if obj is not None else []

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return ["user"] if is_platform_staff(request.user) else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user" and is_platform_staff(request.user):
            field.queryset = db_field.remote_field.model._default_manager.all()
            field.required = False
        return field

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if change:
            change_role(membership=obj, role=obj.role)
        elif given.get("user"):
            super().save_model(request, obj, form, change)
        else:
            made = create_member(
                organization=obj.organization,
                username=given["username"],
                password=given["password"],
                role=obj.role,
                names=(given.get("first_name", ""), given.get("last_name", "")),
                email=given.get("email", ""),
            )
            obj.pk, obj.user, obj.created_at = made.pk, made.user, made.created_at

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        remove_member(membership=obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """No deleting in bulk: each removal is checked on its own."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @display(description="Name", ordering="user__last_name")
    def full_name(self, membership: Membership) -> str:
        return membership.user.get_full_name() or "–"

    @display(description="E-mail", ordering="user__email")
    def email(self, membership: Membership) -> str:
        return membership.user.email or "–"

    @display(description="Role", ordering="role", label={"owner": "primary", "manager": "success", "scheduler": "info"})
    def shown_role(self, membership: Membership) -> tuple[str, str]:
        return membership.role, membership.get_role_display().partition(":")[0]
