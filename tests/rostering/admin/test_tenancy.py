"""Every page of the back office, walked as one organization's owner with another organization's ids."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import ForeignKey, Model
from django.forms import ModelMultipleChoiceField
from django.test import Client
from django.urls import reverse
from unfold.contrib.filters.admin import RelatedDropdownFilter

from jobs.models import JobRun
from rostering.admin.base import OrganizationForm, Scoped, ScopedRelatedFilter
from rostering.models import Membership, Organization, OwnedModel, Roster, Rule
from tests.rostering.admin.worlds import World, form_data

OWNED: list[type[Model]] = sorted(
    [model for model in admin.site._registry if issubclass(model, OwnedModel)], key=lambda model: model.__name__
)
WALKED: list[type[Model]] = [*OWNED, Organization, Membership, JobRun]
UNEDITED = ("Roster", "Gap", "Assignment", "Notification", "DailyMetrics", "FeatureUse")
EDITED = [model for model in OWNED if model.__name__ not in UNEDITED]


def name_of(model: type[Model]) -> str:
    return model.__name__


def url(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def everything(model: type[Model]) -> list[dict[str, Any]]:
    """All rows as they stand in the database."""
    return list(model._default_manager.order_by("pk").values())


def test_every_owned_model_has_a_scoped_admin_page_or_inline() -> None:
    inlined = {inline.model for site_admin in admin.site._registry.values() for inline in site_admin.inlines}
    for model in OwnedModel.__subclasses__():
        registered = admin.site._registry.get(model)
        assert registered is not None or model in inlined, f"{model.__name__} has no admin"
        assert registered is None or isinstance(registered, Scoped), f"{model.__name__} has an admin that is not scoped"
        assert registered is None or issubclass(registered.form, OrganizationForm)


def test_every_inline_of_a_scoped_admin_is_scoped() -> None:
    for registered in admin.site._registry.values():
        if isinstance(registered, Scoped):
            assert all(issubclass(inline, Scoped) for inline in registered.inlines), registered


def test_every_filter_by_a_related_row_offers_own_rows_only() -> None:
    for model in OWNED:
        for given in admin.site._registry[model].list_filter:
            path, kind = given if isinstance(given, tuple) else (given, None)
            if not isinstance(path, str):
                continue
            field = get_fields_from_path(model, path)[-1]
            if field.is_relation or (isinstance(kind, type) and issubclass(kind, RelatedDropdownFilter)):
                assert kind is ScopedRelatedFilter, f"{model.__name__}: {path}"


@pytest.mark.parametrize("model", WALKED, ids=name_of)
def test_list_shows_nothing_of_another_organization(owner: Client, theirs: World, model: type[Model]) -> None:
    page = owner.get(url(model, "changelist"))
    assert page.status_code == 200
    assert theirs.mark not in page.content.decode()


@pytest.mark.parametrize("model", WALKED, ids=name_of)
def test_list_filtered_by_foreign_ids_shows_nothing(owner: Client, theirs: World, model: type[Model]) -> None:
    for field in model._meta.get_fields():
        target = getattr(field, "related_model", None)
        if target in theirs.rows and getattr(field, "concrete", False):
            query = {f"{field.name}__id__exact": theirs.pk(target)}
            page = owner.get(url(model, "changelist"), query, follow=True)
            assert theirs.mark not in page.content.decode()


@pytest.mark.parametrize("page", ["change", "delete", "history"])
@pytest.mark.parametrize("model", WALKED, ids=name_of)
def test_page_of_a_foreign_row_does_not_exist(
    owner: Client, ours: World, theirs: World, model: type[Model], page: str
) -> None:
    """404, or the 403 that one's own row gets where the role does not allow the page at all."""
    before = everything(model)
    for ask in (owner.get, owner.post):
        answer = ask(url(model, page, theirs.pk(model)))
        assert theirs.mark not in answer.content.decode()
        if answer.status_code == 403:
            assert ask(url(model, page, ours.pk(model))).status_code == 403
        else:
            assert answer.status_code == 404
    assert everything(model) == before
    assert theirs.mark not in owner.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("model", EDITED, ids=name_of)
def test_add_page_prefilled_with_foreign_ids_shows_nothing_of_them(
    owner: Client, theirs: World, model: type[Model]
) -> None:
    links = [field for field in [*model._meta.concrete_fields, *model._meta.many_to_many] if field.is_relation]
    query = {field.name: theirs.pk(field.related_model) for field in links if field.related_model in theirs.rows}
    query.pop("organization")
    page = owner.get(url(model, "add"), query)
    assert page.status_code == 200
    assert theirs.mark not in page.content.decode()


