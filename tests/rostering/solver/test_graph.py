"""Pattern graphs: their paths are the legal patterns at their costs, they are small, and people share them."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rostering.solver.compile import Compiled, compile_problem
from rostering.solver.graph import Drawings, InfeasibleError, build_graph
from rostering.solver.minimal import minimize
from rostering.solver.primitives import Distinct, Gap, Linear, Primitive, Run, Succession, Tier, Total
from rostering.solver.problem import Problem, Staff
from rostering.solver.product import Product
from rostering.solver.team import Member, Team
from tests.rostering.rules.test_encodings import World
from tests.rostering.solver.paths import figures, is_sound, paths
from tests.rostering.solver.test_against_brute_force import worlds
from tests.rostering.solver.test_against_rules import problem_of
from tests.rostering.solver.worlds import HOUR, Stated, crew, day_shift, in_order, problem, ward

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def compare(found: Problem) -> None:
    """Everyone's paths, one graph built after the other, against every subset of their shifts."""
    compiled, drawings = compile_problem(found), Drawings()
    for person in compiled.people:
        member = Member(compiled, person, drawings)
        graph = member.graph
        assert is_sound(graph)
        walked = list(paths(graph, found.cost_weight))
        costs = dict(walked)
        assert len(costs) == len(walked)
        free = [shift for shift in person.candidates if shift not in person.pins]
        gaps = [limit for limit in person.limits if isinstance(limit, Gap) and limit.cost is None]
        legal = 0
        for extra in chain.from_iterable(combinations(free, size) for size in range(len(free) + 1)):
            pattern = compiled.pattern(member.person, person.pins | frozenset(extra))
            if pattern.broken:
                continue
            if member.person.elastic and pattern.shifts not in costs:
                close = [gap for gap in gaps if gap.evaluate(pattern.shifts, compiled.shifts).broken]
                assert close, (
                    "an elastic person's graph leaves out shifts of a day that are too close, and nothing else"
                )
                continue
            legal += 1
            assert costs[pattern.shifts] == pytest.approx(compiled.cost(pattern), rel=1e-9, abs=1e-6)
        assert legal == len(costs)


@SETTINGS
@given(world=worlds())
def test_paths_are_the_legal_patterns_at_their_costs_under_any_primitives(world: Problem) -> None:
    compare(world)


@SETTINGS
@given(seed=st.integers(0, 2**48), people=st.integers(1, 3), rules=st.integers(0, 6))
def test_paths_are_the_legal_patterns_at_their_costs_under_rules_of_the_catalogue(
    seed: int, people: int, rules: int
) -> None:
    compare(problem_of(World(seed, size=6), people, rules))


DAYS = 7
KINDS = (("E", 6), ("L", 14), ("N", 22))
SHIFTS = in_order(day_shift(day, kind=kind, start=start) for day in range(DAYS) for kind, start in KINDS)
BY_DAY = tuple(frozenset(i for i, shift in enumerate(SHIFTS) if shift.day == day) for day in range(DAYS))


def of(kind: str) -> frozenset[int]:
    """Positions of the shifts of a kind."""
    return frozenset(i for i, shift in enumerate(SHIFTS) if shift.type == kind)


def most(kind: str, limit: int) -> Total:
    """At most so many shifts of a kind."""
    return Total(dict.fromkeys(of(kind), 1), (Tier(limit, None),))


def compiled_for(*primitives: Primitive) -> Compiled:
    """One person, one shift a day at the most, under these."""
    return compile_problem(problem(SHIFTS, crew("a", SHIFTS, primitives)))


def test_shifts_that_no_limit_allows_are_no_options() -> None:
    compiled = compiled_for(most("N", 0))
    graph = build_graph(compiled, compiled.people[0])
    assert not of("N") & set(graph.option_shifts.tolist())
    assert graph.resources == []


def test_a_limit_that_no_pattern_reaches_is_not_carried() -> None:
    run = Run(BY_DAY, (False,) * DAYS, 3, None, None)
    compiled = compiled_for(run, Total(dict.fromkeys(range(len(SHIFTS)), 1), (Tier(6, None),)))
    assert build_graph(compiled, compiled.people[0]).resources == []


