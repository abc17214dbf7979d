"""Scores of predicted labels and of predicted probabilities.

The probabilistic scores take *log*-probabilities, because that is where the small ones
survive: ``exp`` of -800 is zero, and the log loss of a zero is infinite.

    log loss = -(1/n) sum_i log p_i(y_i),    Brier = (1/n) sum_i sum_k (p_ik - [y_i = k])^2

Both are means over samples; logarithms are natural; lower is better.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._labels import as_labels, class_indices, same_kind
from probml.metrics._inputs import log_table

__all__ = [
    "ClassScores",
    "RowScores",
    "accuracy",
    "brier_score",
    "class_scores",
    "confusion_matrix",
    "log_loss",
    "log_loss_clipped",
    "row_scores",
]

_CLIP = 1e-15


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Share of samples whose label is predicted, ``mean(y_pred == y_true)``.

    Source: catalogue DT-12.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n_samples,)
        Labels of any one kind.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If either is empty, not one-dimensional, the lengths differ, or one holds text and the
        other numbers.

    Examples
    --------
    >>> accuracy(["cat", "dog", "dog"], ["cat", "dog", "cat"])
    0.6666666666666666
    """
    truth, predicted = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
    if truth.shape != predicted.shape:
        raise ValueError(
            "y_true and y_pred must have one label per sample each "
            f"(got {truth.size} and {predicted.size}); pass labels of the same samples"
        )
    same_kind(truth, predicted, "y_true and y_pred")
    return float(np.mean(truth == predicted))