@pytest.mark.parametrize("model", EDITED, ids=name_of)
def test_change_page_offers_nothing_of_another_organization(
    owner: Client, ours: World, theirs: World, model: type[Model]
) -> None:
    page = owner.get(url(model, "change", ours.pk(model)))
    assert page.status_code == 200
    assert theirs.mark not in page.content.decode()


@pytest.mark.parametrize("model", EDITED, ids=name_of)
def test_saving_a_row_as_it_stands_changes_nothing(owner: Client, ours: World, model: type[Model]) -> None:
    before = everything(model)
    address = url(model, "change", ours.pk(model))
    answer = owner.post(address, form_data(owner.get(address).content.decode()))
    assert answer.status_code == 302, answer.context["errors"]
    assert everything(model) == before


@pytest.mark.parametrize("model", EDITED, ids=name_of)
def test_raw_post_of_foreign_ids_is_a_form_error_and_changes_nothing(
    owner: Client, ours: World, theirs: World, model: type[Model]
) -> None:
    address = url(model, "change", ours.pk(model))
    page = owner.get(address)
    data = form_data(page.content.decode())
    before = everything(model)
    for name, field in page.context["adminform"].form.fields.items():
        target = getattr(getattr(field, "queryset", None), "model", None)
        if target not in theirs.rows:
            continue
        foreign = [str(theirs.pk(target))]
        own = data.get(name, []) if isinstance(field, ModelMultipleChoiceField) else []
        answer = owner.post(address, {**data, name: [*own, *foreign]})
        assert answer.status_code == 200, f"{name} took a foreign id"
        assert name in answer.context["adminform"].form.errors
        assert theirs.mark not in answer.content.decode()
    assert everything(model) == before


@pytest.mark.parametrize("model", EDITED, ids=name_of)
def test_organization_in_the_body_is_not_read(owner: Client, ours: World, theirs: World, model: type[Model]) -> None:
    address = url(model, "change", ours.pk(model))
    data = form_data(owner.get(address).content.decode())
    named = {"organization": theirs.organization.pk, "organization_id": theirs.organization.pk}
    owner.post(address, {**data, **named})
    assert model._default_manager.get(pk=ours.pk(model)).organization_id == ours.organization.pk  # type: ignore[attr-defined]


def test_foreign_id_in_an_inline_is_refused(owner: Client, ours: World, theirs: World) -> None:
    staff = next(row for model, row in ours.rows.items() if model.__name__ == "Staff")
    address = url(type(staff), "change", staff.pk)
    data = form_data(owner.get(address).content.decode())
    foreign = next(row for model, row in theirs.rows.items() if model.__name__ == "Certification")
    before = list(staff.certifications.values())
    answer = owner.post(address, {**data, "certifications-0-certification": [str(foreign.pk)]})
    assert answer.status_code == 200
    assert list(staff.certifications.values()) == before
    held = next(row for model, row in theirs.rows.items() if model.__name__ == "StaffCertification")
    owner.post(address, {**data, "certifications-0-id": [str(held.pk)], "certifications-0-number": ["taken over"]})
    held.refresh_from_db()
    assert held.number == f"{theirs.mark}-held"


@pytest.mark.parametrize("model", EDITED, ids=name_of)
def test_autocomplete_offers_own_rows_only(owner: Client, ours: World, theirs: World, model: type[Model]) -> None:
    for name in admin.site._registry[model].autocomplete_fields:
        field = model._meta.get_field(name)
        query = {"app_label": model._meta.app_label, "model_name": str(model._meta.model_name), "field_name": name}
        answer = owner.get(reverse("admin:autocomplete"), {**query, "term": ""})
        assert answer.status_code == 200
        ids = {result["id"] for result in answer.json()["results"]}
        assert str(ours.pk(field.related_model)) in ids  # type: ignore[arg-type]
        assert str(theirs.pk(field.related_model)) not in ids  # type: ignore[arg-type]
        assert owner.get(reverse("admin:autocomplete"), {**query, "term": theirs.mark}).json()["results"] == []


