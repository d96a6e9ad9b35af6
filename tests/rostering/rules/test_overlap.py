"""No two shifts at the same time."""

from __future__ import annotations

from tests.rostering.rules.world import check, rule, sentences, shift

OVERLAP = rule("overlap")


def test_a_shift_may_start_when_the_last_one_ends() -> None:
    assert check(OVERLAP, [shift(0, "A", "06:00", 8), shift(0, "B", "14:00", 8)]) == []


def test_a_minute_in_common_is_an_overlap() -> None:
    assert sentences(OVERLAP, [shift(0, "A", "06:00", 8), shift(0, "B", "13:59", 8)]) == [
        "Alice: B on Mon 2 Mar overlaps A on Mon 2 Mar."
    ]


def test_published_work_at_another_site_overlaps_too() -> None:
    """Known fault: existing assignments were ignored by overlap."""
    published = shift(2, "N", "22:00", 12, site="other")
    assert sentences(OVERLAP, [shift(3)], context=[published]) == ["Alice: D on Thu 5 Mar overlaps N on Wed 4 Mar."]


def test_every_shift_inside_a_long_one_is_found() -> None:
    day_long = shift(0, "L", "00:00", 24)
    inside = [shift(0, "A", "06:00", 2), shift(0, "B", "10:00", 2), shift(0, "C", "20:00", 2)]
    assert len(check(OVERLAP, [day_long, *inside])) == 3


def test_overlaps_among_published_work_are_not_this_rosters_fault() -> None:
    assert check(OVERLAP, [shift(8)], context=[shift(0), shift(0, suffix="x")]) == []
