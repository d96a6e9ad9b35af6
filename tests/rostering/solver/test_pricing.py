"""The pattern search against every subset of a person's shifts: exact costs, exact minima, bounds that hold."""

from __future__ import annotations

import math
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rostering.solver.compile import Compiled, compile_problem
from rostering.solver.pricing import Pricer, Scratch
from rostering.solver.problem import Problem
from rostering.solver.team import Member
from tests.rostering.rules.test_encodings import World
from tests.rostering.solver.test_against_brute_force import worlds
from tests.rostering.solver.test_against_rules import problem_of

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def cheapest_subset(compiled: Compiled, member: Member, price: np.ndarray) -> float:
    """The least any choice of the person's shifts costs at these prices, by the reference meaning of their limits."""
    person = member.person
    free = [shift for shift in person.candidates if shift not in person.pins]
    best = math.inf
    for extra in chain.from_iterable(combinations(free, size) for size in range(len(free) + 1)):
        pattern = compiled.pattern(person, person.pins | frozenset(extra))
        if not pattern.broken:
            best = min(best, compiled.cost(pattern) + float(price[list(pattern.shifts)].sum()))
    return best


def compare(problem: Problem, seed: int) -> None:
    """Price every person at a few random prices."""
    compiled, scratch = compile_problem(problem), Scratch()
    weight = problem.cost_weight
    rng = np.random.default_rng(seed)
    for person in compiled.people:
        member = Member(compiled, person)
        graph = member.graph
        pricer = Pricer(graph, weight, {})
        constant = graph.constant_points + weight * graph.constant_cents
        for scale in (0.0, 5.0, 100.0):
            price = np.round(scale * rng.standard_normal(len(problem.shifts)), 1)
            least = cheapest_subset(compiled, member, price)
            priced = pricer.price(price, 1e15, scratch, lambda: False)
            assert priced.lower + constant <= least + 1e-5
            assert priced.exact
            if math.isinf(least):
                assert not priced.found
                continue
            cost, shifts = priced.found[0]
            assert cost + constant == pytest.approx(least, abs=1e-5)
            own = compiled.cost(member.pattern(shifts)) + float(price[list(shifts)].sum())
            assert cost + constant == pytest.approx(own, abs=1e-5)
            quick = pricer.price(price, 1e15, scratch, lambda: False, quick=True)
            assert quick.lower + constant <= least + 1e-5


@SETTINGS
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_the_cheapest_pattern_is_found_under_any_primitives(world: Problem, seed: int) -> None:
    compare(world, seed)


@SETTINGS
@given(seed=st.integers(0, 2**48), rules=st.integers(0, 6))
def test_the_cheapest_pattern_is_found_under_rules_of_the_catalogue(seed: int, rules: int) -> None:
    compare(problem_of(World(seed, size=5), 1, rules), seed % 2**32)
