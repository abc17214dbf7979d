"""Scores of the classes with their intervals: accuracy says little where 2 % are positive.

Precision, recall and the Jaccard index ``J = TP / (TP + FP + FN)`` are shares of rows, and have
Wilson's interval; ``F1 = 2 J / (1 + J)`` grows with J and inherits its.  The area under the ROC
curve and the average precision are means over rankings.  They are taken for shares of as many rows
as they are worth, ``n_eff = v (1 - v) / var``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from probml._labels import as_labels, class_indices
from probml.metrics._inputs import log_table
from probml.metrics.intervals import share_interval, wilson_interval
from probml.metrics.scores import confusion_matrix

__all__ = [
    "ClassEstimates",
    "Estimate",
    "average_precision",
    "balanced_accuracy",
    "class_estimates",
    "mean_recall",
    "of_classes",
    "roc_auc",
]

FloatArray = NDArray[np.float64]


class Estimate(NamedTuple):
    """A score and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassEstimates:
    """Scores of one class against all others; None where a score is not defined.

    Attributes
    ----------
    label : object
        The class.
    n : int
        Rows of this class.
    precision, recall, f1 : Estimate or None
        Of the label of highest probability.  Not defined if the class is never predicted, never
        occurs, or neither.
    roc_auc, average_precision : Estimate or None
        Of its probability.  Not defined if the class has no rows, or all.
    """

    label: Any
    n: int
    precision: Estimate | None
    recall: Estimate | None
    f1: Estimate | None
    roc_auc: Estimate | None
    average_precision: Estimate | None


def class_estimates(
    y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike
) -> tuple[ClassEstimates, ...]:
    """Precision, recall, F1, ROC-AUC and average precision of each class, with 95 % intervals.

    Parameters
    ----------
    y_true : array_like of shape (n_samples,)
        Labels.
    log_proba : array_like of shape (n_samples, n_classes)
        Natural log-probabilities.
    classes : array_like of shape (n_classes,)
        Labels in the order of the columns.

    Returns
    -------
    tuple of ClassEstimates
        In the order of `classes`.

    Raises
    ------
    ValueError
        If a label is not in `classes` or `log_proba` is not a table of log-probabilities.

    Examples
    --------
    >>> p = np.array([0.1, 0.2, 0.6, 0.4, 0.7, 0.9])
    >>> log_proba = np.log(np.column_stack([1 - p, p]))
    >>> no, yes = class_estimates([0, 0, 0, 1, 1, 1], log_proba, [0, 1])
    >>> round(yes.recall.value, 3), round(yes.recall.low, 3), round(yes.recall.high, 3)
    (0.667, 0.208, 0.939)
    >>> round(yes.roc_auc.value, 3)
    0.889
    """
    truth, K = class_indices(y_true, classes), np.size(classes)
    table = log_table(log_proba, truth.size, K)
    labels = as_labels(classes, "classes").tolist()
    return of_classes(labels, truth, table.argmax(axis=1), table)


def of_classes(
    names: Sequence[Any],
    truth: NDArray[np.intp],
    predicted: NDArray[np.intp],
    table: NDArray[np.floating],
) -> tuple[ClassEstimates, ...]:
    """What :func:`class_estimates` says, of labels that need not be the most probable ones."""
    counts = confusion_matrix(truth, predicted, np.arange(len(names)))
    return tuple(
        _of_class(name, counts, table[:, k], truth == k, k) for k, name in enumerate(names)
    )


def _of_class(
    label: Any,
    counts: NDArray[np.int64],
    score: NDArray[np.floating],
    positive: NDArray[np.bool_],
    k: int,
) -> ClassEstimates:
    hits, predicted, actual = int(counts[k, k]), int(counts[:, k].sum()), int(counts[k].sum())
    jaccard = _share(hits, predicted + actual - hits)
    ranked = None if actual in (0, len(score)) else _Ranking(score, positive)
    return ClassEstimates(
        label=label,
        n=actual,
        precision=_share(hits, predicted),
        recall=_share(hits, actual),
        f1=None if jaccard is None else Estimate(*(2.0 * j / (1.0 + j) for j in jaccard)),
        roc_auc=None if ranked is None else ranked.roc_auc(),
        average_precision=None if ranked is None else ranked.average_precision(),
    )


