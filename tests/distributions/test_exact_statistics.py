"""Statistics against rational arithmetic; bytes to the last bit, by every road."""

import pickle
from fractions import Fraction
from functools import reduce
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from threadpoolctl import threadpool_info, threadpool_limits

from probml.distributions import CountStatistics, GaussianStatistics

KINDS = ["pooled", "full", "diagonal"]
SEEDS = st.integers(0, 10_000)


def by_fractions(X, y, w, n_classes):
    """Counts, means and full scatter without any rounding."""
    rows = [[Fraction(v) for v in row] for row in X.tolist()]
    w = [Fraction(v) for v in w.tolist()]
    d = X.shape[1]
    counts, means, scatter = [], [], []
    for k in range(n_classes):
        mine = [i for i in range(len(rows)) if y[i] == k]
        n = sum((w[i] for i in mine), Fraction(0))
        mean = [sum(w[i] * rows[i][j] for i in mine) / n if n else Fraction(0) for j in range(d)]
        counts.append(n)
        means.append(mean)
        scatter.append(
            [
                [
                    sum(w[i] * (rows[i][a] - mean[a]) * (rows[i][b] - mean[b]) for i in mine)
                    for b in range(d)
                ]
                for a in range(d)
            ]
        )
    return counts, means, scatter


def reduced(full, kind):
    """Exact scatter of the kind, and the scale of its errors, both in float64."""
    S = np.array([[[Fraction(v) for v in row] for row in part] for part in full], dtype=object)
    if kind == "pooled":
        S = S.sum(axis=0)
    diagonal = np.diagonal(S, axis1=-2, axis2=-1).astype(float)
    if kind == "diagonal":
        return diagonal, diagonal
    root = np.sqrt(diagonal)
    return S.astype(float), root[..., :, None] * root[..., None, :]


