"""Forms that do more than their model: rules, leave, shifts at a site, weekdays, patterns into shifts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from rostering.models import Availability, Contract, Rule, Shift, ShiftPattern, ShiftType, Site, Staff
from rostering.rules import registry
from tests import builders
from tests.rostering.admin.worlds import World, form_data


def page(name: str, *args: object) -> str:
    return reverse(f"admin:rostering_{name}", args=args)


def filled(client: Client, address: str, **given: Any) -> dict[str, Any]:
    """What the form at the address would send, with these fields changed."""
    return {**form_data(client.get(address).content.decode()), **given}


def errors(answer: Any) -> dict[str, list[str]]:
    return {name: list(found) for name, found in answer.context["adminform"].form.errors.items()}


def test_rule_form_offers_every_kind(owner: Client) -> None:
    form = owner.get(page("rule_add")).context["adminform"].form
    assert [code for code, _ in form.fields["kind"].choices] == list(registry.KINDS)
    assert set(owner.get(page("rule_kinds")).json()) == set(registry.KINDS)


def test_rule_keeps_only_the_columns_its_kind_reads(owner: Client, ours: World) -> None:
    given = {"kind": "rest", "minimum": "660", "maximum": "5", "period": "week", "period_days": "9", "required": "on"}
    answer = owner.post(page("rule_add"), filled(owner, page("rule_add"), contract=str(ours.pk(Contract)), **given))
    assert answer.status_code == 302, errors(answer)
    rule = Rule.objects.latest("pk")
    assert (rule.minimum, rule.maximum, rule.period_days) == (660, None, None)
    assert rule.organization == ours.organization
    assert "11 h" in rule.sentence


def test_wrong_rule_is_told_at_its_column(owner: Client, ours: World) -> None:
    answer = owner.post(page("rule_add"), filled(owner, page("rule_add"), kind="rest", minimum=""))
    assert "minimum" in errors(answer)
    assert Rule.objects.filter(organization=ours.organization).count() == 1


def test_sentence_of_a_rule_being_typed(owner: Client) -> None:
    told = owner.get(page("rule_sentence"), {"kind": "rest", "minimum": "660", "required": "on"}).json()
    assert "11 h" in told["sentence"]
    wrong = owner.get(page("rule_sentence"), {"kind": "rest"}).json()
    assert "sentence" not in wrong
    assert wrong["errors"]


def test_contract_page_shows_each_rule_by_its_sentence_and_edits_it(owner: Client, ours: World) -> None:
    address = page("contract_change", ours.pk(Contract))
    assert ours.rows[Rule].sentence in owner.get(address).content.decode()
    assert owner.post(address, filled(owner, address, **{"rules-0-minimum": "720"})).status_code == 302
    assert Rule.objects.get(pk=ours.pk(Rule)).minimum == 720


def test_leave_is_one_span(owner: Client, ours: World) -> None:
    span = {"starts_at_0": "2027-03-01", "starts_at_1": "00:00", "ends_at_0": "2027-03-08", "ends_at_1": "00:00"}
    weekly = {"weekdays": ["1"], "start_time": "08:00", "end_time": "10:00", "starts_on": "2027-03-01"}
    data = filled(owner, page("availability_add"), staff=str(ours.pk(Staff)), repeats="once", **span, **weekly)
    assert owner.post(page("availability_add"), data).status_code == 302
    entry = Availability.objects.latest("pk")
    assert (entry.weekdays, entry.start_time, entry.starts_on) == ([], None, None)


def test_weekly_hours_need_weekdays_and_a_first_date(owner: Client, ours: World) -> None:
    given = {"repeats": "weekly", "start_time": "08:00", "end_time": "10:00"}
    data = filled(owner, page("availability_add"), staff=str(ours.pk(Staff)), **given)
    assert set(errors(owner.post(page("availability_add"), data))) == {"weekdays", "starts_on"}
    right = {**data, "weekdays": ["4", "1"], "starts_on": "2027-03-01"}
    assert owner.post(page("availability_add"), right).status_code == 302
    assert Availability.objects.latest("pk").weekdays == [1, 4]


def test_leave_that_ends_before_it_starts_is_told_at_the_end(owner: Client, ours: World) -> None:
    span = {"starts_at_0": "2027-03-08", "starts_at_1": "00:00", "ends_at_0": "2027-03-01", "ends_at_1": "00:00"}
    data = filled(owner, page("availability_add"), staff=str(ours.pk(Staff)), repeats="once", **span)
    assert errors(owner.post(page("availability_add"), data)) == {"ends_at": ["The end must be later than the start."]}


@pytest.fixture
def berlin(ours: World) -> Site:
    """A site in another zone than its organization, which is in UTC."""
    return builders.make_site("BER", organization=ours.organization, time_zone="Europe/Berlin")


def shift_fields(ours: World, site: Site, start: tuple[str, str], end: tuple[str, str]) -> dict[str, str]:
    times = {"starts_at_0": start[0], "starts_at_1": start[1], "ends_at_0": end[0], "ends_at_1": end[1]}
    return {"site": str(site.pk), "shift_type": str(ours.pk(ShiftType)), **times}


def test_shift_times_are_what_the_clock_at_the_site_says(owner: Client, ours: World, berlin: Site) -> None:
    night = shift_fields(ours, berlin, ("2027-03-27", "22:00"), ("2027-03-28", "06:00"))
    assert owner.post(page("shift_add"), filled(owner, page("shift_add"), **night)).status_code == 302
    shift = Shift.objects.latest("pk")
    assert shift.starts_at == datetime(2027, 3, 27, 21, tzinfo=UTC)
    assert shift.minutes == 7 * 60, "clocks go forward in that night"
    shown = form_data(owner.get(page("shift_change", shift.pk)).content.decode())
    assert (shown["starts_at_1"], shown["ends_at_1"]) == (["22:00:00"], ["06:00:00"])


def test_time_that_the_clock_skips_is_refused(owner: Client, ours: World, berlin: Site) -> None:
    night = shift_fields(ours, berlin, ("2027-03-28", "02:30"), ("2027-03-28", "06:00"))
    answer = owner.post(page("shift_add"), filled(owner, page("shift_add"), **night))
    assert "02:30 does not exist on 28 Mar 2027 in Europe/Berlin" in errors(answer)["starts_at"][0]


def test_weekdays_of_a_pattern_are_checkboxes(owner: Client, ours: World) -> None:
    given = {"site": str(ours.pk(Site)), "shift_type": str(ours.pk(ShiftType)), "starts_on": "2027-05-03"}
    nothing = filled(owner, page("shiftpattern_add"), **given, weekdays=[])
    assert "weekdays" in errors(owner.post(page("shiftpattern_add"), nothing))
    assert owner.post(page("shiftpattern_add"), {**nothing, "weekdays": ["5", "6"]}).status_code == 302
    assert ShiftPattern.objects.latest("pk").weekdays == [5, 6]


def test_patterns_become_shifts_once(owner: Client, ours: World) -> None:
    address = reverse("admin:rostering_shiftpattern_make_shifts")
    days = {"first_day": "2027-02-08", "last_day": "2027-02-14"}
    assert "Made 7 shifts; 0 were there already." in owner.post(address, days, follow=True).content.decode()
    assert "Made 0 shifts; 7 were there already." in owner.post(address, days, follow=True).content.decode()
    wrong = owner.post(address, {"first_day": "2027-02-14", "last_day": "2027-02-08"})
    assert "lies before the first day" in str(wrong.context["form"].errors)


def test_tags_are_words_without_doubles(owner: Client, ours: World) -> None:
    data = filled(owner, page("shifttype_add"), code="Z", name="Z", start_time="08:00", duration_minutes="480")
    assert owner.post(page("shifttype_add"), {**data, "tags": "night, weekend ,night,"}).status_code == 302
    assert ShiftType.objects.get(code="Z").tags == ["night", "weekend"]


def test_every_admin_page_of_the_libraries_is_themed_and_opens_for_platform_staff_alone(
    client: Client, ours: World
) -> None:
    platform = builders.make_user("platform", superuser=True)
    libraries = {"auth", "axes", "authtoken", "django_celery_beat", "django_celery_results"}
    models = [model for model in admin.site._registry if model._meta.app_label in libraries]
    assert len(models) == 11
    for model in models:
        site_admin = admin.site._registry[model]
        assert any(base.__module__.startswith("unfold.") for base in type(site_admin).__mro__), model
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        client.force_login(platform)
        assert client.get(address).status_code == 200
        add = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        assert client.get(add).status_code in (200, 403)
        client.force_login(ours.owner)
        assert client.get(address).status_code == 403
