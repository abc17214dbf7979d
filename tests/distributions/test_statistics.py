"""Statistics are exact sums, and a commutative monoid."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from probml.distributions import CountStatistics, GaussianStatistics

KINDS = ["pooled", "full", "diagonal"]


def labelled(seed, n=40, d=3, n_classes=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) + 5, np.arange(n) % n_classes, rng.uniform(0.5, 2, n)


def reference(X, y, w, n_classes, kind):
    """Scatter by its definition, row by row."""
    d = X.shape[1]
    full = np.zeros((n_classes, d, d))
    for k in range(n_classes):
        rows = X[y == k] - np.average(X[y == k], axis=0, weights=w[y == k])
        full[k] = np.einsum("n,ni,nj->ij", w[y == k], rows, rows)
    return {"full": full, "pooled": full.sum(0), "diagonal": full.diagonal(axis1=1, axis2=2)}[kind]


def assert_same(a, b, rtol=1e-12):
    np.testing.assert_allclose(a.counts, b.counts, rtol=rtol)
    np.testing.assert_allclose(a.means, b.means, rtol=rtol)
    np.testing.assert_allclose(a.scatter, b.scatter, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_scatter_is_its_definition(kind, weighted):
    X, y, w = labelled(0)
    statistics = GaussianStatistics.of(X, y, 3, kind, w if weighted else None)
    expected = reference(X, y, w if weighted else np.ones(len(y)), 3, kind)
    np.testing.assert_allclose(statistics.scatter, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@given(cut=st.integers(1, 39), seed=st.integers(0, 5))
def test_merging_parts_gives_the_whole_in_either_order(kind, cut, seed):
    X, y, w = labelled(seed)
    a = GaussianStatistics.of(X[:cut], y[:cut], 3, kind, w[:cut])
    b = GaussianStatistics.of(X[cut:], y[cut:], 3, kind, w[cut:])
    whole = GaussianStatistics.of(X, y, 3, kind, w)
    assert_same(a.merge(b), whole)
    assert_same(b.merge(a), whole)


def test_large_means_do_not_cancel():
    # The exact variance of integers about 1e8; sums of squares would lose all its digits.
    x = [Fraction(100_000_000 + i) for i in (0, 1, 3)]
    mean = sum(x) / 3
    exact = float(sum((v - mean) ** 2 for v in x))
    X = np.array(x, dtype=float)[:, None]
    statistics = GaussianStatistics.of(X, np.zeros(3, dtype=int), 1, "diagonal")
    assert statistics.scatter[0, 0] == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [40, 20_000])
def test_a_constant_feature_has_no_scatter_at_all(kind, n):
    X, y, w = labelled(0, n)
    X[:, 1] = 0.1  # not a binary fraction: its mean would be rounded
    statistics = GaussianStatistics.of(X, y, 3, kind, w)
    assert (statistics.means[:, 1] == 0.1).all()
    assert (statistics.scatter[..., 1] == 0).all()
    X[:, 1] = np.array([0.1, 0.7, 1 / 3])[y]  # constant within classes only
    for weight in (None, w):
        assert (GaussianStatistics.of(X, y, 3, kind, weight).scatter[..., 1] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_small_scatter_about_a_large_mean_is_kept(kind):
    rng = np.random.default_rng(0)
    seconds = 1.7e9 + 1e5 * rng.random(20_000)  # time stamps, which jitter by a millisecond
    y = np.arange(20_000) % 2
    X = np.column_stack([seconds, 1.7e9 + 1e-3 * rng.standard_normal(20_000)])
    variance = reference(X - X[0], y, np.ones(len(y)), 2, kind)[..., 1]
    scatter = GaussianStatistics.of(X, y, 2, kind).scatter[..., 1]
    np.testing.assert_allclose(scatter, variance, rtol=1e-6, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_without_rows_has_no_moments(kind):
    X, y, w = labelled(0)
    y = 2 * (y % 2)
    statistics = GaussianStatistics.of(X, y, 3, kind, w)
    assert statistics.counts[1] == 0
    assert (statistics.means[1] == 0).all()
    if kind != "pooled":
        assert (statistics.scatter[1] == 0).all()
    nothing = GaussianStatistics(3, X.shape[1], kind)
    assert_same(nothing.merge(statistics), statistics)
    assert_same(statistics.merge(nothing), statistics)


def test_overflow_is_said_without_a_warning():
    X = np.array([[1e200], [-1e200]])
    with pytest.raises(ValueError, match="squares overflow"):
        GaussianStatistics.of(X, np.zeros(2, dtype=int), 1, "diagonal")


@given(cut=st.integers(1, 39))
def test_counts_add_up(cut):
    X, y, w = labelled(1)
    X = np.abs(X).round()
    whole = CountStatistics.of(X, y, 3, w)
    merged = CountStatistics.of(X[:cut], y[:cut], 3, w[:cut]).merge(
        CountStatistics.of(X[cut:], y[cut:], 3, w[cut:])
    )
    np.testing.assert_allclose(merged.feature_count, whole.feature_count, rtol=1e-13)
    np.testing.assert_allclose(merged.class_count, whole.class_count, rtol=1e-13)


def test_counts_of_bytes_do_not_wrap_and_sparse_is_dense():
    X = np.full((300, 2), 255, dtype=np.uint8)
    y = np.zeros(300, dtype=int)
    assert CountStatistics.of(X, y, 1).feature_count.tolist() == [[76500.0, 76500.0]]
    sparse = CountStatistics.of(csr_array(X.astype(float)), y, 1)
    assert sparse.feature_count.tolist() == [[76500.0, 76500.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_weight_zero_are_not_there(kind):
    X, y, w = labelled(0)
    w[::4] = 0.0
    w[y == 1] = 0.0
    statistics = GaussianStatistics.of(X, y, 3, kind, w)
    assert statistics.counts[1] == 0
    assert_same(statistics, GaussianStatistics.of(X[w > 0], y[w > 0], 3, kind, w[w > 0]))