def hard_rows(seed, dtype):
    """Large means, small spreads, classes far apart, sorted by class or by size."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 60)
    X = rng.standard_normal((60, 3)) * 10.0 ** rng.integers(-3, 3, 3)
    X += 10.0 ** rng.integers(0, 7, 3) + 1e3 * rng.standard_normal((3, 3))[y]
    order = [np.arange(60), np.argsort(y), np.argsort(X[:, 0])][seed % 3]
    return X[order].astype(dtype), y[order], rng.uniform(0.5, 2.0, 60)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=15)
@given(seed=SEEDS, parts=st.integers(1, 7), block=st.sampled_from([21, 1 << 19]))
def test_error_is_below_1e_12_of_the_spread(kind, dtype, weighted, seed, parts, block):
    X, y, w = hard_rows(seed, dtype)
    w = w if weighted else np.ones(len(y))
    chunks = np.array_split(np.arange(len(y)), parts)
    module = "probml.distributions._centred_sums."
    with patch(module + "_BLOCK_ENTRIES", block), patch(module + "_SMALL_BLOCK_ENTRIES", block):
        pieces = [
            GaussianStatistics.of(X[i], y[i], 3, kind, w[i] if weighted else None) for i in chunks
        ]
    moments = reduce(GaussianStatistics.merge, pieces).finalize()
    counts, means, full = by_fractions(X, y, w, 3)
    exact, scale = reduced(full, kind)
    np.testing.assert_allclose(moments.counts, [float(n) for n in counts], rtol=1e-14)
    error = np.abs(moments.means - np.array(means, dtype=float))
    assert (error <= 1e-14 * np.abs(X).max(axis=0)).all()
    assert (np.abs(moments.scatter - exact) <= 1e-12 * scale).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("far", [0.0, 1e3, 1e7])
def test_a_first_row_far_from_the_others_costs_no_digits(kind, far):
    # and the only one of its class when the first rows are sorted by class
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3000, 2)) + 1e3
    y = np.repeat([0, 1], [999, 2001])
    X[[0, 999]] += far
    with patch("probml.distributions._grouping._NEAR_ENTRIES", 2000):
        moments = GaussianStatistics.of(X, y, 2, kind).finalize()
    _, _, full = by_fractions(X, y, np.ones(3000), 2)
    exact, scale = reduced(full, kind)
    assert (np.abs(moments.scatter - exact) <= 1e-12 * scale).all()


@pytest.mark.parametrize("kind", ["pooled", "full"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=10)
@given(
    seed=SEEDS,
    block=st.sampled_from([24, 90, 1 << 20]),
    together=st.sampled_from([1, 80, 999]),
    threads=st.sampled_from([1, 3]),
)
def test_features_that_stand_still_for_a_while_cost_no_digits(
    kind, dtype, weighted, seed, block, together, threads
):
    # some in one class, some over part of its rows, some always: their blocks leave them out
    rng = np.random.default_rng(seed)
    X, y, w = hard_rows(seed, dtype)
    still = 10.0 ** rng.integers(-3, 7, 3) + rng.random(3)
    X = np.hstack([X, np.tile(still.astype(dtype), (60, 1))])
    X[(y == 1) & (rng.random(60) < 0.2), 3] += 5
    X[45 + seed % 15, 4] -= 0.5
    module = "probml.distributions._centred_sums."
    with patch(module + "_BLOCK_ENTRIES", block), patch(module + "_SIDE_BY_SIDE", together):
        one = GaussianStatistics.of(X, y, 3, kind, w if weighted else None).finalize()
        with patch(module + "_ALONE", 0), threadpool_limits(threads, "blas"):
            moments = GaussianStatistics.of(X, y, 3, kind, w if weighted else None).finalize()
    for a, b in zip(one, moments, strict=True):
        np.testing.assert_array_equal(a, b)
    _, means, full = by_fractions(X, y, w if weighted else np.ones(60), 3)
    exact, scale = reduced(full, kind)
    error = np.abs(moments.means - np.array(means, dtype=float))
    assert (error <= 1e-14 * np.abs(X).max(axis=0)).all()
    assert (np.abs(moments.scatter - exact) <= 1e-12 * scale).all()


def test_an_error_between_blocks_leaves_no_limit_on_threads():
    X, y = np.ones((60, 3)), np.zeros(60, dtype=int)
    module = "probml.distributions._centred_sums."
    with (
        threadpool_limits(3, "blas"),
        patch(module + "_ALONE", 0),
        patch(module + "CentredSums._move_means", side_effect=KeyboardInterrupt),
    ):
        with pytest.raises(KeyboardInterrupt) as kept:  # with its traceback, as notebooks do
            GaussianStatistics.of(X, y, 1, "pooled")
        blas = [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]
        assert set(blas) == {3}, kept


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("first", "rows"),
    [
        (30, slice(30, None)),  # each block holds one value, and the square of the step is zero
        (1, slice(30, None)),
        (30, slice(None, None, 2)),
    ],
)
def test_squares_that_vanish_are_noticed(kind, first, rows):
    X = np.zeros((60, 2))
    X[rows, 0] = 1e-170
    X[:, 1] = np.arange(60)
    y = np.zeros(60, dtype=int)
    y[first:30] = 1
    module = "probml.distributions._centred_sums."
    with (
        patch(module + "_BLOCK_ENTRIES", 60),
        patch(module + "_SMALL_BLOCK_ENTRIES", 60),
        patch("probml.distributions._grouping._NEAR_ENTRIES", 60),
    ):
        statistics = GaussianStatistics.of(X, y, 2, kind)
    with pytest.raises(ValueError, match=r"varies so little .*\(feature 0\)"):
        statistics.check_squares()


def bytes_of(seed, n=3000, d=4):
    """Bytes of every kind of column: noise, extremes, nearly constant, constant."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    X = rng.integers(0, 256, (n, d), dtype=np.uint8)
    X[:, 1] = np.where(rng.random(n) < 0.5, 0, 255)
    X[:, 2] = 0
    X[seed % n, 2] = 1
    X[:, 3] = np.array([7, 255, 0])[y]
    return X, y


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_are_told_apart_where_there_are_as_many_classes_as_features(kind):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (40, 3), dtype=np.uint8), np.arange(40) % 3
    _, _, full = by_fractions(X, y, np.ones(40), 3)
    exact, scale = reduced(full, kind)
    found = GaussianStatistics.of(X, y, 3, kind).finalize().scatter
    assert (np.abs(found - exact) <= 1e-15 * scale).all()


def tree(pieces, rng):
    """Merge statistics two at a time, in a random order."""
    while len(pieces) > 1:
        a, b = (pieces.pop(rng.integers(len(pieces))) for _ in range(2))
        pieces.append(a.merge(b))
    return pieces[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=15)