def confusion_matrix(y_true: ArrayLike, y_pred: ArrayLike, classes: ArrayLike) -> NDArray[np.int64]:
    """Counts of (true class, predicted class): rows are the truth, columns the prediction.

    ``accuracy = trace(C) / n`` and row sums are the class counts.  Source: catalogue DT-12.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n_samples,)
        Labels.
    classes : array_like of shape (n_classes,)
        The labels, in the order of rows and columns.

    Returns
    -------
    ndarray of int64 of shape (n_classes, n_classes)

    Raises
    ------
    ValueError
        If a label is not in `classes`, or the lengths differ.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1], [0, 1, 0], classes=[0, 1]).tolist()
    [[1, 0], [1, 1]]
    """
    rows = class_indices(y_true, classes)
    columns = class_indices(y_pred, classes, "y_pred")
    if rows.shape != columns.shape:
        raise ValueError(
            "y_true and y_pred must have one label per sample each "
            f"(got {rows.size} and {columns.size}); pass labels of the same samples"
        )
    n_classes = np.asarray(classes).size
    counts = np.bincount(rows * n_classes + columns, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


class ClassScores(NamedTuple):
    """Precision, recall and F1 of each class: arrays of shape (n_classes,), entries in [0, 1]."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]


def class_scores(y_true: ArrayLike, y_pred: ArrayLike, classes: ArrayLike) -> ClassScores:
    """Precision, recall and F1 of each class against all others.

    With the confusion matrix C, rows the truth,

        precision_k = C_kk / sum_j C_jk,   recall_k = C_kk / sum_j C_kj,
        F1_k = 2 C_kk / (sum_j C_jk + sum_j C_kj),

    the harmonic mean of the two.  A class that is never predicted has precision 0, one that
    never occurs recall 0, as in scikit-learn.  Source: catalogue DT-12.

    Parameters
    ----------
    y_true, y_pred, classes
        As in :func:`confusion_matrix`.

    Returns
    -------
    ClassScores
        In the order of `classes`.

    Raises
    ------
    ValueError
        As :func:`confusion_matrix`.

    Examples
    --------
    >>> scores = class_scores([0, 1, 1, 1], [0, 1, 1, 0], classes=[0, 1])
    >>> scores.precision.tolist(), scores.f1.tolist()
    ([0.5, 1.0], [0.6666666666666666, 0.8])
    """
    counts = confusion_matrix(y_true, y_pred, classes)
    hits, predicted, actual = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    # without a prediction or an occurrence there is no hit either: 0 / 1
    return ClassScores(
        precision=hits / np.maximum(predicted, 1),
        recall=hits / np.maximum(actual, 1),
        f1=2 * hits / np.maximum(predicted + actual, 1),
    )


def log_loss(y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike) -> float:
    """Mean negative log-probability of the true class, in nats, never clipped.

    ``-(1/n) sum_i log p_i(y_i)``.  Source: catalogue DI-10.

    Parameters
    ----------
    y_true : array_like of shape (n_samples,)
        Labels.
    log_proba : array_like of shape (n_samples, n_classes)
        Natural log-probabilities, as from ``predict_log_proba``; rows must sum to 1 in
        probability within :func:`~probml.metrics.row_sum_tolerance` of their type.
    classes : array_like of shape (n_classes,)
        Labels in the order of the columns.

    Returns
    -------
    float
        From 0 to ``inf``; ``inf`` when a true class was given probability zero.

    Raises
    ------
    ValueError
        If a label is not in `classes` or `log_proba` is not a table of log-probabilities.

    Examples
    --------
    >>> log_loss(["a"], [[-1.2039728043259361, -0.35667494393873245]], ["a", "b"])
    1.2039728043259361
    """
    return float(-np.mean(_log_likelihood(y_true, log_proba, classes)) + 0.0)


def log_loss_clipped(
    y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike, bound: float = _CLIP
) -> float:
    """Log loss with every probability raised to at least `bound`; always finite.

    ``-(1/n) sum_i max(log p_i(y_i), log bound)``, with one bound whatever the dtype of
    `log_proba`, so that float32 and float64 models are scored alike.  No row is
    renormalised.  Not a proper score: it forgives certainty that was wrong.

    Parameters
    ----------
    y_true, log_proba, classes
        As in :func:`log_loss`.
    bound : float
        Smallest probability that is charged for, in (0, 1].

    Returns
    -------
    float
        Between 0 and ``-log(bound)``, 34.54 nats for the default.

    Raises
    ------
    ValueError
        As :func:`log_loss`, and if `bound` is outside (0, 1].

    Examples
    --------
    >>> round(log_loss_clipped(["b"], [[0.0, -1e6]], ["a", "b"]), 4)
    34.5388
    """
    if not 0.0 < bound <= 1.0:
        raise ValueError(f"bound must be a probability in (0, 1] (got {bound}); pass 1e-15")
    charged = np.maximum(_log_likelihood(y_true, log_proba, classes), np.log(bound))
    return float(-np.mean(charged) + 0.0)


def brier_score(y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike) -> float:
    """Squared distance from the predicted distribution to the outcome.

    ``(1/n) sum_i sum_k (p_ik - [y_i = k])^2``: summed over classes, averaged over samples.
    It runs from 0 to 2; for two classes it is twice the one-sided Brier score.
    Source: Brier (1950), equation 2; catalogue DT-12.

    Parameters
    ----------
    y_true, log_proba, classes
        As in :func:`log_loss`.

    Returns
    -------
    float
        Between 0 (certain and right) and 2 (certain and wrong).

    Raises
    ------
    ValueError
        As :func:`log_loss`.

    Examples
    --------
    >>> brier_score(["a", "a"], [[0.0, -float("inf")], [-float("inf"), 0.0]], ["a", "b"])
    1.0
    """
    truth = class_indices(y_true, classes)
    return float(np.mean(_squares(log_table(log_proba, truth.size, np.size(classes)), truth)))


class RowScores(NamedTuple):
    """Scores of each row, arrays of shape (n_samples,); their means are those of the model.

    Attributes
    ----------
    right : ndarray of float64
        1 where the class of highest probability, the first of several, is the true one; else 0.
    log_loss : ndarray of float64
        ``-log p_i(y_i)`` in nats, never clipped: ``inf`` where the true class was ruled out.
    brier : ndarray of float64
        ``sum_k (p_ik - [y_i = k])^2``.
    """

    right: NDArray[np.float64]
    log_loss: NDArray[np.float64]
    brier: NDArray[np.float64]

    @property
    def log_loss_clipped(self) -> NDArray[np.float64]:
        """The log loss with probabilities raised to at least 1e-15, always finite."""
        clipped: NDArray[np.float64] = np.minimum(self.log_loss, -np.log(_CLIP))
        return clipped


def row_scores(y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike) -> RowScores:
    """What each row adds to accuracy, log loss and Brier score.

    Intervals and paired comparisons need the rows, not their means.

    Parameters
    ----------
    y_true, log_proba, classes
        As in :func:`log_loss`.

    Returns
    -------
    RowScores

    Raises
    ------
    ValueError
        As :func:`log_loss`.

    Examples
    --------
    >>> rows = row_scores(["a", "b"], np.log([[0.75, 0.25], [0.75, 0.25]]), ["a", "b"])
    >>> rows.right.tolist(), rows.brier.round(12).tolist()
    ([1.0, 0.0], [0.125, 1.125])
    """
    truth = class_indices(y_true, classes)
    table = log_table(log_proba, truth.size, np.size(classes))
    return RowScores(
        right=(np.argmax(table, axis=1) == truth).astype(np.float64),
        log_loss=0.0 - table[np.arange(truth.size), truth],
        brier=_squares(table, truth),
    )


def _squares(table: NDArray[np.float64], truth: NDArray[np.intp]) -> NDArray[np.float64]:
    residual = np.exp(table)
    residual[np.arange(truth.size), truth] -= 1.0
    squares: NDArray[np.float64] = np.sum(residual**2, axis=1)
    return squares


def _log_likelihood(
    y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike
) -> NDArray[np.float64]:
    truth = class_indices(y_true, classes)
    table = log_table(log_proba, truth.size, np.asarray(classes).size)
    likelihood: NDArray[np.float64] = table[np.arange(truth.size), truth]
    return likelihood
