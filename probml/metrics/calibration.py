"""Is a forecast of 80 % right 80 % of the time?

The top label is judged: its probability is the confidence, and samples are gathered in
bins of equal width by confidence,

    ECE = sum_b (n_b / n) |accuracy_b - confidence_b|.

Murphy's decomposition judges whole forecasts, and takes the Brier score apart.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from probml._labels import class_indices
from probml.metrics._inputs import log_table

__all__ = [
    "MurphyDecomposition",
    "ReliabilityBin",
    "expected_calibration_error",
    "murphy_decomposition",
    "reliability_curve",
]


@dataclass(frozen=True)
class ReliabilityBin:
    """The samples whose confidence lies in ``(low, high]``."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability_curve(
    y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike, n_bins: int = 15
) -> tuple[ReliabilityBin, ...]:
    """Mean confidence and accuracy of the top label, bin by bin.

    Bins are ``(b/n_bins, (b+1)/n_bins]``.  Bins without a sample are left out: they have no
    mean.  Ties for the top label go to the first column.
    Source: Guo et al. (2017), "On calibration of modern neural networks", section 2.

    Parameters
    ----------
    y_true : array_like of shape (n_samples,)
        Labels.
    log_proba : array_like of shape (n_samples, n_classes)
        Natural log-probabilities.
    classes : array_like of shape (n_classes,)
        Labels in the order of the columns.
    n_bins : int
        Number of bins of equal width on (0, 1].

    Returns
    -------
    tuple of ReliabilityBin
        Non-empty bins in order of confidence; their counts sum to n_samples.

    Raises
    ------
    ValueError
        If `n_bins` is below 1, a label is not in `classes`, or `log_proba` is not a table of
        log-probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.25, 0.75]])
    >>> [bin] = reliability_curve([0, 0], np.log(p), [0, 1], n_bins=2)
    >>> bin.count, round(bin.confidence, 12), bin.accuracy
    (2, 0.75, 0.5)
    """
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1 (got {n_bins}); 15 is customary")
    truth = class_indices(y_true, classes)
    table = log_table(log_proba, truth.size, np.asarray(classes).size)
    top = np.argmax(table, axis=1)
    # A log-probability may be a rounding error above zero.
    confidence = np.minimum(np.exp(table[np.arange(truth.size), top]), 1.0)
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    bins = np.searchsorted(edges[1:-1], confidence, side="left")
    count = np.bincount(bins, minlength=n_bins)
    total_confidence = np.bincount(bins, weights=confidence, minlength=n_bins)
    total_correct = np.bincount(bins, weights=top == truth, minlength=n_bins)
    return tuple(
        ReliabilityBin(
            low=float(edges[b]),
            high=float(edges[b + 1]),
            count=int(count[b]),
            confidence=float(total_confidence[b] / count[b]),
            accuracy=float(total_correct[b] / count[b]),
        )
        for b in np.flatnonzero(count)
    )


def expected_calibration_error(
    y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike, n_bins: int = 15
) -> float:
    """Mean distance of confidence from accuracy over the bins, weighted by their samples.

    ``sum_b (n_b / n) |accuracy_b - confidence_b|`` over :func:`reliability_curve`.  Between
    0 and 1.  Finite samples push it up: a perfectly calibrated forecaster scores above 0.

    Parameters
    ----------
    y_true, log_proba, classes, n_bins
        As in :func:`reliability_curve`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As :func:`reliability_curve`.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.25, 0.75]])
    >>> round(expected_calibration_error([0, 0], np.log(p), [0, 1]), 12)
    0.25
    """
    curve = reliability_curve(y_true, log_proba, classes, n_bins)
    n = sum(bin.count for bin in curve)
    return sum(bin.count * abs(bin.accuracy - bin.confidence) for bin in curve) / n


class MurphyDecomposition(NamedTuple):
    """Parts of a Brier score: what calibration costs, what sorting wins, what chance leaves.

    Attributes
    ----------
    reliability : float
        Squared distance of forecasts from what came of them; 0 if calibrated.
    resolution : float
        Squared distance of what came of them from the class frequencies.
    uncertainty : float
        Brier score of the class frequencies.
    """

    reliability: float
    resolution: float
    uncertainty: float

    @property
    def brier_score(self) -> float:
        """``reliability - resolution + uncertainty``."""
        return self.reliability - self.resolution + self.uncertainty


def murphy_decomposition(
    y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike
) -> MurphyDecomposition:
    """Brier score as reliability, less resolution, plus uncertainty.

    ``BS = sum_b (n_b/n) |q_b - m_b|^2 - sum_b (n_b/n) |m_b - m|^2 + sum_k m_k (1 - m_k)`` over
    groups b of samples with one forecast ``q_b``, of which the classes had the frequencies
    ``m_b``, and m overall.  The identity is exact.  Forecasts that differ for every sample make
    groups of one, which tells nothing: round them first.
    Source: Murphy (1973), "A new vector partition of the probability score".

    Parameters
    ----------
    y_true, log_proba, classes
        As in :func:`reliability_curve`.

    Returns
    -------
    MurphyDecomposition

    Raises
    ------
    ValueError
        If a label is not in `classes` or `log_proba` is not a table of log-probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25], [0.25, 0.75], [0.25, 0.75]])
    >>> parts = murphy_decomposition([0, 0, 1, 0], np.log(p), [0, 1])
    >>> round(parts.reliability, 12), round(parts.resolution, 12), round(parts.uncertainty, 12)
    (0.125, 0.125, 0.375)
    """
    truth = class_indices(y_true, classes)
    K = np.asarray(classes).size
    forecasts, group, sizes = np.unique(
        log_table(log_proba, truth.size, K), axis=0, return_inverse=True, return_counts=True
    )
    counts = np.bincount(group.ravel() * K + truth, minlength=len(sizes) * K).reshape(-1, K)
    frequencies, overall = counts / sizes[:, None], counts.sum(axis=0) / truth.size
    share = sizes / truth.size
    return MurphyDecomposition(
        reliability=float(share @ ((np.exp(forecasts) - frequencies) ** 2).sum(axis=1)),
        resolution=float(share @ ((frequencies - overall) ** 2).sum(axis=1)),
        uncertainty=float((overall * (1.0 - overall)).sum()),
    )
