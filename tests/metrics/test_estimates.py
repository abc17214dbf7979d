"""Scores of classes against scikit-learn, their variances against a jackknife, and coverage."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from probml.metrics import average_precision, balanced_accuracy, class_estimates, roc_auc
from probml.numerics import log_softmax

seeds = st.integers(0, 2**32 - 1)


def draw(rng, n, K=3):
    """Labels that need not all occur, and log-probabilities with ties."""
    scores = np.round(2 * rng.normal(size=(n, K)), 1)
    y = (log_softmax(scores) + rng.gumbel(size=(n, K))).argmax(axis=1)
    return y, log_softmax(scores)


def two(score):
    """Log-probabilities of two classes; a higher score is more of class 1."""
    return log_softmax(np.column_stack([np.zeros(len(score)), score]))


@given(seeds, st.integers(3, 60))
@settings(max_examples=40)
def test_values_are_those_of_scikit_learn(seed, n):
    y, log_proba = draw(np.random.default_rng(seed), n)
    predicted = log_proba.argmax(axis=1)
    present = np.unique(y)
    recalls = sklearn.metrics.recall_score(y, predicted, labels=present, average=None)
    balanced = balanced_accuracy(y, log_proba, range(3))
    assert balanced.value == pytest.approx(recalls.mean(), rel=1e-12)
    theirs = sklearn.metrics.precision_recall_fscore_support(
        y, predicted, labels=range(3), zero_division=0
    )
    for k, ours in enumerate(class_estimates(y, log_proba, range(3))):
        assert (ours.label, ours.n) == (k, theirs[3][k])
        for estimate, value in zip((ours.precision, ours.recall, ours.f1), theirs, strict=False):
            assert (estimate.value if estimate else 0.0) == pytest.approx(value[k], rel=1e-12)
        if 0 < ours.n < n:
            area = sklearn.metrics.roc_auc_score(y == k, log_proba[:, k])
            assert ours.roc_auc.value == pytest.approx(area, rel=1e-12)
            mean = sklearn.metrics.average_precision_score(y == k, log_proba[:, k])
            assert ours.average_precision.value == pytest.approx(mean, rel=1e-12)
        else:
            assert ours.roc_auc is ours.average_precision is None


@given(seeds)
@settings(max_examples=40)
def test_values_lie_in_their_intervals(seed):
    rng = np.random.default_rng(seed)
    y, log_proba = draw(rng, int(rng.integers(2, 40)))
    scores = [balanced_accuracy(y, log_proba, range(3))]
    for e in class_estimates(y, log_proba, range(3)):
        scores += [e.precision, e.recall, e.f1, e.roc_auc, e.average_precision]
    for value, low, high in filter(None, scores):
        assert -1e-15 <= low <= value + 1e-12
        assert value - 1e-12 <= high <= 1 + 1e-15


def test_balanced_accuracy_is_scikit_learns():
    y, log_proba = draw(np.random.default_rng(0), 200)
    theirs = sklearn.metrics.balanced_accuracy_score(y, log_proba.argmax(axis=1))
    assert balanced_accuracy(y, log_proba, range(3)).value == pytest.approx(theirs, rel=1e-12)


def jackknife(score, y, values):
    """Variance within either kind; the weights keep the frequencies of the kinds."""
    variance = 0.0
    for kind in (0, 1):
        rows = np.flatnonzero(y == kind)
        weight = np.where(y == kind, len(rows) / (len(rows) - 1), 1.0)
        left_out = []
        for i in rows:
            w = weight.copy()
            w[i] = 0.0
            left_out.append(score(y, values, sample_weight=w))
        variance += (len(rows) - 1) / len(rows) * np.sum((left_out - np.mean(left_out)) ** 2)
    return variance


def wilson_like(value, variance, m):
    """Ends where a share of this value and variance is worth its rows, and two more."""
    n = (m + 2) / (m * variance / (value * (1 - value)) + 2 / m)
    z = t.ppf(0.975, m - 1)
    p = np.linspace(0, 1, 200_001)
    inside = p[np.abs(p - value) <= z * np.sqrt(p * (1 - p) / n)]
    return inside[0], inside[-1]


def test_the_interval_of_an_area_is_that_of_its_jackknife():
    """Exactly: an area is linear in the rows of either kind."""
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], [60, 25])
    values = np.round(rng.normal(size=85) + y, 1)
    value, low, high = roc_auc(y, two(values), [0, 1], 1)
    variance = jackknife(sklearn.metrics.roc_auc_score, y, values)
    np.testing.assert_allclose((low, high), wilson_like(value, variance, 25), atol=1e-5)  # grid


def test_the_interval_of_an_average_precision_is_nearly_that_of_its_jackknife():
    rng = np.random.default_rng(2)
    y = np.repeat([0, 1], [300, 100])
    values = np.round(rng.normal(size=400) + y, 1)
    value, low, high = average_precision(y, two(values), [0, 1], 1)
    expected = wilson_like(
        value, jackknife(sklearn.metrics.average_precision_score, y, values), 100
    )
    # The first order of 100 rows is off by some per cent of the width.
    np.testing.assert_allclose((low, high), expected, atol=0.05 * (high - low))


def covered(estimate, truth):
    return estimate.low <= truth <= estimate.high


def assert_covers(hits, runs):
    """95 % of the runs, less four standard errors of chance and 1 % of approximation."""
    assert hits / runs >= 0.94 - 4 * np.sqrt(0.95 * 0.05 / runs)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_rankings_are_covered(shift):
    """Two normals: the area has a closed form, the average precision an integral."""
    rng, runs = np.random.default_rng(3), 150
    y = np.repeat([0, 1], [160, 40])
    area = norm.cdf(shift / np.sqrt(2))
    x = np.linspace(-8, 12, 20_001)
    tail, tail_1 = norm.sf(x), norm.sf(x - shift)
    precision = 0.2 * tail_1 / (0.2 * tail_1 + 0.8 * tail)
    mean = np.sum(precision * norm.pdf(x - shift)) * (x[1] - x[0])
    hits = np.zeros(2)
    for _ in range(runs):
        log_proba = two(rng.normal(size=200) + shift * y)
        hits += [
            covered(roc_auc(y, log_proba, [0, 1], 1), area),
            covered(average_precision(y, log_proba, [0, 1], 1), mean),
        ]
    assert_covers(hits.min(), runs)


def test_labels_are_covered():
    """Rows of a known joint distribution of truth and prediction, 6 % of them positive."""
    rng, runs, n = np.random.default_rng(4), 200, 400
    joint = np.array([[0.90, 0.04], [0.02, 0.04]])
    f1 = 2 * 0.04 / (0.04 + 0.04 + 0.04 + 0.02)
    certain = np.log([[1 - 1e-9, 1e-9], [1e-9, 1 - 1e-9]])
    hits = np.zeros(3)
    for _ in range(runs):
        cells = rng.choice(4, size=n, p=joint.ravel())
        y, log_proba = cells // 2, certain[cells % 2]
        ours = class_estimates(y, log_proba, [0, 1])[1]
        hits += [
            covered(ours.f1, f1),
            covered(ours.precision, 0.5),
            covered(balanced_accuracy(y, log_proba, [0, 1]), (0.90 / 0.94 + 0.04 / 0.06) / 2),
        ]
    assert_covers(hits.min(), runs)


def test_perfect_rankings_of_few_rows_are_not_certain():
    y = np.repeat([0, 1], [50, 4])
    few = roc_auc(y, two(10.0 * y), [0, 1], 1)
    assert few.value == pytest.approx(1.0, rel=1e-12)
    assert few.high == pytest.approx(1.0, rel=1e-12)
    # Four right of four, with the quantile of t for three degrees of freedom.
    assert few.low == pytest.approx(4 / (4 + t.ppf(0.975, 3) ** 2), rel=1e-9)
    alone = average_precision(y[:51], two(10.0 * y[:51]), [0, 1], 1)
    assert alone[1:] == (0.0, 1.0)


def test_ties_everywhere_and_zeros_of_probability():
    ties = roc_auc([0, 1] * 20, np.log(np.full((40, 2), 0.5)), [0, 1], 1)
    z2 = t.ppf(0.975, 19) ** 2  # twenty of either kind are worth twenty rows, no more
    assert ties.value == 0.5
    assert ties.high - ties.low == pytest.approx(np.sqrt(z2 / (20 + z2)), rel=1e-9)
    sure = [[0.0, -np.inf], [0.0, -np.inf], [-np.inf, 0.0], [-np.inf, 0.0]]
    assert roc_auc([0, 0, 1, 1], sure, [0, 1], 1).value > 1 - 1e-12
    assert average_precision([0, 0, 1, 1], sure, [0, 1], 0).value > 1 - 1e-12


def test_what_is_not_defined_is_left_out():
    [a, b] = class_estimates(["a", "a"], np.log([[0.9, 0.1]] * 2), ["a", "b"])
    assert a.recall.value == 1.0
    assert a.roc_auc is None
    assert b == type(b)("b", 0, None, None, None, None, None)
    for score in (roc_auc, average_precision):
        with pytest.raises(ValueError, match="rows of class 'a' and of others"):
            score(["a", "a"], np.log([[0.9, 0.1]] * 2), ["a", "b"], "a")
        with pytest.raises(ValueError, match="label must hold only labels"):
            score(["a", "a"], np.log([[0.9, 0.1]] * 2), ["a", "b"], "c")


def test_two_hundred_classes():
    y, log_proba = draw(np.random.default_rng(5), 400, 200)
    estimates = class_estimates(y, log_proba, range(200))
    assert sum(e.n for e in estimates) == 400
    assert balanced_accuracy(y, log_proba, range(200)).low > 0
