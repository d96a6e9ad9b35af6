"""The benchmark command: reads the public format, answers in one line and one file, and is judged independently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.curtois import main
from benchmarks.instance import Instance, InstanceError, parse_instance
from benchmarks.mapping import to_problem, to_roster
from benchmarks.verify import Roster, faults, penalty
from rostering.solver import warm
from rostering.solver.checker import judge
from rostering.solver.engine import solve
from rostering.solver.result import Options

TEXT = """
# A comment
SECTION_HORIZON
14
SECTION_SHIFTS
E,480,
L,480,E
SECTION_STAFF
A,E=14|L=3,4320,2400,5,2,2,1
B,E=14|L=14,4320,2400,5,2,2,1
C,E=5|L=14,4320,2400,5,2,2,2
SECTION_DAYS_OFF
A,0
C,5,6
SECTION_SHIFT_ON_REQUESTS
A,2,E,2
B,3,L,3
SECTION_SHIFT_OFF_REQUESTS
B,4,E,1
SECTION_COVER
""" + "\n".join(f"{day},{kind},1,100,1" for day in range(14) for kind in "EL")


@pytest.fixture
def instance() -> Instance:
    """Three people, two weeks, early and late."""
    return parse_instance(TEXT)


def test_the_checker_and_the_independent_reader_agree_on_a_solved_roster(instance: Instance) -> None:
    assert warm.ready(180)
    problem = to_problem(instance)
    result = solve(problem, Options("production", 4, threads=1))
    roster = to_roster(problem, result.assignments)
    assert faults(instance, roster) == []
    assert penalty(instance, roster) == pytest.approx(result.objective)
    assert result.bound is not None
    assert result.bound <= result.objective


BROKEN: list[tuple[Roster, str]] = [
    ([("A", 0, "E")], "day off 0"),
    ([("B", 2, "L"), ("B", 3, "E")], "follows L"),
    ([("A", day, "L") for day in (1, 2, 7, 8)], "at most 3"),
    ([("B", 1, "E")], "between 2400 and 4320"),
    ([("B", day, "E") for day in range(6)], "6 days in a row"),
    ([("B", 2, "E"), ("B", 7, "E")], "1 days in a row"),
    ([("B", 2, "E"), ("B", 3, "E"), ("B", 5, "E"), ("B", 6, "E")], "1 days off"),
    ([("B", 5, "E"), ("B", 12, "E")], "2 weekends"),
    ([("B", 1, "E"), ("B", 1, "L")], "2 shifts on day 1"),
]


@pytest.mark.parametrize(("roster", "words"), BROKEN)
def test_every_rule_of_the_format_is_read_alike_by_rules_and_reader(
    instance: Instance, roster: Roster, words: str
) -> None:
    problem = to_problem(instance)
    assert any(words in sentence for sentence in faults(instance, roster))
    verdict = judge(problem, [(person, f"{day}/{kind}") for person, day, kind in roster])
    legal_but_hours = [match for match in verdict.broken if match.rule != "minutes"]
    assert legal_but_hours if "between" not in words else verdict.broken


def test_the_command_writes_a_legal_roster_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "Small.txt", tmp_path / "solution.json"
    source.write_text(TEXT)
    assert main([str(source), "--seconds", "3", "--out", str(out)]) == 0
    answer = json.loads(out.read_text())
    assert set(answer) == {"assignments", "objective", "bound", "first_seconds"}
    roster = [(person, day, kind) for person, day, kind in answer["assignments"]]
    assert faults(parse_instance(TEXT), roster) == []
    assert penalty(parse_instance(TEXT), roster) == answer["objective"]
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "before any section"),
        ("SECTION_HORIZON\nmany", "line 2"),
        ("SECTION_MAGIC\n1", "not a section"),
        (TEXT.replace("A,0\n", "Z,0\n"), "unknown employee Z"),
        (TEXT.replace("0,E,1,100,1", "99,E,1,100,1"), "day 99 is outside"),
        (TEXT.replace("SECTION_COVER", "SECTION_SHIFT_OFF_REQUESTS"), "cannot read"),
        ("SECTION_HORIZON\n14", "SECTION_SHIFTS is missing"),
    ],
)
def test_a_malformed_file_is_answered_with_a_sentence(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match=words):
        parse_instance(text)
    source = tmp_path / "bad.txt"
    source.write_text(text)
    assert main([str(source)]) == 2


def test_a_missing_file_is_answered_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere.txt"]) == 2
    assert "cannot be read" in capsys.readouterr().err
