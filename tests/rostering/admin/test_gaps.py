"""A gap in words, and giving its place to somebody from its page."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from rostering.admin.gap_text import describe_gaps
from rostering.models import Gap, Organization, Role, Shift
from rostering.services.scoring import refresh
from tests import builders
from tests.builders import MONDAY

LEAVE = {"rule": "availability", "label": "Availability", "sentence": "Anna: on leave."}
LIMIT = {"rule": "shifts", "label": "Shifts (D12 or E)", "sentence": "Anna: 1 shift, at most 0 allowed."}
REST = {"rule": "rest", "label": "Rest", "sentence": "Anna: 8 h rest, at least 11 h needed."}
FREE = {"rule": "free", "label": "Could work it", "sentence": "Anna could work it."}


@pytest.fixture
def guards(db: None) -> Organization:
    return builders.make_organization("guards", time_zone="Europe/Berlin")


@pytest.fixture
def manager(client: Client, guards: Organization) -> Client:
    client.force_login(builders.make_member(guards, Role.MANAGER))
    return client


def reason(kind: dict[str, str], count: int) -> dict[str, Any]:
    return {**kind, "count": count, "staff": []}


def lacking(count: int, *codes: str) -> dict[str, Any]:
    sentence = f"Anna: holds no valid {' or '.join(codes)} (E 06:00 at HARBOR)."
    return {"rule": "certification", "label": "Certification", "count": count, "staff": [], "sentence": sentence}


def summary(guards: Organization, *reasons: dict[str, Any], asks: tuple[str, ...] = ()) -> str:
    shift = builders.make_shift(organization=guards)
    for code in asks:
        shift.required_certifications.add(builders.make_certification(code, organization=guards))
    gap = builders.make_gap(builders.make_roster(organization=guards), shift, reasons=list(reasons))
    return describe_gaps([gap])[0].summary


def test_one_rule_against_everybody_reads_as_a_sentence(guards: Organization) -> None:
    assert summary(guards, lacking(80, "DOG"), asks=("DOG",)) == "All 80 people are without a valid DOG."
    assert summary(guards, reason(LEAVE, 1)) == "The only person is on leave or unavailable."


def test_rules_are_told_by_the_number_they_rule_out_and_keep_the_case_of_their_names(guards: Organization) -> None:
    found = summary(guards, reason(LIMIT, 8), lacking(69, "DOG"), reason(REST, 2), reason(LEAVE, 1), asks=("DOG",))
    told = "69 without a valid DOG · 8 at the limit “Shifts (D12 or E)” · 2 without enough rest"
    assert found == f"{told} · 1 ruled out by another rule"


def test_who_could_take_it_comes_first(guards: Organization) -> None:
    assert summary(guards, reason(REST, 5), reason(FREE, 2)) == "2 could take it · 5 without enough rest"


def test_of_several_certifications_the_one_missing_is_named_as_an_example(guards: Organization) -> None:
    found = summary(guards, lacking(4, "DOG"), reason(LEAVE, 1), asks=("DOG", "GUARD"))
    assert found.startswith("4 without a certification such as DOG · ")


def open_night(guards: Organization) -> Gap:
    """A night nobody works; Ben is on leave, Anna could."""
    builders.make_staff("Anna Adler", organization=guards)
    builders.make_availability(builders.make_staff("Ben Bauer", organization=guards), reason="Leave")
    kind = builders.make_shift_type("N", organization=guards, start="22:00")
    builders.make_shift(datetime.combine(MONDAY + timedelta(days=1), time(22)), shift_type=kind, organization=guards)
    builders.make_availability(
        builders.make_staff("Cleo Conrad", organization=guards),
        *(datetime.combine(MONDAY + timedelta(days=day), time()) for day in (0, 5)),
    )
    roster = builders.make_roster(organization=guards)
    refresh(roster=roster)
    return roster.gaps.get()


def address(gap: Gap) -> str:
    return reverse("admin:rostering_gap_change", args=[gap.pk])


def test_the_page_counts_everybody_once(manager: Client, guards: Organization) -> None:
    gap = open_night(guards)
    shown = manager.get(address(gap)).context["gap"]
    assert shown.people == 3
    assert sorted(name for reason in shown.reasons for name in reason.names) == [
        "Anna Adler",
        "Ben Bauer",
        "Cleo Conrad",
    ]


def test_a_place_is_given_from_the_page_and_the_gap_is_gone(manager: Client, guards: Organization) -> None:
    gap = open_night(guards)
    offered = {other["name"]: other for other in manager.get(address(gap)).context["others"]}
    assert offered["Anna Adler"]["eligible"] and not offered["Cleo Conrad"]["eligible"]
    manager.post(address(gap), {"do": "give", "staff": offered["Anna Adler"]["staff"]})
    assert gap.roster.assignments.get().staff.last_name == "Adler"
    assert not gap.roster.gaps.exists()


def test_the_page_names_the_smallest_change_and_does_it(manager: Client, guards: Organization) -> None:
    gap = open_night(guards)
    page = manager.get(address(gap)).content.decode()
    assert "What would fill it" in page and "Anna Adler takes the place; nothing else changes." in page
    done = manager.post(address(gap), {"do": "carry-out", "position": "0"}, follow=True)
    assert "Anna Adler takes the place" in done.content.decode()
    assert gap.roster.assignments.get().staff.last_name == "Adler"


def test_a_smaller_change_is_looked_for_when_asked(manager: Client, guards: Organization) -> None:
    gap = open_night(guards)
    gap.remedies, gap.remedies_thorough = None, False
    gap.save()
    assert "Look for what would fill it" in manager.get(address(gap)).content.decode()
    manager.post(address(gap), {"do": "look"})
    gap.refresh_from_db()
    assert gap.remedies and gap.remedies_thorough
    assert "Look for" not in manager.get(address(gap)).content.decode()
    listed = manager.get("/admin/rostering/gap/").content.decode()
    assert "What would fill a place" in listed and "Anna Adler takes the place" in listed
    board = manager.get(reverse("admin:rostering_roster_change", args=[gap.roster_id])).content.decode()
    assert "Anna Adler takes the place" in board


def test_the_gap_of_another_organization_is_not_there(client: Client, guards: Organization) -> None:
    gap = open_night(guards)
    client.force_login(builders.make_member(builders.make_organization("others"), Role.MANAGER))
    for wanted in ({"do": "look"}, {"do": "carry-out", "position": "0"}):
        assert client.post(address(gap), wanted).status_code == 404
    assert not gap.roster.assignments.exists()


def test_what_cannot_be_done_is_told_on_the_page(manager: Client, guards: Organization) -> None:
    gap = open_night(guards)
    for position in ("9", "-1", "x", ""):
        answer = manager.post(address(gap), {"do": "carry-out", "position": position}, follow=True)
        assert "look again" in answer.content.decode()
    assert not gap.roster.assignments.exists()


def test_the_score_shows_weights_and_rules(manager: Client, guards: Organization) -> None:
    gap = open_night(guards)
    board = manager.get(reverse("admin:rostering_roster_change", args=[gap.roster_id])).content.decode()
    assert "Points for each place unfilled" in board and "Weight " in board


def test_remedies_read_without_the_name_of_the_shift_and_with_what_they_cost(guards: Organization) -> None:
    shift = builders.make_shift(organization=guards)
    label = f"E 08:00–16:00 Mon 01 Feb at {shift.site.code}"
    row = {
        "kind": "certification",
        "sentence": f"Have Anna certified with DOG ({label}). Anna takes the place.",
        "also": 2,
    }
    row |= {"headline": f"Have Anna certified with DOG ({label}).", "points": -1000, "cents": 1250, "staff": 1}
    hire = {**row, "kind": "hire", "also": 0}
    gap = builders.make_gap(builders.make_roster(organization=guards), shift, remedies=[row, hire])
    first, second = describe_gaps([gap])[0].remedies
    assert first.headline == "Have Anna certified with DOG."
    assert first.sentence == (
        "Have Anna certified with DOG. Anna takes the place. "
        "The same change would fill 2 other open shifts too, each by itself."
    )
    assert first.figures == "wages +€12.50, 1,000 points fewer" and not first.doable
    assert second.figures == ""


def test_a_barred_person_needs_a_reason(manager: Client, guards: Organization) -> None:
    gap = open_night(guards)
    offered = {other["name"]: other["staff"] for other in manager.get(address(gap)).context["others"]}
    refused = manager.post(address(gap), {"do": "give", "staff": offered["Cleo Conrad"]}, follow=True)
    assert "cannot take" in refused.content.decode()
    assert not gap.roster.assignments.exists()
    manager.post(address(gap), {"do": "give", "staff": offered["Cleo Conrad"], "reason": "Came back early"})
    assert gap.roster.assignments.get().override_reason == "Came back early"


def test_an_empty_list_says_what_to_do_and_an_empty_search_that_nothing_matches(
    manager: Client, guards: Organization
) -> None:
    gaps, staff = "/admin/rostering/gap/", "/admin/rostering/staff/"
    assert "Places that a generated roster leaves open appear here" in manager.get(gaps).content.decode()
    assert "Each needs a contract, so add that first" in manager.get(staff).content.decode()
    assert "No staff match the search" in manager.get(staff, {"q": "nobody"}).content.decode()


def test_a_viewer_reads_the_page_and_gives_nothing(client: Client, guards: Organization) -> None:
    gap = open_night(guards)
    client.force_login(builders.make_member(guards, Role.VIEWER))
    assert "Give to" not in client.get(address(gap)).content.decode()
    for wanted in ({"do": "give", "staff": "1"}, {"do": "look"}, {"do": "carry-out", "position": "0"}):
        assert client.post(address(gap), wanted).status_code == 403
    assert "Do this" not in client.get(address(gap)).content.decode()
    assert Shift.objects.count() == 1 and not gap.roster.assignments.exists()
