"""Contracts and their rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from rostering.admin.base import (
    OrganizationForm,
    OrganizationStackedInline,
    OrganizationTabularInline,
    ScopedRelatedFilter,
)
from rostering.admin.exporting import ExportAdmin, ImportExportAdmin, columns
from rostering.admin.formats import hours, number
from rostering.admin.widgets import ArrayChoiceField
from rostering.models import Contract, Organization, OvertimeTier, Rule, ShiftType
from rostering.models.contracts import RULE_COLUMNS
from rostering.resources import ContractResource
from rostering.rules import registry
from rostering.tenancy import current_organization

RULE_FIELDS: list[Any] = [
    ("kind", "required"),
    ("minimum", "maximum"),
    ("period", "period_days"),
    ("shift_types", "then_types"),
    "tags",
    "weight",
    ("valid_from", "valid_until"),
]


class KindSelect(UnfoldAdminSelectWidget):
    """The choice of kind; rule.js shows the columns it reads and keeps the sentence beside it."""

    class Media:
        js = ["rostering/rule.js"]

    def __init__(self) -> None:
        super().__init__(attrs={"data-rule-kind": "1"})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-kinds-url"] = reverse_lazy("admin:rostering_rule_kinds")
        context["widget"]["attrs"]["data-sentence-url"] = reverse_lazy("admin:rostering_rule_sentence")
        return context


class RuleForm(OrganizationForm):
    """A rule; columns that its kind does not read are emptied, so that no forgotten value can hide in them."""

    kind = forms.ChoiceField(choices=[(code, kind.label) for code, kind in registry.KINDS.items()], widget=KindSelect)
    shift_types = ArrayChoiceField()
    then_types = ArrayChoiceField(label="Then types")
    tags = ArrayChoiceField()

    class Meta:
        model = Rule
        exclude = ["organization"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes, tags = self._words()
        for name, words in (("shift_types", codes), ("then_types", codes), ("tags", tags)):
            if name in self.fields:
                kept = getattr(self.instance, name) or []
                self.fields[name].offer([*words, *kept])  # type: ignore[attr-defined]
        if "required" in self.fields:
            self.fields["required"].help_text = ""
        for name in ("period", "weight"):
            if name in self.fields:
                self.fields[name].required = False

    def _words(self) -> tuple[list[str], list[str]]:
        """The organization's shift type codes and tags; asked of the database once for all forms of a page."""
        if self.scope is None:
            return [], []
        cached: tuple[list[str], list[str]] | None = getattr(self.scope, "_rule_words", None)
        if cached is None:
            kinds = list(ShiftType.objects.owned_by(self.scope).values_list("code", "tags"))
            cached = [code for code, _ in kinds], sorted({tag for _, found in kinds for tag in found})
            self.scope._rule_words = cached  # type: ignore[attr-defined]
        return cached

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind = registry.KINDS.get(cleaned.get("kind", ""))
        if kind is None:
            return cleaned
        for name in RULE_COLUMNS:
            if name not in kind.columns or (name in ("period", "weight") and cleaned.get(name) in (None, "")):
                cleaned[name] = kind.defaults.get(name, _default_of(name))
        if kind.required is not None:
            cleaned["required"] = kind.required
        if cleaned.get("period") != "rolling":
            cleaned["period_days"] = cleaned["period_days"] if not kind.periods else None
        return cleaned


def _default_of(column: str) -> Any:
    field: Any = Rule._meta.get_field(column)
    return field.get_default()


class RuleInline(OrganizationStackedInline):
    """A contract's rules, each under its sentence."""

    model = Rule
    form = RuleForm
    fields = RULE_FIELDS
    collapsible = True
    verbose_name_plural = "Rules"


class OvertimeInline(OrganizationTabularInline):
    """What working beyond so many minutes a week costs."""

    model = OvertimeTier
    fields = ["after_minutes", "premium_percent"]
    verbose_name_plural = "Overtime"


