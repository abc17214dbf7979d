"""Events are sets: their algebra, how they are named, and what may not be mixed."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import spaces, spaces_with_events

from probml.probability import FiniteSpace, RandomVariable, product, uniform

DIE = uniform(range(1, 7))


@given(spaces_with_events(2))
def test_events_behave_as_sets(world):
    P, A, B = world
    S, a, b = set(P.outcomes), set(A), set(B)
    assert (set(A | B), set(A & B), set(A - B), set(~A)) == (a | b, a & b, a - b, S - a)
    assert (A <= B, A >= B, A == B) == (a <= b, a >= b, a == b)
    assert (len(A), [s in A for s in P.outcomes]) == (len(a), [s in a for s in P.outcomes])
    assert ~(A | B) == ~A & ~B
    assert {A, ~~A} == {A}
    assert list(A) == [s for s in P.outcomes if s in a]


@given(spaces())
def test_ways_to_name_an_event(P):
    first, *_ = P.outcomes
    mask = np.arange(len(P)) == 0
    ways = [{first}, frozenset([first]), {first: 0}.keys(), mask, mask.tolist()]
    ways += [lambda s: s == first, P.event(mask)]
    assert len({P.event(way) for way in ways}) == 1


def test_ranges_of_outcomes():
    P = uniform(range(10, 1000, 10))
    assert P.event(range(10, 50, 10)) == P.event({10, 20, 30, 40}) == P.event({10.0, 20, 30, 40})
    assert P.event({np.int64(10)}) == P.event({10})
    assert 15 not in P.sure
    assert "x" not in P.sure


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ({6, 7}, ValueError, r"subset of the sample space \(got 7"),
        ({"six"}, ValueError, r"subset of the sample space \(got 'six'"),
        (np.array([True]), ValueError, r"expected shape \(6,\) \(got bool of shape \(1,\)\)"),
        (np.arange(6), ValueError, "a mask must be boolean.*as a set"),
        ([1, 2], ValueError, "a mask must be boolean.*as a set"),
        (lambda s: s % 2, ValueError, r"must return True or False \(got 1 for 1\)"),
        (6, TypeError, r"write \{outcome\}"),
        ("6", TypeError, r"write \{outcome\}"),
        ((1, 2), TypeError, "a set of outcomes, a predicate or a boolean mask"),
        (uniform("ab").event({"a"}), ValueError, "same sample space.*6 outcomes"),
    ],
)
def test_what_is_no_event(what, error, message):
    with pytest.raises(error, match=message):
        DIE(what)


def test_events_of_different_spaces_do_not_mix():
    A, B = DIE.event({1}), uniform(range(6)).event({1})
    for mix in (lambda: A | B, lambda: A & B, lambda: A - B, lambda: A <= B):
        with pytest.raises(ValueError, match="same sample space"):
            mix()
    assert A != B
    with pytest.raises(TypeError):
        A | {2}
    with pytest.raises(TypeError):
        operator.le(A, {2})
    assert {1} != A


def test_measures_on_the_same_outcomes_share_events():
    loaded = FiniteSpace([1, 2, 3, 4, 5, 6], [0.1] * 5 + [0.5])
    A = DIE.event({5, 6})
    assert loaded(A) == pytest.approx(0.6)
    assert DIE.given({6})(A) == 1


def test_an_event_is_no_truth_value():
    A, B = DIE.event({1}), DIE.event({2})
    X = RandomVariable(DIE, lambda s: s)
    for misuse in (lambda: A and B, lambda: not A, lambda: 2 <= X <= 4):
        with pytest.raises(TypeError, match=r"write A & B.*\(2 <= X\)"):
            misuse()


def test_events_never_change():
    mask = np.array([True] * 3 + [False] * 3)
    A = DIE.event(mask)
    mask[:] = True
    assert list(A) == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        A.mask[0] = False
    with pytest.raises(AttributeError):
        A.mask = mask


def test_conditions_that_cannot_happen():
    P = FiniteSpace("ab", [1.0, 0.0])
    for ask in (P.given, lambda B: P({"a"}, given=B), P.given({"a"}).given):
        for B in ({"b"}, set()):
            with pytest.raises(ValueError, match=r"positive probability \(got P\(B\) = 0.*happen"):
                ask(B)
    with pytest.raises(ValueError, match="positive probability"):
        P.conditionally_independent({"a"}, {"b"}, given={"b"})


@given(st.integers(0, 20))
def test_repr_shows_a_few_outcomes(n):
    P = uniform(range(20))
    shown = repr(P.event(range(n)))
    assert shown.startswith("Event({")
    assert shown.count(",") == min(n, 8) - (0 < n <= 8)


def test_outcomes_that_are_tuples_need_braces():
    P = product(DIE, DIE)
    assert P({(6, 6)}) == P(lambda s: s == (6, 6))
    with pytest.raises(TypeError, match=r"write \{outcome\}"):
        P((6, 6))
