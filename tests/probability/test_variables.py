"""PR-14: random variables, their distributions and moments."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from worlds import masks, same, spaces, weight

from probml.probability import (
    FiniteSpace,
    RandomVariable,
    correlation,
    covariance,
    covariance_matrix,
    from_counts,
    from_joint,
    product,
    uniform,
)

SMALL = st.integers(-9, 9)


@st.composite
def worlds_with_variables(draw, n_variables=2, exact=None):
    """A space, variables of small whole values on it, and the probabilities by outcome."""
    P = draw(spaces(exact))
    values = [draw(st.lists(SMALL, min_size=len(P), max_size=len(P))) for _ in range(n_variables)]
    tables = [dict(zip(P.outcomes, v, strict=True)) for v in values]
    return P, *(RandomVariable(P, table.__getitem__) for table in tables)


def expectation(P, f):
    """E[f] by the definition."""
    return sum(p * f(s) for s, p in zip(P.outcomes, P.probs, strict=True))


@given(worlds_with_variables(1))
def test_pr14_distribution_is_the_push_forward(world):
    P, X = world
    law = X.distribution()
    assert law.exact == P.exact
    for x in law.outcomes:
        assert same(P, law({x}), weight(P, {s for s in P.outcomes if X(s) == x}))
        assert same(P, law({x}), P(x == X))
    assert list(law.outcomes) == sorted({X(s) for s in P.outcomes})
    assert [P(B) for B in X.partition()] == pytest.approx(list(law.probs), abs=1e-15)
    assert same(P, RandomVariable(law, lambda x: x).mean(), X.mean(), 1e-11)


@given(worlds_with_variables(2), SMALL, SMALL)
def test_pr14_moments(world, a, b):
    P, X, Y = world
    mean = expectation(P, X)
    assert same(P, X.mean(), mean)
    assert same(P, (a * X + b).mean(), a * mean + b, 1e-11)
    assert same(P, (X + Y).mean(), X.mean() + Y.mean())
    assert same(P, X.variance(), expectation(P, lambda s: (X(s) - mean) ** 2), 1e-11)
    assert same(P, X.variance(), (X**2).mean() - X.mean() ** 2, 1e-11)
    assert X.variance() >= 0
    assert same(P, (a * X + b).variance(), a**2 * X.variance(), 1e-9)
    assert same(P, covariance(X, Y), (X * Y).mean() - X.mean() * Y.mean(), 1e-11)
    assert same(P, covariance(X, Y), covariance(Y, X))
    assert same(P, covariance(X, X), X.variance())
    total = X.variance() + Y.variance() + 2 * covariance(X, Y)
    assert same(P, (X + Y).variance(), total, 1e-10)


@given(worlds_with_variables(3), st.data())
def test_pr14_covariance_of_a_linear_map(world, data):
    P, *X = world
    A = [[data.draw(SMALL) for _ in X] for _ in range(2)]
    b = [data.draw(SMALL) for _ in range(2)]
    Y = [row[0] * X[0] + row[1] * X[1] + row[2] * X[2] + c for row, c in zip(A, b, strict=True)]
    Sigma = covariance_matrix(*X)
    expected = np.array(A, dtype=Sigma.dtype) @ Sigma @ np.array(A, dtype=Sigma.dtype).T
    actual = covariance_matrix(*Y)
    if P.exact:
        assert (actual == expected).all()
    np.testing.assert_allclose(actual.astype(float), expected.astype(float), atol=1e-9)
    assert np.linalg.eigvalsh(Sigma.astype(float)).min() >= -1e-12


@given(worlds_with_variables(2))
def test_pr14_correlation_is_a_cosine(world):
    P, X, Y = world
    possible = [s for s, p in zip(P.outcomes, P.probs, strict=True) if p > 0]
    varies = [len({Z(s) for s in possible}) > 1 for Z in (X, Y)]
    if not all(varies):
        with pytest.raises(ValueError, match="variables that vary"):
            correlation(X, Y)
        return
    rho = correlation(X, Y)
    assert -1 <= rho <= 1
    expected = float(covariance(X, Y)) / math.sqrt(float(X.variance() * Y.variance()))
    assert rho == pytest.approx(expected, abs=1e-12)
    assert correlation(X, 3 * X - 1) == pytest.approx(1, abs=1e-12)
    assert correlation(X, -X) == pytest.approx(-1, abs=1e-12)


@given(worlds_with_variables(1), st.data())
def test_pr14_mean_and_variance_given_an_event(world, data):
    P, X = world
    B = P.event(data.draw(masks(P)))
    assume(P(B) > 0)
    Q = P.given(B)
    assert same(P, X.mean(given=B), expectation(Q, X))
    assert same(P, X.mean(given=set(B)), RandomVariable(Q, X).mean())
    assert same(P, X.variance(given=B), RandomVariable(Q, X).variance(), 1e-11)


@given(worlds_with_variables(3))
def test_pr14_total_expectation_and_total_variance(world):
    P, X, Y, C = world
    for c, B in zip(C.distribution().outcomes, C.partition(), strict=True):
        if P(B) > 0:
            inside = next(s for s in P.outcomes if C(s) == c)
            assert same(P, X.mean(given=C)(inside), X.mean(given=B), 1e-11)
    assert same(P, X.mean(given=C).mean(), X.mean(), 1e-11)
    parts = X.variance(given=C).mean(), X.mean(given=C).variance()
    assert same(P, sum(parts), X.variance(), 1e-10)
    parts = covariance(X, Y, given=C).mean(), covariance(X.mean(given=C), Y.mean(given=C))
    assert same(P, sum(parts), covariance(X, Y), 1e-10)


@given(st.lists(st.tuples(SMALL, SMALL, st.integers(0, 2)), min_size=2, max_size=30))
def test_pr14_labelled_data_total_is_within_plus_between(rows):
    P = uniform(range(len(rows)))
    X, Y, C = (RandomVariable(P, lambda i, j=j: rows[i][j]) for j in range(3))
    data = np.array(rows, dtype=float)[:, :2].T
    np.testing.assert_allclose(
        covariance_matrix(X, Y).astype(float), np.cov(data, ddof=0), atol=1e-9
    )
    within = np.array([[covariance(U, V, given=C).mean() for V in (X, Y)] for U in (X, Y)])
    between = covariance_matrix(X.mean(given=C), Y.mean(given=C))
    assert (within + between == covariance_matrix(X, Y)).all()


def test_pr14_a_die():
    P = uniform(range(1, 7))
    X = RandomVariable(P, lambda s: s)
    assert (X.mean(), X.variance()) == (Fraction(7, 2), Fraction(35, 12))
    assert RandomVariable(P, P.event({6}).mask).mean() == Fraction(1, 6)


def test_uncorrelated_is_not_independent():
    X = RandomVariable(uniform([-1, 0, 1]), lambda s: s)
    assert covariance(X, X**2) == 0
    assert correlation(X, X**2) == 0
    assert not X.space.independent(X == 1, X**2 == 1)


@given(spaces(), spaces(), st.data())
def test_functions_of_different_factors_are_uncorrelated(P, Q, data):
    R = product(P, Q)
    values = (data.draw(st.permutations(range(len(S)))) for S in (P, Q))
    f, g = (dict(zip(S.outcomes, v, strict=True)) for S, v in zip((P, Q), values, strict=True))
    X, Y = RandomVariable(R, lambda s: f[s[0]]), RandomVariable(R, lambda s: g[s[1]])
    assert same(R, covariance(X, Y), 0)


def test_comparisons_are_events():
    P = product(uniform(range(1, 7)), uniform(range(1, 7)))
    X, Y = (RandomVariable(P, lambda s, i=i: s[i]) for i in range(2))
    assert P(X + Y >= 9) == Fraction(10, 36)
    assert P(X + Y >= 9, given=X == 6) == Fraction(2, 3)
    assert (X < Y) == ~(X >= Y)
    assert (X > Y) == (Y < X)
    assert (X != 3) == ~(X == 3)
    assert (X <= 2) == P.event(lambda s: s[0] <= 2)
    assert P((X >= 2) & (X <= 4)) == Fraction(1, 2)
    pair = RandomVariable(P, lambda s: tuple(sorted(s)))
    assert P(pair == (1, 2)) == Fraction(2, 36)
    assert P(RandomVariable(P, lambda s: "odd" if s[0] % 2 else "even") == "odd") == Fraction(1, 2)


@pytest.mark.parametrize("exact", [True, False])
def test_arithmetic_follows_python(exact):
    P = uniform(range(1, 7)) if exact else FiniteSpace(range(1, 7), [0.125] * 4 + [0.25] * 2)
    X, Y = RandomVariable(P, lambda s: s), RandomVariable(P, lambda s: 7 - s)
    for Z, f in [
        (X / Y, lambda s: Fraction(s, 7 - s)),
        (X / 3, lambda s: Fraction(s, 3)),
        (1 / X, lambda s: Fraction(1, s)),
        (X**2, lambda s: s**2),
        (-X + 1, lambda s: 1 - s),
        (1 - X, lambda s: 1 - s),
        (X - Y, lambda s: 2 * s - 7),
        (X * Decimal("0.1"), lambda s: Fraction(s, 10)),
        ((X == 2 * Y - 2) | (X > 9), None),
    ]:
        if f is None:
            assert P.event({4}) == Z
            continue
        for s in P.outcomes:
            assert Z(s) == (f(s) if exact else pytest.approx(float(f(s)), rel=1e-15))
    assert not exact or (X**-1).mean() == Fraction(49, 120)


def test_whole_values_do_not_overflow():
    big = RandomVariable(uniform(range(2)), np.array([2**62, 2**62 - 2]))
    assert (big + big).mean() == 2**63 - 2
    assert big.variance() == 1
    truth = RandomVariable(uniform(range(2)), np.array([True, True]))
    assert (truth + truth).mean() == 2


def test_values_on_impossible_outcomes_are_never_looked_at():
    P = FiniteSpace("ab", [1.0, 0.0])
    X = RandomVariable(P, np.array([3.0, -np.inf]))
    C = RandomVariable(P, lambda s: s)
    assert X.mean() == X.mean(given=C).mean() == X.mean(given={"a"}) == 3.0


def test_many_values_at_once():
    n = 10**6
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.ones(n))
    x, c = rng.standard_normal(n), rng.integers(0, 3, n)
    P = FiniteSpace(range(n), weights)
    X, C = RandomVariable(P, x), RandomVariable(P, c)
    assert X.mean() == pytest.approx(weights @ x, abs=1e-12)
    assert P(X > 1) == pytest.approx(weights[x > 1].sum(), abs=1e-12)
    assert C.distribution().outcomes == (0, 1, 2)
    assert X.mean(given=C).mean() == pytest.approx(X.mean(), abs=1e-11)


def test_mixed_labels_keep_the_order_of_appearance():
    P = from_counts({"a": 1, 2: 1, None: 2})
    assert RandomVariable(P, lambda s: s).distribution().outcomes == ("a", 2, None)


def test_a_joint_table_read_as_a_pair_of_variables():
    P = from_joint([[0.30, 0.05, 0.10], [0.10, 0.20, 0.25]])
    C, X = (RandomVariable(P, lambda s, i=i: s[i]) for i in range(2))
    assert P.given(X == 0)(C == 0) == pytest.approx(0.75)
    assert P.total_probability(X == 0, C.partition()) == pytest.approx(0.4)
    assert P.bayes(C.partition(), given=X == 0) == pytest.approx((0.75, 0.25))


@pytest.mark.parametrize(
    ("misuse", "error", "message"),
    [
        (lambda P, X: RandomVariable(P, np.zeros(2)), ValueError, r"expected shape \(3,\)"),
        (lambda P, X: RandomVariable(P, lambda s: "x").mean(), TypeError, "real numbers.*'x'"),
        (lambda P, X: X + "x", TypeError, "real numbers"),
        (lambda P, X: X.mean(given=X > 9), ValueError, "positive probability"),
        (lambda P, X: X + RandomVariable(uniform("abc"), len), ValueError, "same space"),
        (lambda P, X: X.mean(given=RandomVariable(uniform("abc"), len)), ValueError, "same space"),
        (lambda P, X: RandomVariable(uniform("abc"), len) == X, ValueError, "same space"),
        (lambda P, X: X(5), ValueError, "subset of the sample space"),
        (lambda P, X: {X}, TypeError, "unhashable"),
    ],
)
def test_misuse(misuse, error, message):
    P = uniform(range(3))
    with pytest.raises(error, match=message):
        misuse(P, RandomVariable(P, lambda s: s))


def test_variables_never_change():
    values = np.array([1.0, 2.0, 3.0])
    X = RandomVariable(uniform(range(3)), values)
    values[0] = 9.0
    assert X(0) == 1.0
    with pytest.raises(ValueError, match="read-only"):
        X.values[0] = 9.0
    assert repr(X) == "RandomVariable(FiniteSpace({1.0: 1/3, 2.0: 1/3, 3.0: 1/3}))"