def _share(hits: int, n: int) -> Estimate | None:
    return Estimate(hits / n, *wilson_interval(hits, n)) if n else None


def balanced_accuracy(y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike) -> Estimate:
    """Mean recall of the classes that occur, with its 95 % interval.

    Distances of the ends of the recalls' Wilson intervals add in quadrature,
    ``low = v - sqrt(sum_k (r_k - low_k)²) / K`` and likewise above.
    Source: Zou and Donner (2008), Statistics in Medicine 27:1693.

    Parameters
    ----------
    y_true, log_proba, classes
        As in :func:`class_estimates`.

    Returns
    -------
    Estimate
        For test sets with these class counts.

    Raises
    ------
    ValueError
        As :func:`class_estimates`.

    Examples
    --------
    >>> log_proba = np.log([[0.8, 0.2]] * 10)
    >>> estimate = balanced_accuracy([0] * 8 + [1] * 2, log_proba, [0, 1])
    >>> estimate.value, round(estimate.low, 2), round(estimate.high, 2)
    (0.5, 0.34, 0.83)
    """
    truth, K = class_indices(y_true, classes), np.size(classes)
    return mean_recall(truth, log_table(log_proba, truth.size, K).argmax(axis=1), K)


def mean_recall(truth: NDArray[np.intp], predicted: NDArray[np.intp], K: int) -> Estimate:
    """What :func:`balanced_accuracy` says, of labels that need not be the most probable ones."""
    right = predicted == truth
    n, hits = np.bincount(truth, minlength=K), np.bincount(truth[right], minlength=K)
    recalls = [_share(int(h), int(m)) for h, m in zip(hits, n, strict=True)]
    r = np.array([recall for recall in recalls if recall is not None])
    value = float(r[:, 0].mean())
    down, up = np.sqrt(((r[:, :1] - r[:, 1:]) ** 2).sum(axis=0)) / len(r)
    return Estimate(value, float(value - down), float(value + up))


def roc_auc(y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike, label: Any) -> Estimate:
    """Probability that a row of a class is ranked above one of another class; ties count half.

    The value is scikit-learn's.  Its variance is that of the placements of the rows of either
    kind among those of the other, and the interval is Wilson's for ``n_eff`` rows, with
    Student's t for the ``m`` rows of the rarer kind.  A variance from few rows is too small now
    and then, so two further rows are counted as worth one each, the least a row can be:
    ``1 / n_eff = (m var / (v (1 - v)) + 2 / m) / (m + 2)``.
    Source of the variance: DeLong et al. (1988), Biometrics 44:837.

    Parameters
    ----------
    y_true, log_proba, classes
        As in :func:`class_estimates`.
    label : object
        The class whose probability ranks the rows.

    Returns
    -------
    Estimate
        From 0 to 1 if there is but one row of a kind.

    Raises
    ------
    ValueError
        As :func:`class_estimates`, and if no row or every row is of this class.

    Examples
    --------
    >>> log_proba = np.log([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]])
    >>> roc_auc([0, 0, 1, 1], log_proba, [0, 1], label=1).value
    0.75
    """
    return _ranking(y_true, log_proba, classes, label).roc_auc()


