"""PR-01 to PR-09 and PR-12, PR-13: axioms, conditioning, chain rule, independence."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from worlds import masks, partitions, same, spaces, spaces_with_events, weight

from probml.probability import FiniteSpace, from_counts, from_joint, product, uniform


@pytest.fixture
def dice():
    die = uniform(range(1, 7))
    P = product(die, die)
    return P, P.event(lambda s: sum(s) >= 9), P.event(lambda s: s[0] == 6)


@given(spaces())
def test_pr01_probability_is_the_sum_over_outcomes_for_every_event(P):
    for mask in itertools.product([False, True], repeat=len(P)):
        event = P.event(np.array(mask))
        assert same(P, P(event), weight(P, event))
        assert P(event) == P(set(event)) == P(lambda s, e=event: s in e) == P(list(mask))


def test_pr01_weights_are_kept_as_they_are_given():
    slightly_off = FiniteSpace("ab", [0.5, 0.5 + 4e-10])
    assert slightly_off.probs.tolist() == [0.5, 0.5 + 4e-10]
    assert slightly_off(slightly_off.sure) == 1 + 4e-10


@given(st.data())
def test_pr02_axioms(data):
    P = data.draw(spaces())
    cells = data.draw(partitions(P))
    assert all(P(E) >= 0 for E in cells)
    assert same(P, P(P.sure), 1)
    assert same(P, sum(P(E) for E in cells), 1)
    for E, F in itertools.combinations(cells, 2):
        assert same(P, P(E | F), P(E) + P(F))


@given(spaces_with_events(3))
def test_pr03_consequences_of_the_axioms(world):
    P, A, B, C = world
    assert P(~P.sure) == 0
    assert same(P, P(~A), 1 - P(A))
    assert P(A & B) <= P(A) + 1e-15 <= 1 + 2e-15
    assert P(A | B | C) <= P(A) + P(B) + P(C) + 1e-15
    alternating = P(A) + P(B) + P(C) - P(A & B) - P(A & C) - P(B & C) + P(A & B & C)
    assert same(P, P(A | B | C), alternating)


def test_pr03_the_union_bound_is_no_equality(dice):
    P, A, B = dice
    assert P(A | B) < P(A) + P(B)


@given(spaces_with_events(2))
def test_pr04_pr05_union_and_intersection(world):
    P, A, B = world
    assert same(P, P(A | B), P(A) + P(B) - P(A & B))
    assert same(P, P(A & B), weight(P, set(A) & set(B)))
    assert P(A & B) <= min(P(A), P(B)) + 1e-15


def test_pr04_pr06_two_dice(dice):
    P, A, B = dice
    assert (P(A), P(B), P(A & B), P(A | B)) == (
        Fraction(10, 36),
        Fraction(1, 6),
        Fraction(4, 36),
        Fraction(12, 36),
    )
    assert P(A, given=B) == Fraction(2, 3)
    assert P(B, given=A) == Fraction(2, 5)


@given(spaces_with_events(2))
def test_pr06_conditional_probability(world):
    P, A, B = world
    assume(P(B) > 0)
    assert same(P, P(A, given=B), weight(P, set(A) & set(B)) / weight(P, B))
    assert P.given(B)(A) == pytest.approx(P(A, given=B), abs=0 if P.exact else 1e-12)


@given(st.data())
def test_pr06_a_conditioned_space_obeys_the_axioms(data):
    P, B, C = data.draw(spaces_with_events(2))
    assume(P(B & C) > 0)
    Q = P.given(B)
    assert Q.exact == P.exact
    assert same(Q, Q(Q.sure), 1)
    assert Q(B) == pytest.approx(1)
    assert Q(~B) == 0
    assert same(Q, sum(Q(E) for E in data.draw(partitions(P))), 1)
    # updating in turn is updating at once
    for A in ({s} for s in P.outcomes):
        assert same(P, Q.given(C)(A), P(A, given=B & C))
        assert same(P, Q(A, given=C), P(A, given=B & C))


@given(spaces_with_events(2))
def test_pr07_product_rule(world):
    P, A, B = world
    assume(P(A) > 0)
    assume(P(B) > 0)
    assert same(P, P(A & B), P(A, given=B) * P(B))
    assert same(P, P(A & B), P(B, given=A) * P(A))


@given(st.data())
def test_pr08_chain_rule_in_any_order(data):
    P = data.draw(spaces())
    events = [P.event(mask) for mask in data.draw(st.lists(masks(P), min_size=1, max_size=5))]
    everything = events[0]
    for A in events:
        everything &= A
    assume(P(everything) > 0)
    order = data.draw(st.permutations(events))
    assert same(P, P.chain(*order), P(everything))


def test_pr08_conditions_on_all_that_went_before():
    P = from_counts([1, 2, 3, 4, 5, 6, 7, 8])
    A, B, C = P.event({0, 1, 2, 3}), P.event({2, 3, 4, 5}), P.event({0, 3, 4, 6})
    assert P.chain(A, B, C) == Fraction(4, 36) != P(A) * P(B, given=A) * P(C, given=B)


def test_pr08_needs_something_to_condition_on():
    P = uniform(range(4))
    with pytest.raises(ValueError, match=r"positive probability \(got P\(B\) = 0"):
        P.chain({0}, {1}, {2})
    assert P.chain({0}, {1}) == 0
    with pytest.raises(ValueError, match="expected 1 or more events"):
        P.chain()


@given(st.data())
def test_pr09_exclusive_events_add_and_depend(data):
    P = data.draw(spaces())
    A, B, *_ = [*data.draw(partitions(P)), ~P.sure]
    assert P.mutually_exclusive(A, B)
    assert P(A & B) == 0
    assert same(P, P(A | B), P(A) + P(B))
    if P(A) > 0 and P(B) > 0:
        assert not P.independent(A, B)


def test_pr09_exclusive_is_about_sets_and_every_pair():
    P = FiniteSpace("abc", [0.5, 0.5, 0.0])
    assert P({"a", "c"}, given={"b", "c"}) == 0
    assert not P.mutually_exclusive({"a", "c"}, {"b", "c"})
    assert not P.mutually_exclusive({"a"}, {"b"}, {"a", "c"})
    assert P.mutually_exclusive({"a"}, {"b"}, {"c"})


def test_pr09_rare_exclusive_events_are_dependent_in_floats_too():
    P = FiniteSpace("abc", [1e-8, 1e-8, 1 - 2e-8])
    assert not P.independent({"a"}, {"b"})


@given(spaces(), spaces(), st.data())
def test_pr12_events_of_different_factors_are_independent(P, Q, data):
    R = product(P, Q)
    assert R.exact == (P.exact and Q.exact)
    in_A, in_B = P.event(data.draw(masks(P))), Q.event(data.draw(masks(Q)))
    A, B = R.event(lambda s: s[0] in in_A), R.event(lambda s: s[1] in in_B)
    assert same(R, R(A & B), R(A) * R(B))
    for X, Y in itertools.product((A, ~A), (B, ~B)):
        assert R.independent(X, Y)
        assert R.independent(Y, X)


@given(spaces_with_events(2, exact=True))
def test_pr12_independence_is_the_product_of_probabilities(world):
    P, A, B = world
    assert P.independent(A, B) == (weight(P, set(A) & set(B)) == weight(P, A) * weight(P, B))
    assert P.independent(A, B) == P.independent(B, A) == P.independent(A, ~B)
    if P(B) > 0:
        assert P.independent(A, B) == (P(A, given=B) == P(A))


@pytest.mark.parametrize("as_number", [Fraction, float])
def test_pr12_pairwise_is_not_mutual(as_number):
    coin = FiniteSpace("HT", [as_number(Fraction(1, 2))] * 2)
    P = product(coin, coin)
    A, B = P.event(lambda s: s[0] == "H"), P.event(lambda s: s[1] == "H")
    C = P.event(lambda s: s[0] == s[1])
    assert P.pairwise_independent(A, B, C)
    assert not P.mutually_independent(A, B, C)
    assert P(A & B & C) == Fraction(1, 4) != P(A) * P(B) * P(C)


def test_pr12_mutual_needs_every_choice_not_only_all_together():
    P = uniform(range(8))
    A, B, C = P.event({0, 1, 2, 3}), P.event({0, 1, 2, 3}), P.event({0, 4, 5, 6})
    assert P(A & B & C) == P(A) * P(B) * P(C)
    assert not P.mutually_independent(A, B, C)
    three = product(*[uniform("HT")] * 3)
    heads = [three.event(lambda s, i=i: s[i] == "H") for i in range(3)]
    assert three.mutually_independent(*heads)


@pytest.mark.parametrize("as_number", [Fraction, float])
def test_pr13_given_the_class_but_not_without_it(as_number):
    half, p = Fraction(1, 2), (Fraction(1, 10), Fraction(9, 10))
    joint = [
        [half * (q if x else 1 - q) * (q if y else 1 - q) for x in (0, 1) for y in (0, 1)]
        for q in p
    ]
    P = from_joint([[as_number(entry) for entry in row] for row in joint])
    C = P.event(lambda s: s[0] == 0)
    A, B = P.event(lambda s: s[1] in (2, 3)), P.event(lambda s: s[1] in (1, 3))
    assert P(A & B) == pytest.approx(0.41, abs=1e-15)
    assert P(A) * P(B) == pytest.approx(0.25, abs=1e-15)
    assert P.conditionally_independent(A, B, given=C)
    assert P.conditionally_independent(A, B, given=~C)
    assert not P.independent(A, B)


def test_pr13_without_the_class_but_not_given_it():
    P = product(uniform("HT"), uniform("HT"))
    A, B = P.event(lambda s: s[0] == "H"), P.event(lambda s: s[1] == "H")
    C = P.event(lambda s: s[0] == s[1])
    assert P.independent(A, B)
    assert not P.conditionally_independent(A, B, given=C)


# -- construction ------------------------------------------------------------------------------


def test_numbers_decide_whether_a_space_is_exact():
    third = Fraction(1, 3)
    assert FiniteSpace("abc", [third, third, third])({"a", "b"}) == Fraction(2, 3)
    assert isinstance(FiniteSpace("ab", [0, 1])({"a"}), Fraction)
    assert FiniteSpace("ab", [Decimal("0.1"), Decimal("0.9")]).probs[0] == Fraction(1, 10)
    assert FiniteSpace("ab", np.array([0, 1])).exact
    mixed = FiniteSpace("ab", [Fraction(1, 2), 0.5])
    assert not mixed.exact
    assert isinstance(mixed({"a"}), float)


def test_exact_weights_of_any_size():
    tiny = Fraction(1, 10**40)
    P = FiniteSpace(["rare", "common"], [tiny, 1 - tiny])
    assert P({"rare"}) == tiny
    assert product(P, P)({("rare", "rare")}) == tiny**2
    Q = from_counts([2**62, 2**62, 2**62])
    assert product(Q, Q)({(0, 0)}) == Fraction(1, 9)
    assert Q({0, 1}) == Fraction(2, 3)
    R = from_counts([2**40, 2**40])  # fits 64 bits, its square does not
    assert product(R, R)({(0, 1)}) == Fraction(1, 4)


@given(st.lists(st.fractions(0, 1, max_denominator=50), min_size=1, max_size=8).filter(any))
def test_fractions_stay_fractions(values):
    probs = [v / sum(values) for v in values]
    P = FiniteSpace(range(len(probs)), probs)
    assert P.probs.tolist() == probs
    assert FiniteSpace(dict(enumerate(probs))) == P


@pytest.mark.parametrize(
    ("probs", "message"),
    [
        ([0.5, 0.8], r"must sum to 1 \(got 1.3\); divide them by their sum"),
        ([0.5, 0.5 + 2e-9], "must sum to 1"),
        ([1, 3], r"must sum to 1 \(got 4\).*from_counts"),
        ([Fraction(1, 2), Fraction(1, 2) + Fraction(1, 10**12)], "must sum to 1"),
        ([Fraction(1, 2), Fraction(1, 3)], r"got 5/6"),
        ([1.5, -0.5], r"non-negative and finite \(got -0.5 at position 1\)"),
        ([Fraction(3, 2), Fraction(-1, 2)], r"non-negative and finite \(got -1/2 at position 1\)"),
        ([math.nan, 1.0], "non-negative and finite"),
        ([math.inf, 0.0], "non-negative and finite"),
        ([Decimal("NaN"), Decimal(1)], "must be finite"),
        ([0.5, 0.25, 0.25], r"2 outcomes \(got 3 probabilities\)"),
        ([1.0], r"2 outcomes \(got 1 probabilities\)"),
        ([True, False], "must be numbers"),
        (["1", "0"], "must be numbers"),
        ([1j, 0], "must be numbers"),
        ([[0.5, 0.5], [0.0, 0.0]], "one-dimensional"),
    ],
)
def test_pr01_bad_probabilities(probs, message):
    with pytest.raises(ValueError, match=message):
        FiniteSpace("ab", probs)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: FiniteSpace([1, 1.0], [0.5, 0.5]),
            ValueError,
            r"distinct \(got 1 twice\); add up",
        ),
        (lambda: FiniteSpace({"a", "b"}, [0.5, 0.5]), ValueError, "outcomes in order"),
        (lambda: FiniteSpace("ab"), ValueError, "uniform"),
        (lambda: FiniteSpace([[1], [2]], [0.5, 0.5]), TypeError, "must be hashable"),
        (lambda: uniform([]), ValueError, "at least one outcome"),
        (lambda: uniform("aa"), ValueError, "distinct"),
        (lambda: from_counts({"a": -1, "b": 2}), ValueError, "non-negative"),
        (lambda: from_counts([0.5, 0.5]), ValueError, "integers.*FiniteSpace"),
        (lambda: from_counts([0, 0]), ValueError, "not all be zero"),
        (lambda: from_joint([0.5, 0.5]), ValueError, "rows and columns"),
        (lambda: from_joint([[0.5, 0.6]]), ValueError, "must sum to 1"),
        (lambda: product(), ValueError, "at least one space"),
    ],
)
def test_bad_construction(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_joint_of_a_frame_and_its_marginals():
    pd = pytest.importorskip("pandas")
    F = Fraction
    frame = pd.DataFrame({"+": [F(1, 8), F(2, 8)], "-": [F(2, 8), F(3, 8)]}, ["ill", "well"])
    P = from_joint(frame)
    assert P({("ill", "+")}) == F(1, 8)
    assert P.marginal(0) == FiniteSpace({"ill": F(3, 8), "well": F(5, 8)})
    assert P.marginal(1) == FiniteSpace({"+": F(3, 8), "-": F(5, 8)})
    assert P.marginal(1, 0)({("+", "well")}) == F(2, 8)


@given(spaces(), spaces())
def test_marginals_of_a_product_are_its_factors(P, Q):
    R = product(P, Q)
    for s in P.outcomes:
        assert same(R, R.marginal(0)({s}), weight(P, {s}) if R.exact else float(P({s})))
    for s in Q.outcomes:
        assert same(R, R.marginal(-1)({s}), weight(Q, {s}) if R.exact else float(Q({s})))


@pytest.mark.parametrize("axes", [(), (2,), (0, -3)])
def test_bad_marginals(axes):
    with pytest.raises(ValueError, match="marginal expects axes"):
        product(uniform("ab"), uniform("ab")).marginal(*axes)
    with pytest.raises(ValueError, match="marginal expects axes"):
        uniform("ab").marginal(0)


def test_a_million_implicit_outcomes():
    n = 10**6
    weights = np.random.default_rng(0).random(n)
    weights /= weights.sum()
    kept = weights.copy()
    P = FiniteSpace(range(n), weights)
    mask = np.arange(n) % 3 == 0
    assert P.outcomes == range(n)
    assert P(mask) == pytest.approx(weights[mask].sum(), abs=1e-12)
    Q = P.given(mask)
    assert Q({0}) == pytest.approx(weights[0] / weights[mask].sum(), abs=1e-12)
    assert Q({1}) == 0
    assert Q(Q.sure) == pytest.approx(1, abs=1e-12)
    assert uniform(range(n))(mask) == Fraction(333334, n)
    weights[0] = 5.0  # the caller's array stays the caller's
    np.testing.assert_array_equal(P.probs, kept)


def test_spaces_are_values():
    P = uniform("abc")
    assert P == FiniteSpace("abc", [Fraction(1, 3)] * 3) != uniform("abd")
    assert P != "abc"
    assert repr(P) == "FiniteSpace({'a': 1/3, 'b': 1/3, 'c': 1/3})"
    assert repr(uniform(range(100))).endswith("7: 1/100, ...})")
    with pytest.raises(ValueError, match="read-only"):
        FiniteSpace("ab", [0.5, 0.5]).probs[0] = 1.0