@admin.register(Contract)
class ContractAdmin(ImportExportAdmin):
    """Kinds of employment."""

    empty_words = "Everybody has a contract: weekly hours, premiums and rules. Add the first one before the staff."
    resource_classes = [ContractResource]
    list_display = ["name", "week", "sunday", "holiday", "rule_count", "staff_count"]
    search_fields = ["name"]
    inlines = [RuleInline, OvertimeInline]
    fieldsets = [
        (None, {"fields": [("name", "weekly_minutes")]}),
        ("Premiums", {"fields": [("sunday_premium_percent", "holiday_premium_percent")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contract]:
        rows: QuerySet[Contract] = super().get_queryset(request)
        people = Count("staff", filter=Q(staff__active=True), distinct=True)
        return rows.annotate(rule_total=Count("rules", distinct=True), people=people)

    @display(description="Week", ordering="weekly_minutes")
    def week(self, contract: Contract) -> str:
        return number(hours(contract.weekly_minutes))

    @display(description="Sundays", ordering="sunday_premium_percent")
    def sunday(self, contract: Contract) -> str:
        return number(f"+{contract.sunday_premium_percent} %")

    @display(description="Public holidays", ordering="holiday_premium_percent")
    def holiday(self, contract: Contract) -> str:
        return number(f"+{contract.holiday_premium_percent} %")

    @display(description="Rules", ordering="rule_total")
    def rule_count(self, contract: Any) -> str:
        return number(contract.rule_total)

    @display(description="Staff", ordering="people")
    def staff_count(self, contract: Any) -> str:
        return number(contract.people)


class KindFilter(DropdownFilter):
    """By kind of rule."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, kind.label) for code, kind in registry.KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Rule)
class RuleAdmin(ExportAdmin):
    """Every rule, of contracts and of the whole organization."""

    empty_words = (
        "Rules bind everybody, or those with one contract; the usual ones are always on. Add what your agreements ask."
    )
    form = RuleForm
    resource_classes = [columns(Rule, "contract__name", "kind", *map(str, RULE_COLUMNS))]
    list_display = ["shown_sentence", "whose", "shown_kind", "force", "validity"]
    list_filter = [KindFilter, ("contract", ScopedRelatedFilter), "required"]
    list_select_related = ["contract", "organization"]
    search_fields = ["kind", "contract__name"]
    autocomplete_fields = ["contract"]
    fieldsets = [(None, {"fields": ["contract", *RULE_FIELDS]})]

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        own = [
            path("kinds/", self.admin_site.admin_view(self.kinds_view), name="rostering_rule_kinds"),
            path("sentence/", self.admin_site.admin_view(self.sentence_view), name="rostering_rule_sentence"),
        ]
        return own + urls

    def kinds_view(self, request: HttpRequest) -> JsonResponse:
        """What each kind reads, for rule.js."""
        kinds = {
            code: {
                "help": kind.help,
                "columns": dict(kind.columns),
                "periods": list(kind.periods),
                "defaults": dict(kind.defaults),
                "required": kind.required,
            }
            for code, kind in registry.KINDS.items()
        }
        return JsonResponse(kinds)

    def sentence_view(self, request: HttpRequest) -> JsonResponse:
        """The sentence of the rule being typed, or what is still wrong with it; saves nothing."""
        form = modelform(current_organization(request))(data=request.GET)
        if form.is_valid():
            return JsonResponse({"sentence": form.instance.sentence})
        return JsonResponse({"errors": [str(error) for errors in form.errors.values() for error in errors]})

    @display(description="Rule", ordering="kind")
    def shown_sentence(self, rule: Rule) -> str:
        return rule.sentence

    @display(description="Binds", ordering="contract")
    def whose(self, rule: Rule) -> str:
        return str(rule.contract) if rule.contract_id else "Everybody"

    @display(description="Kind", ordering="kind")
    def shown_kind(self, rule: Rule) -> str:
        return registry.KINDS[rule.kind].label if rule.kind in registry.KINDS else rule.kind

    @display(description="Force", ordering="required", label={"Required": "danger", "Preferred": "info"})
    def force(self, rule: Rule) -> tuple[str, str]:
        return ("Required", "Required") if rule.required else ("Preferred", f"Preferred · {rule.weight:g}")

    @display(description="Valid", ordering="valid_from")
    def validity(self, rule: Rule) -> str:
        if not (rule.valid_from or rule.valid_until):
            return "always"
        since = f"from {rule.valid_from:%d %b %Y}" if rule.valid_from else ""
        until = f"until {rule.valid_until:%d %b %Y}" if rule.valid_until else ""
        return f"{since} {until}".strip()


def modelform(scope: Organization | None) -> type[RuleForm]:
    """The rule form without its contract, for an organization."""
    form: Any = forms.modelform_factory(Rule, form=RuleForm, exclude=["organization", "contract"])
    form.scope = scope
    made: type[RuleForm] = form
    return made
