"""Scores against scikit-learn, and against fractions where the answer is exact."""

import inspect
import math
from fractions import Fraction

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from probml.metrics import (
    accuracy,
    brier_score,
    class_indices,
    class_scores,
    confusion_matrix,
    log_loss,
    log_loss_clipped,
    row_scores,
)
from probml.numerics import log_softmax

seeds = st.integers(0, 2**32 - 1)


def draw(seed, n_classes=None):
    """Labels, and log-probabilities of very different sizes."""
    rng = np.random.default_rng(seed)
    K = n_classes or int(rng.integers(2, 6))
    n = int(rng.integers(1, 40))
    classes = rng.permutation(np.array(["ant", "bee", "cow", "dog", "eel", "fox"])[:K])
    return rng.choice(classes, n), log_softmax(rng.normal(size=(n, K)) * 5), classes


@given(seeds)
def test_log_loss_is_that_of_scikit_learn(seed):
    y, log_proba, classes = draw(seed)
    order = np.argsort(classes)
    theirs = sklearn.metrics.log_loss(y, np.exp(log_proba)[:, order], labels=classes[order])
    assert log_loss(y, log_proba, classes) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.skipif(
    "labels" not in inspect.signature(sklearn.metrics.brier_score_loss).parameters,
    reason="this scikit-learn has the Brier score of two classes only",
)
@given(seeds)
def test_brier_score_is_that_of_scikit_learn(seed):
    y, log_proba, classes = draw(seed)
    order = np.argsort(classes)
    theirs = sklearn.metrics.brier_score_loss(
        y, np.exp(log_proba)[:, order], labels=classes[order], scale_by_half=False
    )
    assert brier_score(y, log_proba, classes) == pytest.approx(theirs, rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 64)), min_size=1, max_size=30))
def test_brier_score_in_fractions(samples):
    y = [label for label, _ in samples]
    p = [Fraction(share, 64) for _, share in samples]
    exact = sum(2 * (p_1 - label) ** 2 for p_1, label in zip(p, y, strict=True)) / len(y)
    with np.errstate(divide="ignore"):
        log_proba = np.log(np.array([[float(1 - q), float(q)] for q in p]))
    assert brier_score(y, log_proba, [0, 1]) == pytest.approx(float(exact), rel=1e-12, abs=1e-15)


@given(seeds)
def test_confusion_matrix_has_the_truth_in_rows(seed):
    y, log_proba, classes = draw(seed)
    predicted = classes[np.argmax(log_proba, axis=1)]
    ours = confusion_matrix(y, predicted, classes)
    np.testing.assert_array_equal(
        ours, sklearn.metrics.confusion_matrix(y, predicted, labels=classes)
    )
    assert accuracy(y, predicted) == np.trace(ours) / len(y)
    assert ours.sum(axis=1).tolist() == [int(np.sum(y == c)) for c in classes]


@given(seeds)
def test_class_scores_are_those_of_scikit_learn(seed):
    y, log_proba, classes = draw(seed)
    predicted = classes[log_proba.argmax(axis=1)]
    theirs = sklearn.metrics.precision_recall_fscore_support(
        y, predicted, labels=classes, zero_division=0
    )
    np.testing.assert_allclose(class_scores(y, predicted, classes), theirs[:3], rtol=1e-12)


@given(seeds)
def test_rows_average_to_the_scores(seed):
    y, log_proba, classes = draw(seed)
    log_proba[0] = [0.0] + [-np.inf] * (len(classes) - 1)
    rows = row_scores(y, log_proba, classes)
    assert rows.right.mean() == accuracy(y, classes[log_proba.argmax(axis=1)])
    for ours, score in (
        (rows.log_loss, log_loss),
        (rows.log_loss_clipped, log_loss_clipped),
        (rows.brier, brier_score),
    ):
        assert ours.shape == y.shape
        assert ours.mean() == pytest.approx(score(y, log_proba, classes), rel=1e-12, abs=1e-15)


def test_log_loss_of_the_catalogue():
    p = np.array([[0.3, 0.7]])
    assert log_loss([8], np.log(p), [8, 9]) == pytest.approx(1.2039728043259361, rel=1e-15)


