"""Is a forecast of 80 % right 80 % of the time?

The top label is judged: its probability is the confidence, and samples are gathered in
bins by confidence,

    ECE = sum_b (n_b / n) |accuracy_b - confidence_b|.

Class-wise, the probabilities of each class are judged in the same way, and the mean is taken.
Murphy's decomposition judges whole forecasts, and takes the Brier score apart.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from probml._labels import class_indices
from probml.metrics._bins import bins_by, forecasts
from probml.metrics._inputs import log_table
from probml.metrics.intervals import Interval, wilson_interval

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "MurphyDecomposition",
    "ReliabilityBin",
    "expected_calibration_error",
    "murphy_decomposition",
    "reliability_curve",
    "reliability_frame",
]


@dataclass(frozen=True)
class ReliabilityBin:
    """The samples whose confidence lies in ``(low, high]``; the first bin includes 0.

    `accuracy` is the share of them in which the event came: the top label was right, or the
    class was the one asked for.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float

    def interval(self, level: float = 0.95) -> Interval:
        """Wilson's interval for the accuracy."""
        return wilson_interval(round(self.accuracy * self.count), self.count, level)


def reliability_curve(
    y_true: ArrayLike,
    log_proba: ArrayLike,
    classes: ArrayLike,
    n_bins: int = 15,
    *,
    binning: str = "width",
    label: Any = None,
) -> tuple[ReliabilityBin, ...]:
    """Mean confidence and accuracy, bin by bin, of the top label or of one class.

    Bins without a sample are left out: they have no mean.  Ties for the top label go to the
    first column.
    Source: Guo et al. (2017), "On calibration of modern neural networks", section 2; for classes
    Kull et al. (2019), "Beyond temperature scaling".

    Parameters
    ----------
    y_true : array_like of shape (n_samples,)
        Labels.
    log_proba : array_like of shape (n_samples, n_classes)
        Natural log-probabilities.
    classes : array_like of shape (n_classes,)
        Labels in the order of the columns.
    n_bins : int
        Number of bins on (0, 1].
    binning : {"width", "mass"}
        Bins of equal width, ``(b/n_bins, (b+1)/n_bins]``, or of as many samples each as ties
        allow: equal confidences share a bin.
    label : optional
        One of `classes`, whose probabilities are judged; None for the top label.

    Returns
    -------
    tuple of ReliabilityBin
        Non-empty bins in order of confidence; their counts sum to n_samples.

    Raises
    ------
    ValueError
        If `n_bins` is below 1, `binning` is another word, a label is not in `classes`, or
        `log_proba` is not a table of log-probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.25, 0.75]])
    >>> [bin] = reliability_curve([0, 0], np.log(p), [0, 1], n_bins=2)
    >>> bin.count, round(bin.confidence, 12), bin.accuracy
    (2, 0.75, 0.5)
    >>> [bin.accuracy for bin in reliability_curve([0, 1], np.log(p), [0, 1], label=1)]
    [0.0, 1.0]
    """
    said = forecasts(y_true, log_proba, classes)
    if label is None:
        confidence, came = said.top()
    else:
        confidence, came = said.of(int(class_indices([label], classes, "label")[0]))
    bins = bins_by(confidence, n_bins, binning)
    count, total, right = bins.sums(), bins.sums(confidence), bins.sums(came)
    return tuple(
        ReliabilityBin(
            low=float(bins.edges[b]),
            high=float(bins.edges[b + 1]),
            count=int(count[b]),
            confidence=float(total[b] / count[b]),
            accuracy=float(right[b] / count[b]),
        )
        for b in np.flatnonzero(count)
    )


def reliability_frame(
    y_true: ArrayLike,
    log_proba: ArrayLike,
    classes: ArrayLike,
    n_bins: int = 15,
    *,
    binning: str = "width",
    label: Any = None,
) -> "DataFrame":
    """Data of one reliability diagram: :func:`reliability_curve` with Wilson's 95 % bands.

    Parameters
    ----------
    y_true, log_proba, classes, n_bins, binning, label
        As in :func:`reliability_curve`.

    Returns
    -------
    pandas.DataFrame
        One row per non-empty bin, with columns `low`, `high`, `count`, `confidence`,
        `accuracy`, `accuracy_low`, `accuracy_high`.  A band that contains the confidence is no
        evidence of miscalibration.

    Raises
    ------
    ValueError
        As :func:`reliability_curve`.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.25, 0.75]])
    >>> frame = reliability_frame([0, 0], np.log(p), [0, 1], n_bins=2)
    >>> frame.loc[0, ["accuracy_low", "accuracy_high"]].round(3).tolist()
    [0.095, 0.905]
    """
    import pandas as pd

    curve = reliability_curve(y_true, log_proba, classes, n_bins, binning=binning, label=label)
    frame = pd.DataFrame(list(curve))
    frame[["accuracy_low", "accuracy_high"]] = [bin.interval() for bin in curve]
    return frame


def expected_calibration_error(
    y_true: ArrayLike,
    log_proba: ArrayLike,
    classes: ArrayLike,
    n_bins: int = 15,
    *,
    binning: str = "width",
    class_wise: bool = False,
) -> float:
    """Mean distance of confidence from accuracy over the bins, weighted by their samples.

    ``sum_b (n_b / n) |accuracy_b - confidence_b|`` over :func:`reliability_curve`, of the top
    label or, class-wise, as the mean over the curves of all classes.  Between 0 and 1.  Finite
    samples push it up: a perfectly calibrated forecaster scores above 0, and
    :func:`~probml.metrics.calibration_error` says how far.

    Parameters
    ----------
    y_true, log_proba, classes, n_bins, binning
        As in :func:`reliability_curve`.
    class_wise : bool
        Whether all probabilities are judged instead of the largest of each row.

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
    judged = list(forecasts(y_true, log_proba, classes).events(class_wise))
    gaps = (np.abs(bins_by(p, n_bins, binning).sums(came - p)).sum() for p, came in judged)
    return float(sum(gaps) / (len(judged) * len(judged[0][0])))


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