@given(seed=SEEDS, parts=st.integers(1, 9))
def test_bytes_give_the_same_bits_by_every_road(kind, weighted, seed, parts):
    X, y = bytes_of(seed)
    rng = np.random.default_rng(seed)
    w = rng.integers(1, 2000, len(y)) if weighted else None
    whole = GaussianStatistics.of(X, y, 3, kind, w).finalize()
    order = rng.permutation(len(y))
    pieces = [
        GaussianStatistics.of(X[i], y[i], 3, kind, None if w is None else w[i])
        for i in np.array_split(order, parts)
    ]
    streamed = GaussianStatistics(3, X.shape[1], kind)
    for i in np.array_split(order[::-1], parts):
        streamed.update(X[i], y[i], None if w is None else w[i])
    for moments in (tree(pieces, rng).finalize(), streamed.finalize()):
        for ours, expected in zip(moments, whole, strict=True):
            np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_bytes_are_as_good_as_rational_arithmetic(kind, weighted):
    X, y = bytes_of(1, n=300)
    w = np.random.default_rng(0).integers(1, 5, 300) if weighted else np.ones(300, int)
    moments = GaussianStatistics.of(X, y, 3, kind, w if weighted else None).finalize()
    _, means, full = by_fractions(X, y, w, 3)
    exact, scale = reduced(full, kind)
    np.testing.assert_allclose(moments.means, np.array(means, dtype=float), rtol=4e-16)
    assert (np.abs(moments.scatter - exact) <= 4e-15 * scale).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_billion_rows_do_not_overflow(kind):
    # Doubling by merges: 2000 rows become 2^21 - 1 times as many, and then 2^40 - 1 times.
    X, y = bytes_of(2, n=2000)
    once = many = GaussianStatistics.of(X, y, 3, kind)
    for power in range(2, 41):
        many = many.merge(many).merge(once)
        if power in (21, 40):  # within and beyond the integers that float64 holds
            assert many.counts.sum() == 2000 * (2**power - 1)
            ratio = many.finalize().scatter / (2.0**power - 1.0)
            np.testing.assert_allclose(ratio, once.scatter, rtol=1e-12, atol=1e-9)
            np.testing.assert_allclose(many.means, once.means, rtol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_with_fractional_weights_join_those_without(kind):
    X, y = bytes_of(3, n=100)
    halves = [np.ones(50), np.full(50, 0.5)]
    joined = GaussianStatistics.of(X[:50], y[:50], 3, kind, halves[0]).merge(
        GaussianStatistics.of(X[50:], y[50:], 3, kind, halves[1])
    )
    whole = GaussianStatistics.of(X.astype(float), y, 3, kind, np.concatenate(halves)).finalize()
    np.testing.assert_allclose(joined.finalize().scatter, whole.scatter, rtol=1e-12, atol=1e-9)


def test_counts_of_bytes_are_exact_in_any_order():
    X, y = bytes_of(4, n=70_000, d=4)
    exact = np.array([X[y == k].astype(np.int64).sum(axis=0) for k in range(3)])
    whole = CountStatistics.of(X, y, 3)
    np.testing.assert_array_equal(whole.feature_count, exact)
    bright, one_class = np.full((130_001, 1), 255, np.uint8), np.zeros(130_001, int)
    assert CountStatistics.of(bright, one_class, 1).feature_count.item() == 255 * 130_001
    np.testing.assert_array_equal(
        CountStatistics.of(csr_array(X[::-1]), y[::-1], 3).feature_count, exact
    )


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_counts_add_up_over_shares_and_blocks(dtype, weighted):
    # of numbers whose sums float64 holds, and float32 does not
    rng = np.random.default_rng(0)
    X = (rng.integers(0, 2**23, (150, 5)) / (2**15 if dtype == np.uint8 else 2**12)).astype(dtype)
    y = rng.integers(0, 3, 150)
    w = rng.integers(1, 8, 150) / 4 if weighted else np.ones(150)
    module = "probml.distributions._count_statistics."
    with (
        patch(module + "shares", lambda n, d: [slice(0, 37), slice(37, 101), slice(101, n)]),
        patch(module + "_COUNTING_ENTRIES", 70),
        patch(module + "_BYTES_IN_SINGLE", 9),
    ):
        found = CountStatistics.of(X, y, 3, w if weighted else None)
    exact = [(w[y == k] @ X[y == k].astype(float)) for k in range(3)]
    np.testing.assert_array_equal(found.feature_count, exact)
    np.testing.assert_array_equal(found.class_count, [w[y == k].sum() for k in range(3)])


def test_what_cannot_be_merged_says_which_argument():
    X, y = bytes_of(0, n=30)
    statistics = GaussianStatistics.of(X, y, 3, "full")
    with pytest.raises(ValueError, match=r"other must hold bytes .* \(got floating-point"):
        statistics.merge(GaussianStatistics.of(X.astype(float), y, 3, "full"))
    with pytest.raises(ValueError, match="X must hold bytes"):
        statistics.update(X.astype(np.float32), y)
    for other in (
        GaussianStatistics.of(X, y, 3, "pooled"),
        GaussianStatistics.of(X, y, 4, "full"),
        GaussianStatistics.of(X[:, :2], y, 3, "full"),
        CountStatistics.of(X, y, 3),
    ):
        with pytest.raises(ValueError, match="other must be of the same layout"):
            statistics.merge(other)
    with pytest.raises(ValueError, match="other must be of the same layout"):
        CountStatistics.of(X, y, 3).merge(CountStatistics.of(X, y, 4))


def test_a_failed_update_changes_nothing():
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([0, 0, 1])
    statistics = GaussianStatistics.of(X, y, 2, "full", [1.0, 1.0, 1e308])
    before = [a.copy() for a in statistics.finalize()]
    for rows, labels, weight, message in (
        (1e200 * X, y, None, "X holds values so large"),
        (np.array([[np.nan]]), y[:1], None, "X must be finite"),
        (np.zeros((1, 2)), y[:1], None, "X must have 1 features"),
        (X.astype(str), y, None, "X must hold real numbers"),
        (X.astype(complex), y, None, "X must hold real numbers"),
        (X, y + 1, None, "y must hold class indices from 0 to 1"),
        (X, y[:2], None, "y must hold the class index"),
        (X, y, [-1.0, 0.0, 0.0], "sample_weight must be finite and non-negative"),
        (X, y, np.zeros(3), "sample_weight must not be zero"),
        (X, y, [0.0, 0.0, 1.7e308], "sample_weight must have a finite sum over all parts"),
        (X - 1e160, y, None, "so far apart that squares overflow"),
    ):
        with pytest.raises(ValueError, match=message):
            statistics.update(rows, labels, weight)
        for a, b in zip(statistics.finalize(), before, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_statistics_can_be_pickled_coarsened_and_renumbered(dtype):
    X, y = bytes_of(5, n=60)
    X = X.astype(dtype)
    full = GaussianStatistics.of(X, y, 3, "full")
    revived = pickle.loads(pickle.dumps(full))
    np.testing.assert_array_equal(revived.scatter, full.scatter)
    for kind in ("pooled", "diagonal"):
        direct = GaussianStatistics.of(X, y, 3, kind)
        coarse = full.coarsened(kind)
        np.testing.assert_allclose(coarse.scatter, direct.scatter, rtol=1e-12, atol=1e-9)
        with pytest.raises(ValueError, match="covariance must be"):
            direct.coarsened("full")
        moved = direct.reindexed(np.array([0, 2, 3]), 5)
        straight = GaussianStatistics.of(X, np.array([0, 2, 3])[y], 5, kind)
        np.testing.assert_array_equal(moved.counts, straight.counts)
        np.testing.assert_array_equal(moved.means, straight.means)
        np.testing.assert_array_equal(moved.scatter, straight.scatter)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("d", [1, 3, 60])
def test_a_pickle_holds_triangles_and_adds_up_like_the_original(kind, dtype, d):
    X = np.random.default_rng(d).integers(0, 256, (50, d)).astype(dtype)
    y = np.arange(50) % 3  # as many classes as features, once
    original = GaussianStatistics.of(X[:30], y[:30], 3, kind)
    pickled = pickle.dumps(original)
    revived = pickle.loads(pickled)
    matrices = {"pooled": 1, "full": 3, "diagonal": 0}[kind]
    assert len(pickled) < 8 * (matrices * d * (d + 1) / 2 + 10 * d) + 1500
    for mine, theirs in (
        (revived.merge(original), original.merge(original)),
        (revived.update(X[30:], y[30:]), original.update(X[30:], y[30:])),
    ):
        for a, b in zip(mine.finalize(), theirs.finalize(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [1, 3])
def test_squares_that_vanish_are_said_by_every_road(kind, parts):
    X = np.array([[0.0, 1.0], [1e-170, 2.0], [2e-170, 3.0]])
    statistics = GaussianStatistics(1, 2, kind)
    for rows in np.array_split(X, parts):
        statistics.update(rows, np.zeros(len(rows), dtype=int))
    with pytest.raises(ValueError, match=r"squares vanish \(feature 0\)"):
        statistics.finalize()
    statistics.update(X[:1] + 5.0, [0])  # what is tiny there is nothing beside this
    assert np.isfinite(statistics.finalize().scatter).all()
