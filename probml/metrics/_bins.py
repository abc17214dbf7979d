"""Forecasts of events, gathered in bins: how likely each was said to be, and whether it came.

The event is that the top label is right, or that the class is a given one.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._labels import class_indices
from probml._validation import check_choice
from probml.metrics._inputs import log_table

__all__ = ["Bins", "Forecasts", "bins_by", "forecasts"]

FloatArray = NDArray[np.float64]


class Forecasts(NamedTuple):
    """Probabilities (n_samples, n_classes), at most 1, and the column of the true class."""

    P: FloatArray
    truth: NDArray[np.intp]

    def top(self) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Confidence in the top label, the first of several, and whether it is right."""
        column = self.P.argmax(axis=1)
        return self.P[np.arange(len(column)), column], column == self.truth

    def of(self, column: int) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Probability of one class, and whether it is the true one."""
        return self.P[:, column], self.truth == column

    def events(self, class_wise: bool) -> Iterator[tuple[FloatArray, NDArray[np.bool_]]]:
        """The top label, or each class in turn."""
        if class_wise:
            yield from map(self.of, range(self.P.shape[1]))
        else:
            yield self.top()


def forecasts(y_true: ArrayLike, log_proba: ArrayLike, classes: ArrayLike) -> Forecasts:
    """Labels and log-probabilities, checked.

    Raises
    ------
    ValueError
        If a label is not in `classes`, or `log_proba` is not a table of log-probabilities.
    """
    truth = class_indices(y_true, classes)
    table = log_table(log_proba, truth.size, np.size(classes))
    # A log-probability may be a rounding error above zero.
    return Forecasts(np.minimum(np.exp(table), 1.0), truth)


class Bins(NamedTuple):
    """Edges of all bins, from 0 to 1, and the bin ``(edges[b], edges[b + 1]]`` of each sample."""

    edges: FloatArray
    bin_of: NDArray[np.intp]

    def sums(self, values: NDArray[Any] | None = None) -> NDArray[Any]:
        """Sum of the values of each bin; without values, its number of samples."""
        return np.bincount(self.bin_of, weights=values, minlength=len(self.edges) - 1)


def bins_by(confidence: FloatArray, n_bins: int, binning: str) -> Bins:
    """Bins of equal width, or with as equal numbers of samples as ties allow.

    Raises
    ------
    ValueError
        If `n_bins` is below 1, or `binning` neither "width" nor "mass".
    """
    check_choice("binning", binning, ("width", "mass"))
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1 (got {n_bins}); 15 is customary")
    if binning == "width":
        edges = np.linspace(0.0, 1.0, n_bins + 1)
    else:
        last = np.ceil(len(confidence) * np.arange(1, n_bins) / n_bins).astype(np.intp) - 1
        inner = np.sort(confidence)[np.maximum(last, 0)]
        edges = np.unique(np.concatenate([[0.0], inner, [1.0]]))
    return Bins(edges, np.searchsorted(edges[1:-1], confidence, side="left"))
