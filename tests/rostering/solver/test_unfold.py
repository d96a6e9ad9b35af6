"""Sums over short windows held in the nodes of a graph: the same patterns at the same costs, fewer sums carried."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rostering.solver import unfold
from rostering.solver.compile import Compiled, compile_problem
from rostering.solver.graph import Drawings, InfeasibleError, PatternGraph, build_graph
from rostering.solver.pricing import Pricer, Scratch
from rostering.solver.primitives import Distinct, Primitive, Tier, Total
from rostering.solver.problem import Problem, Shift
from tests.rostering.solver.paths import figures, is_sound
from tests.rostering.solver.test_graph import compare as compare_paths
from tests.rostering.solver.test_pricing import compare as compare_prices
from tests.rostering.solver.worlds import crew, day_shift, in_order, problem

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
DAYS = 8
SHIFTS = in_order(
    day_shift(day, kind=kind, start=start) for day in range(DAYS) for kind, start in (("E", 6), ("N", 20))
)


def within(first: int, last: int, shifts: tuple[Shift, ...] = SHIFTS) -> list[int]:
    """Positions of the shifts of these days."""
    return [place for place, shift in enumerate(shifts) if first <= shift.day <= last]


def drawn(seed: int, budget: int | None = None) -> Problem:
    """One person, sums over windows of two to four of eight days; sites span days and are told apart in the nodes."""
    rng = random.Random(seed)
    days = [day for day in range(DAYS) for _ in range(rng.choice((1, 1, 2)))]
    shifts = in_order(
        day_shift(day, kind="EN"[days[:place].count(day)], start=6 + 12 * days[:place].count(day), id=f"s{place}")
        for place, day in enumerate(days)
    )
    limits: list[Primitive] = []
    for _ in range(rng.randint(1, 4)):
        first = rng.randint(0, DAYS - 2)
        inside = within(first, first + rng.randint(1, 3), shifts)
        over = tuple(Tier(rng.randint(0, 9), rng.choice((None, 2.0, 5.0))) for _ in range(rng.randint(0, 2)))
        under = tuple(Tier(rng.randint(1, 9), rng.choice((1.0, 3.0))) for _ in range(rng.randint(0, 2)))
        if rng.random() < 0.4:
            groups = tuple(frozenset(place for place in inside if rng.random() < 0.5) for _ in range(3))
            low = tuple(replace(tier, threshold=tier.threshold // 3) for tier in over)
            few = tuple(replace(tier, threshold=tier.threshold // 3) for tier in under)
            limits.append(Distinct(groups, (False, rng.random() < 0.2, False), low, few))
            continue
        values = {place: rng.choice((1, 2, 3)) for place in inside}
        if rng.random() < 0.3:
            limits.append(Total(values, (Tier(rng.randint(0, 6), 40.0),), (), 0, True))
            limits.append(Total(values, over, under, rng.choice((0, 3))))
        else:
            limits.append(Total(values, over, under, rng.choice((0, 0, 2, 4))))
    return problem(shifts, crew("a", shifts, limits), DAYS, cost_weight=0.05, budget_cents=budget)


@SETTINGS
@given(seed=st.integers(0, 2**32), span=st.sampled_from((1, 4)), budget=st.sampled_from((None, 1000)))
def test_paths_are_the_legal_patterns_at_their_costs_under_short_windows(
    seed: int, span: int, budget: int | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rostering.solver.held.SHORT_SPAN", span)
        compare_paths(drawn(seed, budget))


@SETTINGS
@given(seed=st.integers(0, 2**32), span=st.sampled_from((1, 4)), budget=st.sampled_from((None, 1000)))
def test_the_cheapest_pattern_is_found_under_short_windows(seed: int, span: int, budget: int | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rostering.solver.held.SHORT_SPAN", span)
        compare_prices(drawn(seed, budget), seed)


def compiled_for(*limits: Primitive, **more: int | float) -> Compiled:
    """One person under these."""
    return compile_problem(problem(SHIFTS, crew("a", SHIFTS, limits), DAYS, **more))


def graph_of(compiled: Compiled) -> PatternGraph:
    """The person's graph."""
    graph = build_graph(compiled, compiled.people[0])
    assert is_sound(graph)
    return graph


def weeks(**more: object) -> list[Total]:
    """Hours of each half of the period between a soft minimum and a required maximum."""
    limit = Total({}, (Tier(960, 0.01), Tier(1440, None)), (Tier(480, 0.1),))
    return [
        replace(limit, values=dict.fromkeys(within(first, first + 3), 480), **more)  # type: ignore[arg-type]
        for first in (0, 4)
    ]


