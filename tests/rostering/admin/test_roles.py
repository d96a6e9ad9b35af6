"""Who may do what in the back office: roles inside an organization, several organizations, platform staff."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from rostering.access import SESSION_KEY
from rostering.models import Membership, Role, Roster, Site, Staff
from tests import builders
from tests.rostering.admin.worlds import World, form_data

HOME = "/admin/"


def sign_in(client: Client, world: World, role: Role) -> Client:
    client.force_login(builders.make_member(world.organization, role))
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:rostering_{name}", args=args)


# (page, who may open it: the least role)
PAGES = [
    ("staff_changelist", Role.VIEWER),
    ("roster_changelist", Role.VIEWER),
    ("shift_add", Role.SCHEDULER),
    ("roster_generate", Role.SCHEDULER),
    ("shiftpattern_add", Role.SCHEDULER),
    ("staff_add", Role.MANAGER),
    ("site_add", Role.MANAGER),
    ("site_import", Role.MANAGER),
    ("rule_add", Role.MANAGER),
    ("membership_add", Role.OWNER),
]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("name", "least"), PAGES)
def test_pages_open_from_their_least_role_on(client: Client, ours: World, name: str, least: Role, role: Role) -> None:
    answer = sign_in(client, ours, role).get(page(name))
    assert answer.status_code == (200 if role.rank >= least.rank else 403)


def test_viewer_reads_a_person_but_cannot_save(client: Client, ours: World) -> None:
    address = page("staff_change", ours.pk(Staff))
    answer = sign_in(client, ours, Role.VIEWER).get(address)
    assert answer.status_code == 200
    assert 'name="_save"' not in answer.content.decode()
    assert client.post(address, {"first_name": "Changed"}).status_code == 403
    assert Staff.objects.get(pk=ours.pk(Staff)).first_name == f"{ours.mark}first"


def test_viewer_cannot_publish_or_edit_a_roster(client: Client, ours: World) -> None:
    sign_in(client, ours, Role.VIEWER)
    roster = ours.rows[Roster]
    assignment = roster.assignments.get()
    assert client.get(page("roster_change", roster.pk)).status_code == 200
    assert client.post(page("roster_publish", roster.pk)).status_code == 403
    assert client.post(page("roster_reoptimize", roster.pk)).status_code == 403
    assert client.post(page("roster_assignment", roster.pk, assignment.pk), {"do": "remove"}).status_code == 403
    assert roster.assignments.count() == 1


def test_signed_in_user_of_no_organization_sees_nothing(client: Client, ours: World) -> None:
    client.force_login(builders.make_user("stranger"))
    answer = client.get(page("staff_changelist"), follow=True)
    assert answer.status_code == 403
    assert "You are a member of no organization" in answer.content.decode()
    assert ours.mark not in answer.content.decode()


def test_user_of_several_organizations_chooses_one_and_stays_in_it(client: Client, ours: World, theirs: World) -> None:
    user = builders.make_member(ours.organization, Role.MANAGER)
    Membership.objects.create(organization=theirs.organization, user=user, role=Role.VIEWER)
    client.force_login(user)
    asked = client.get(page("staff_changelist"))
    assert asked.status_code == 302
    assert asked["Location"].startswith(reverse("admin:organization_switch"))
    chosen = client.post(asked["Location"], {"organization": theirs.organization.slug})
    assert chosen["Location"] == page("staff_changelist")
    shown = client.get(chosen["Location"]).content.decode()
    assert f"{theirs.mark}last" in shown
    assert f"{ours.mark}last" not in shown
    assert client.get(page("staff_add")).status_code == 403, "a viewer there, whatever the role elsewhere"


def test_choosing_an_organization_of_others_is_a_404_and_changes_nothing(owner: Client, theirs: World) -> None:
    answer = owner.post(reverse("admin:organization_switch"), {"organization": theirs.organization.slug})
    assert answer.status_code == 404
    assert SESSION_KEY not in owner.session


def test_switcher_sends_nobody_to_another_site(owner: Client, ours: World) -> None:
    address = reverse("admin:organization_switch")
    answer = owner.post(address, {"organization": ours.organization.slug, "next": "https://evil.example/"})
    assert answer["Location"] == HOME


def test_platform_staff_look_at_all_and_change_only_inside_one(client: Client, ours: World, theirs: World) -> None:
    client.force_login(builders.make_user("platform", superuser=True))
    everybody = client.get(page("staff_changelist")).content.decode()
    assert f"{ours.mark}last" in everybody
    assert f"{theirs.mark}last" in everybody
    address = page("staff_change", ours.pk(Staff))
    assert 'name="_save"' not in client.get(address).content.decode()
    assert client.post(address, {"first_name": "Changed"}).status_code == 403
    assert client.get(page("staff_add"))["Location"].startswith(reverse("admin:organization_switch"))
    client.post(reverse("admin:organization_switch"), {"organization": ours.organization.slug})
    assert client.get(page("staff_change", theirs.pk(Staff))).status_code == 404
    added = {**form_data(client.get(page("site_add")).content.decode()), "code": "NEW", "name": "New site"}
    assert client.post(page("site_add"), added).status_code == 302
    assert Site.objects.get(code="NEW").organization == ours.organization


def test_code_used_twice_is_told_at_its_field_and_another_organization_may_use_it(
    owner: Client, ours: World, theirs: World
) -> None:
    data = form_data(owner.get(page("site_add")).content.decode())
    answer = owner.post(page("site_add"), {**data, "code": f"{ours.mark}S", "name": "Again"})
    assert answer.context["adminform"].form.errors == {"code": ["Another site already has this code."]}
    assert owner.post(page("site_add"), {**data, "code": f"{theirs.mark}S", "name": "Theirs"}).status_code == 302


def test_owner_adds_a_member_who_can_sign_in(owner: Client, ours: World) -> None:
    data = form_data(owner.get(page("membership_add")).content.decode())
    given = {"username": "nina", "password": "sturdy words 42", "role": "scheduler", "email": "nina@example.com"}
    answer = owner.post(page("membership_add"), {**data, **given})
    assert answer.status_code == 302
    made = Membership.objects.get(user__username="nina")
    assert (made.organization, made.role) == (ours.organization, "scheduler")
    other = Client()
    signed_in = other.post(reverse("admin:login"), {"username": "nina", "password": "sturdy words 42"})
    assert signed_in.status_code == 302
    assert other.get(page("roster_generate")).status_code == 200


def test_wrong_new_member_is_refused_at_its_fields(owner: Client, ours: World) -> None:
    data = form_data(owner.get(page("membership_add")).content.decode())
    given = {"username": ours.owner.username.lower(), "password": "123", "role": "viewer"}
    answer = owner.post(page("membership_add"), {**data, **given})
    assert set(answer.context["adminform"].form.errors) == {"username", "password"}
    assert Membership.objects.filter(organization=ours.organization).count() == 1


def test_last_owner_can_neither_step_down_nor_be_removed(owner: Client, ours: World) -> None:
    pk = ours.pk(Membership)
    answer = owner.post(page("membership_change", pk), {"role": "viewer"})
    assert "last owner" in str(answer.context["adminform"].form.errors["role"])
    removed = owner.post(page("membership_delete", pk), {"post": "yes"}, follow=True)
    assert "last owner" in removed.content.decode()
    assert Membership.objects.get(pk=pk).role == Role.OWNER