@pytest.mark.parametrize("model", WALKED, ids=name_of)
def test_bulk_delete_of_foreign_rows_deletes_nothing(owner: Client, theirs: World, model: type[Model]) -> None:
    before = everything(model)
    data = {"action": "delete_selected", "_selected_action": [str(theirs.pk(model))], "post": "yes"}
    answer = owner.post(url(model, "changelist"), data, follow=True)
    assert theirs.mark not in answer.content.decode()
    assert everything(model) == before


@pytest.mark.parametrize("model", OWNED, ids=name_of)
def test_export_holds_own_rows_only(owner: Client, ours: World, theirs: World, model: type[Model]) -> None:
    address = url(model, "export")
    page = owner.get(address)
    assert page.status_code == 200
    data = {**form_data(page.content.decode()), "format": "0"}
    answer = owner.post(address, data)
    assert answer.status_code == 200
    assert "csv" in answer["Content-Type"]
    text = answer.content.decode()
    assert theirs.mark not in text
    assert (
        len(text.splitlines())
        == 1 + type(ours.rows[model])._default_manager.filter(organization=ours.organization).count()
        or model is Rule
    )


@pytest.mark.parametrize("page", ["publish", "reoptimize", "compare"])
def test_pages_about_a_foreign_roster_do_not_exist(owner: Client, theirs: World, page: str) -> None:
    roster = theirs.pk(Roster)
    address = reverse(f"admin:rostering_roster_{page}", args=[roster])
    answers = [owner.post(address), *([owner.get(address)] if page != "reoptimize" else [])]
    for answer in answers:
        assert answer.status_code == 404
        assert theirs.mark not in answer.content.decode()
    assert Roster.objects.get(pk=roster).status == "draft"


def test_assignment_of_a_foreign_roster_cannot_be_seen_or_edited(owner: Client, ours: World, theirs: World) -> None:
    assignment = next(row for model, row in theirs.rows.items() if model.__name__ == "Assignment")
    for roster in (theirs.pk(Roster), ours.pk(Roster)):
        address = reverse("admin:rostering_roster_assignment", args=[roster, assignment.pk])
        assert owner.get(address).status_code == 404
        assert owner.post(address, {"do": "remove"}).status_code == 404
    assignment.refresh_from_db()


def test_roster_cannot_be_compared_with_a_foreign_one(owner: Client, ours: World, theirs: World) -> None:
    address = reverse("admin:rostering_roster_compare", args=[ours.pk(Roster)])
    assert owner.get(address, {"against": theirs.pk(Roster)}).status_code == 404
    assert owner.get(address).status_code == 200


def test_roster_filtered_by_foreign_ids_shows_nothing_of_them(owner: Client, ours: World, theirs: World) -> None:
    site = next(row for model, row in theirs.rows.items() if model.__name__ == "Site")
    address = reverse("admin:rostering_roster_change", args=[ours.pk(Roster)])
    for query in ({"site": site.pk}, {"certification": 10**12}, {"by": "site", "site": site.pk}):
        page = owner.get(address, query)
        assert page.status_code == 200
        assert theirs.mark not in page.content.decode()


def test_generating_at_a_foreign_site_or_near_a_foreign_roster_is_refused(
    owner: Client, ours: World, theirs: World
) -> None:
    site = next(row for model, row in theirs.rows.items() if model.__name__ == "Site")
    address = reverse("admin:rostering_roster_generate")
    data = form_data(owner.get(address).content.decode())
    before = Roster.objects.count()
    for wrong in ({"sites": [str(site.pk)]}, {"base": [str(theirs.pk(Roster))]}):
        answer = owner.post(address, {**data, **wrong})
        assert answer.status_code == 200
        assert next(iter(wrong)) in answer.context["form"].errors
        assert theirs.mark not in answer.content.decode()
    assert Roster.objects.count() == before


def test_search_finds_own_rows_only(owner: Client, ours: World, theirs: World) -> None:
    found = owner.get(reverse("admin:search"), {"s": theirs.mark, "extended": "1"}).content.decode()
    assert theirs.mark not in found
    assert "No results" in found
    assert f"{ours.mark}last" in owner.get(reverse("admin:search"), {"s": ours.mark, "extended": "1"}).content.decode()


def test_links_between_tenants_are_foreign_keys_the_walk_knows_of(ours: World) -> None:
    for model in OwnedModel.__subclasses__():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and issubclass(field.related_model, OwnedModel):
                assert field.related_model in ours.rows, f"{model.__name__}.{field.name} is not in the walk's world"
