"""Whether two models say the same, and whether one of them says probabilities at all."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml.metrics.scores import accuracy

__all__ = ["check_probabilities", "label_agreement", "max_abs_difference"]


def check_probabilities(P: ArrayLike, tol: float = 1e-6) -> NDArray[np.float64]:
    """Accept `P` if every row is a probability distribution; never repair it.

    ``0 <= P_ik <= 1`` and ``|sum_k P_ik - 1| <= tol``.  Source: catalogue DT-11.

    Parameters
    ----------
    P : array_like of shape (n_samples, n_classes) or (n_classes,)
        Probabilities; rows are samples.
    tol : float
        Rounding allowed in a row sum, and above 1 in an entry.  Entries below 0 are never
        accepted: they have no logarithm.  For single precision pass
        :func:`~probml.metrics.row_sum_tolerance` of its dtype.

    Returns
    -------
    ndarray of float64
        The values of `P`, unchanged.

    Raises
    ------
    ValueError
        Naming the first row that is not a distribution, and why.

    Examples
    --------
    >>> check_probabilities([[0.25, 0.75]]).tolist()
    [[0.25, 0.75]]
    >>> check_probabilities([[0.25, 0.75], [0.5, 0.52]])
    Traceback (most recent call last):
        ...
    ValueError: row 1: expected probabilities that sum to 1 (got 1.02); divide scores by ...
    """
    table = np.asarray(P, dtype=np.float64)
    if table.ndim not in (1, 2) or table.size == 0:
        raise ValueError(
            f"expected probabilities of shape (n_samples, n_classes) (got shape {table.shape}); "
            "pass the output of predict_proba"
        )
    rows = np.atleast_2d(table)
    # NaN fails both comparisons, so that it is caught here as well.
    inside = (rows >= 0.0) & (rows <= 1.0 + tol)
    if not np.all(inside):
        row, column = (int(i) for i in np.argwhere(~inside)[0])
        raise ValueError(
            f"row {row}: expected probabilities in [0, 1] (got {rows[row, column]:.9g} in "
            f"column {column}); normalise in the log domain, with log_softmax"
        )
    total = rows.sum(axis=1)
    wrong = np.abs(total - 1.0) > tol
    if np.any(wrong):
        row = int(np.argmax(wrong))
        raise ValueError(
            f"row {row}: expected probabilities that sum to 1 (got {total[row]:.9g}); "
            "divide scores by their sum before calling them probabilities"
        )
    return table


def label_agreement(y_a: ArrayLike, y_b: ArrayLike) -> float:
    """Share of samples to which two models give the same label, right or wrong.

    Parameters
    ----------
    y_a, y_b : array_like of shape (n_samples,)
        Predicted labels for the same samples.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If either is empty, not one-dimensional, or the lengths differ.

    Examples
    --------
    >>> label_agreement([1, 2, 3, 4], [1, 2, 3, 3])
    0.75
    """
    return accuracy(y_a, y_b)


def max_abs_difference(P: ArrayLike, Q: ArrayLike) -> float:
    """Largest distance between two tables, ``max |P - Q|``.

    Parameters
    ----------
    P, Q : array_like of one shape
        Finite numbers, such as the probabilities of two models for the same samples.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, the tables are empty, or an entry is NaN or infinite.

    Examples
    --------
    >>> max_abs_difference([[0.5, 0.5]], [[0.25, 0.75]])
    0.25
    """
    a, b = np.asarray(P, dtype=np.float64), np.asarray(Q, dtype=np.float64)
    if a.shape != b.shape or a.size == 0:
        raise ValueError(
            f"expected two non-empty tables of one shape (got {a.shape} and {b.shape}); "
            "compare predictions for the same samples and classes"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(
            "expected finite numbers (got NaN or infinity); compare probabilities, not their "
            "logarithms"
        )
    return float(np.max(np.abs(a - b)))