def test_a_limit_that_another_implies_is_not_carried() -> None:
    hours = Total(dict.fromkeys(range(len(SHIFTS)), 480), (Tier(4 * 480, None),))
    compiled = compiled_for(hours, most("E", 4), most("L", 3))
    resources = build_graph(compiled, compiled.people[0]).resources
    assert [resource.cap for resource in resources] == [4, 3]


def test_sums_that_grow_alike_are_one_and_their_costs_add_up() -> None:
    minutes = Total(dict.fromkeys(range(len(SHIFTS)), 480), (Tier(5 * 480, None),))
    number = Total(dict.fromkeys(range(len(SHIFTS)), 1), (Tier(3, 2.0),))
    compiled = compiled_for(minutes, number)
    (resource,) = build_graph(compiled, compiled.people[0]).resources
    assert resource.points.tolist() == [0, 0, 0, 0, 2, 4]
    assert (resource.unit, resource.limited) == (480, True)


def test_a_window_is_held_against_the_limits_of_its_parts() -> None:
    halves = [
        Total({i: 1 for i, shift in enumerate(SHIFTS) if shift.day in days}, (Tier(2, None),))
        for days in (range(4), range(4, DAYS))
    ]
    whole = Total(dict.fromkeys(range(len(SHIFTS)), 1), (Tier(4, None),))
    compiled = compiled_for(*halves, whole)
    assert build_graph(compiled, compiled.people[0]).resources == []
    longer = compiled_for(*halves, replace(whole, over=(Tier(3, None),)))
    assert [resource.cap for resource in build_graph(longer, longer.people[0]).resources] == [3]


def test_weekends_that_each_cost_the_same_are_a_price_of_arcs() -> None:
    weekends = Distinct(((BY_DAY[0] | BY_DAY[1]), (BY_DAY[5] | BY_DAY[6])), (False, False), (Tier(0, 3.0),))
    compiled = compiled_for(weekends)
    graph = build_graph(compiled, compiled.people[0])
    assert graph.resources == []
    assert max(graph.arc_cost) == pytest.approx(3.0)


def test_shifts_that_mean_the_same_in_the_end_are_one_class() -> None:
    same = in_order(day_shift(day, kind=kind, start=start) for day in range(3) for kind, start in (("E", 6), ("F", 7)))
    single = [Total(dict.fromkeys((2 * day, 2 * day + 1), 1), (Tier(1, None),)) for day in range(3)]
    compiled = compile_problem(problem(same, crew("a", same, single)))
    assert figures(build_graph(compiled, compiled.people[0])) == (4, 3, 3, 0)


def test_successions_to_the_same_followers_are_one() -> None:
    rules = [Succession(of(kind), of("E"), 1, None) for kind in ("L", "N")]
    single = [Total(dict.fromkeys(day, 1), (Tier(1, None),)) for day in BY_DAY]
    shifts = tuple(replace(shift, end=shift.start + HOUR) for shift in SHIFTS)
    staff = Staff("a", "A", rules=(Stated((*rules, *single, Gap({}, None)), shifts),))
    compiled = compile_problem(problem(shifts, (staff,)))
    graph = build_graph(compiled, compiled.people[0])
    assert np.diff(graph.node_start).tolist() == [1, 2, 2, 2, 2, 2, 2, 1]


def test_pins_beyond_a_limit_make_the_person_elastic() -> None:
    compiled = compile_problem(problem(SHIFTS, crew("a", SHIFTS, [most("N", 0)]), pins=frozenset({("a", "N3")})))
    with pytest.raises(InfeasibleError):
        build_graph(compiled, compiled.people[0])
    assert Member(compiled, compiled.people[0]).person.elastic