def test_a_class_that_was_ruled_out_costs_infinitely_much():
    certain = [[0.0, -np.inf]]
    assert log_loss(["b"], certain, ["a", "b"]) == math.inf
    assert log_loss(["a"], certain, ["a", "b"]) == 0.0


def test_log_loss_keeps_what_exp_would_lose():
    assert log_loss([1], [[0.0, -5000.0]], [0, 1]) == 5000.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_clipped_loss_has_one_bound_for_every_dtype(dtype):
    log_proba = np.array([[0.0, -1e4], [0.0, -30.0]], dtype=dtype)
    expected = (-math.log(1e-15) + 30.0) / 2
    assert log_loss_clipped([1, 1], log_proba, [0, 1]) == pytest.approx(expected, rel=1e-15)


@given(seeds)
def test_clipping_leaves_larger_probabilities_alone(seed):
    y, log_proba, classes = draw(seed)
    clipped, plain = log_loss_clipped(y, log_proba, classes), log_loss(y, log_proba, classes)
    if log_proba.min() > math.log(1e-15):
        assert clipped == plain
    assert clipped <= plain


def test_the_brier_score_runs_to_two():
    assert brier_score([1], [[0.0, -np.inf]], [0, 1]) == 2.0


@given(seeds)
def test_scores_follow_the_columns_not_the_alphabet(seed):
    y, log_proba, classes = draw(seed)
    for score in (log_loss, log_loss_clipped, brier_score):
        turned = score(y, log_proba[:, ::-1], classes[::-1])
        assert turned == pytest.approx(score(y, log_proba, classes), rel=1e-12)


@pytest.mark.parametrize(
    ("y", "log_proba", "classes", "message"),
    [
        ([], np.empty((0, 2)), [0, 1], "at least one sample"),
        ([[0]], [[0.0, -np.inf]], [0, 1], "1-D array"),
        ([0, 1], [[0.0, -np.inf]], [0, 1], r"\(got shape \(1, 2\)\)"),
        ([2], [[0.0, -np.inf]], [0, 1], "only labels listed in classes .got .*2"),
        (["0"], [[0.0, -np.inf]], [0, 1], "of one kind"),
        ([0], [[0.0, -np.inf]], [0, 0], "distinct"),
        ([0], [[np.nan, 0.0]], [0, 1], "row 0"),
        ([0], [[0.5, 0.5]], [0, 1], "predict_log_proba"),
        ([0], [[np.inf, 0.0]], [0, 1], "row 0"),
    ],
)
@pytest.mark.parametrize("score", [log_loss, log_loss_clipped, brier_score, row_scores])
def test_bad_input_raises(score, y, log_proba, classes, message):
    with pytest.raises(ValueError, match=message):
        score(y, log_proba, classes)


@pytest.mark.parametrize("bound", [0.0, -1.0, 1.5, math.nan])
def test_a_bound_is_a_probability(bound):
    with pytest.raises(ValueError, match="bound"):
        log_loss_clipped([0], [[0.0, -np.inf]], [0, 1], bound)


def test_accuracy_refuses_text_beside_numbers():
    with pytest.raises(ValueError, match="one kind"):
        accuracy([0, 1], ["0", "1"])
    with pytest.raises(ValueError, match="same samples"):
        accuracy([0, 1], [0])
    with pytest.raises(ValueError, match="same samples"):
        confusion_matrix([0, 1], [0], [0, 1])


def test_class_indices_follow_unsorted_object_labels():
    classes = np.array(["pear", "fig"], dtype=object)
    assert class_indices(["fig", "pear"], classes).tolist() == [1, 0]


def test_single_precision_is_allowed_its_rounding_and_no_more():
    for dtype, error in ((np.float32, 3e-4), (np.float64, 9e-7)):
        log_loss([0], np.log(np.array([[0.5, 0.5 + error]], dtype=dtype)), [0, 1])
        with pytest.raises(ValueError, match="sum to 1"):
            log_loss([0], np.log(np.array([[0.5, 0.5 + 1.5 * error]], dtype=dtype)), [0, 1])


def test_inputs_are_left_alone():
    log_proba = np.log(np.array([[0.25, 0.75]]))
    before = log_proba.copy()
    for score in (log_loss, log_loss_clipped, brier_score, row_scores):
        score([0], log_proba, [0, 1])
    np.testing.assert_array_equal(log_proba, before)