def test_short_sums_are_held_in_the_nodes_and_the_bound_of_a_pattern_is_its_cost() -> None:
    compiled = compiled_for(*weeks())
    graph = graph_of(compiled)
    assert graph.resources == []
    price = np.random.default_rng(1).normal(0, 30, len(SHIFTS))
    priced = Pricer(graph, 0.0, {}).price(price, 1e15, Scratch(), lambda: False, quick=True)
    assert priced.exact
    assert priced.lower == pytest.approx(priced.found[0][0])


def test_money_is_weighed_in_the_nodes_unless_a_budget_will_price_it() -> None:
    wages = weeks(over=(Tier(480, 2.0),), under=(), cents=True)
    assert graph_of(compiled_for(*wages, cost_weight=0.1)).resources == []
    kept = graph_of(compiled_for(*wages, cost_weight=0.1, budget_cents=10_000)).resources
    assert [(float(resource.points.max()), float(resource.cents[-1])) for resource in kept] == [(0.0, 2880.0)] * 2
    limited = compiled_for(*wages, *weeks(), cost_weight=0.1, budget_cents=10_000)
    kept = graph_of(limited).resources
    assert [(float(resource.points.max()), len(resource.points), resource.limited) for resource in kept] == [
        (0, 4, False)
    ] * 2


def test_sums_over_half_of_the_period_or_more_are_carried() -> None:
    limit = Total(dict.fromkeys(within(0, 4), 1), (Tier(1, 2.0), Tier(4, 3.0)))
    assert len(graph_of(compiled_for(limit)).resources) == 1


def test_a_long_window_of_few_totals_that_ends_early_is_held_in_the_nodes() -> None:
    limit = Total(dict.fromkeys(within(0, 4), 1), (Tier(2, None),))
    assert graph_of(compiled_for(limit)).resources == []
    late = Total(dict.fromkeys(within(3, DAYS - 1), 1), (Tier(2, None),))
    assert len(graph_of(compiled_for(late)).resources) == 1


def test_long_groups_of_a_short_window_need_no_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rostering.solver.held.SHORT_SPAN", 1)
    kinds = [frozenset(place for place in within(0, 3) if SHIFTS[place].type == kind) for kind in "EN"]
    compiled = compiled_for(Distinct(tuple(kinds), (False, False), (Tier(1, 4.0),)))
    graph = graph_of(compiled)
    assert graph.resources == []
    assert graph.bit_resource.tolist() == []
    assert not graph.class_bits.any()
    monkeypatch.setattr(unfold, "MOST_GROUPS", 1)
    assert graph_of(compiled).bit_resource.tolist() == [0, 0]


def test_sums_stay_carried_where_the_graph_would_grow_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compiled_for(*weeks())
    monkeypatch.setattr(unfold, "MOST_ARCS", 10)
    small = figures(graph_of(compiled))
    monkeypatch.setattr(unfold, "MOST_ARCS", 30_000)
    monkeypatch.setattr(unfold, "MADE_ARCS", 10)
    assert figures(graph_of(compiled)) == small
    monkeypatch.setattr(unfold, "MADE_ARCS", 300_000)
    monkeypatch.setattr(unfold, "MOST_SLOTS", 1)
    assert figures(graph_of(compiled)) == small
    assert small[3] == 2


def test_pins_beyond_a_short_limit_are_infeasible() -> None:
    pins = frozenset(("a", SHIFTS[place].id) for place in within(0, 1) if SHIFTS[place].type == "E")
    compiled = compile_problem(problem(SHIFTS, crew("a", SHIFTS, weeks(over=(Tier(480, None),))), DAYS, pins=pins))
    with pytest.raises(InfeasibleError):
        build_graph(compiled, compiled.people[0])


def test_windows_that_cost_differently_share_the_product_and_nothing_else() -> None:
    cheap, dear = compiled_for(*weeks()), compiled_for(*weeks(under=(Tier(960, 0.5),)))
    drawings = Drawings()
    for compiled in (cheap, dear, cheap):
        together, alone = build_graph(compiled, compiled.people[0], drawings), graph_of(compiled)
        assert figures(together) == figures(alone)
        assert np.array_equal(together.arc_cost, alone.arc_cost)
    assert len(drawings._products) == 1