def test_people_of_whom_the_same_is_asked_share_nodes_and_arcs_and_differ_in_prices() -> None:
    team = Team(compile_problem(ward(people=3)))
    first, *others = [member.graph for member in team.members]
    assert all(graph.arc_head is first.arc_head and graph.arc_gain is first.arc_gain for graph in others)
    wishes = (Linear({0: 5.0}), Linear({0: -5.0}), Linear({1: 2.0}))
    staff = [
        replace(person, rules=(*person.rules, Stated((wish,), ward().shifts)))
        for person, wish in zip(ward(people=3).staff, wishes, strict=True)
    ]
    graphs = [member.graph for member in Team(compile_problem(replace(ward(people=3), staff=tuple(staff)))).members]
    assert len({id(graph.arc_head) for graph in graphs}) == 1
    assert len({graph.option_points.tobytes() for graph in graphs}) == len(graphs)


def test_a_graph_is_the_same_whoever_was_built_before() -> None:
    compiled = compile_problem(ward(people=4))
    limits = [(*person.limits, most("E", number)) for number, person in enumerate(compiled.people)]
    people = [replace(person, limits=given) for person, given in zip(compiled.people, limits, strict=True)]
    drawings = Drawings()
    for person in people:
        together, alone = build_graph(compiled, person, drawings), build_graph(compiled, person)
        assert figures(together) == figures(alone)
        for name in ("arc_head", "arc_cost", "arc_gain", "option_shifts", "class_start"):
            assert np.array_equal(getattr(together, name), getattr(alone, name))


def hand_made(costs: list[float], final: list[float]) -> Product:
    """Two nodes after one class each, then classes 2 and 3 from both to two ends."""
    return Product(
        node_start=np.array([0, 1, 3, 5]),
        arc_start=np.array([0, 2, 4, 6, 6, 6]),
        arc_head=np.array([1, 2, 3, 4, 3, 4]),
        arc_class=np.array([0, 1, 2, 3, 2, 3]),
        arc_cost=np.array(costs),
        arc_gain=np.zeros((6, 1), dtype=np.int32),
        final_cost=np.array(final),
    )


def test_nodes_whose_futures_differ_by_a_constant_become_one() -> None:
    product = hand_made([0.0, 0.0, 1.0, 5.0, 4.0, 8.0], [2.0, 0.0])
    small = minimize(product, product.arc_gain, product.arc_cost, np.zeros(4, dtype=np.int64))
    assert np.diff(small.product.node_start).tolist() == [1, 1, 1]
    assert small.classes == len(small.product.arc_head) == 2
    totals = small.product.arc_cost[[0, 0]] + small.extra[:2]
    assert totals.tolist() == [3.0, 6.0]
    assert (small.extra[2:] - small.extra[2]).tolist() == [0.0, 2.0]


def test_nodes_and_classes_that_differ_stay_apart() -> None:
    product = hand_made([0.0, 0.0, 1.0, 5.0, 4.0, 9.0], [2.0, 0.0])
    small = minimize(product, product.arc_gain, product.arc_cost, np.zeros(4, dtype=np.int64))
    assert np.diff(small.product.node_start).tolist() == [1, 2, 1]
    assert small.classes == 4
    apart = hand_made([0.0] * 6, [0.0, 0.0])
    bits = np.array([0, 1, 0, 0], dtype=np.int64)
    assert minimize(apart, apart.arc_gain, apart.arc_cost, bits).classes == 3


def test_a_graph_is_smaller_than_the_product_it_comes_from() -> None:
    compiled, drawings = compile_problem(ward(people=1, days=28)), Drawings()
    graph = build_graph(compiled, compiled.people[0], drawings)
    (measured,) = [found for found in drawings._products.values() if found is not None]
    nodes, arcs, _, _ = figures(graph)
    assert nodes < 0.8 * len(measured.product.arc_start)
    assert arcs < 0.8 * len(measured.product.arc_head)


def test_products_are_let_go_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rostering.solver.graph.KEPT_ARCS", 100)
    compiled, drawings = compile_problem(ward(people=3)), Drawings()
    people = [
        replace(person, limits=(*person.limits, most("E", number))) for number, person in enumerate(compiled.people)
    ]
    for person in [*people, *people]:
        assert figures(build_graph(compiled, person, drawings)) == figures(build_graph(compiled, person))
        assert len(drawings._products) == 1