def average_precision(
    y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike, label: Any
) -> Estimate:
    """Mean, over the rows of a class, of the precision among rows ranked as high or higher.

    The value is scikit-learn's.  The variance is that of its first-order change with the shares
    of either kind above each threshold, and the interval that of :func:`roc_auc`.  Both depend
    on how frequent the class is, which is taken from these rows.

    Parameters
    ----------
    y_true, log_proba, classes, label
        As in :func:`roc_auc`.

    Returns
    -------
    Estimate
        With few rows of the class the value is too high on average: by a fifth where 20 of 1000
        rows have a precision of 0.19.

    Raises
    ------
    ValueError
        As :func:`roc_auc`.

    Examples
    --------
    >>> log_proba = np.log([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]])
    >>> round(average_precision([0, 0, 1, 1], log_proba, [0, 1], label=1).value, 3)
    0.833
    """
    return _ranking(y_true, log_proba, classes, label).average_precision()


class _Ranking:
    """Rows in the order of a score, those that tie together; counts from the lowest up."""

    def __init__(self, score: NDArray[np.floating], positive: NDArray[np.bool_]) -> None:
        # Ranks have the order of the scores and are finite where a logarithm is not.
        _, rank = np.unique(score, return_inverse=True)
        self.pos = np.bincount(rank[positive], minlength=rank.max() + 1)
        self.neg = np.bincount(rank[~positive], minlength=rank.max() + 1)
        self.rarer = int(min(self.pos.sum(), self.neg.sum()))

    def roc_auc(self) -> Estimate:
        pos, neg = self.pos, self.neg
        below = (np.cumsum(neg) - neg / 2.0) / neg.sum()
        above = 1.0 - (np.cumsum(pos) - pos / 2.0) / pos.sum()
        return self._estimate(float(self.pos @ below) / self.pos.sum(), below, above)

    def average_precision(self) -> Estimate:
        tp, fp = _at_least(self.pos), _at_least(self.neg)
        precision, weight = tp / (tp + fp), self.pos / self.pos.sum()
        # A share of positives that grows by e lifts the precision by fp tp e / (tp + fp)^2 for
        # e relative to itself, one of negatives lowers it by as much.
        slope = weight * precision * (1.0 - precision)
        up = np.cumsum(np.divide(slope, tp, out=np.zeros_like(slope), where=tp > 0)) * tp[0]
        down = np.cumsum(np.divide(slope, fp, out=np.zeros_like(slope), where=fp > 0)) * fp[0]
        return self._estimate(float(precision @ weight), precision + up, -down)

    def _estimate(self, value: float, of_pos: FloatArray, of_neg: FloatArray) -> Estimate:
        """From what one more row of either kind adds, by rank."""
        m = self.rarer
        if m < 2:
            return Estimate(float(value), 0.0, 1.0)
        spread = value * (1.0 - value)
        variance = _mean_variance(of_pos, self.pos) + _mean_variance(of_neg, self.neg)
        # Rows that are all alike tell nothing of their spread: each is worth one, no more.
        own = variance / spread if min(variance, spread) > 0.0 else 1.0 / m
        n_eff = (m + 2.0) / (m * own + 2.0 / m)
        low, high = share_interval(float(value), n_eff, float(stdtrit(m - 1, 0.975)))
        low, high = max(0.0, min(low, float(value))), min(1.0, max(high, float(value)))
        return Estimate(float(value), low, high)


def _ranking(y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike, label: Any) -> _Ranking:
    truth, k = class_indices(y_true, classes), int(class_indices([label], classes, "label")[0])
    table, positive = log_table(log_proba, truth.size, np.size(classes)), truth == k
    if positive.all() or not positive.any():
        raise ValueError(
            f"y_true must hold rows of class {label!r} and of others "
            f"(got {int(positive.sum())} of {truth.size}); a ranking needs both"
        )
    return _Ranking(table[:, k], positive)


def _at_least(counts: NDArray[Any]) -> NDArray[Any]:
    """Number of rows ranked as high or higher."""
    return np.cumsum(counts[::-1])[::-1]


def _mean_variance(values: FloatArray, counts: NDArray[Any]) -> float:
    """Variance of the mean of rows that share values."""
    n = int(counts.sum())
    centred = values - (counts @ values) / n
    return float(counts @ centred**2) / (n * (n - 1))
