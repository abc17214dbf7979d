"""Checks that every metric shares: tables of log-probabilities become float64.

A metric that meets input it cannot judge raises; it never returns NaN instead.
"""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["log_table", "row_sum_tolerance"]

FloatArray = NDArray[np.float64]

# What a row of probabilities may miss 1 by, in double precision (catalogue DT-11).
_TOLERANCE = 1e-6


def row_sum_tolerance(dtype: DTypeLike) -> float:
    """How far a row of probabilities of this type may be from summing to 1.

    1e-6, or half of the type's digits, ``sqrt(eps)``, if those are fewer: a posterior computed
    in single precision from log-likelihoods in the thousands is no better than 1e-4.

    Parameters
    ----------
    dtype : dtype
        Of the table as a model returned it.

    Returns
    -------
    float

    Examples
    --------
    >>> row_sum_tolerance(np.float64), round(row_sum_tolerance(np.float32), 6)
    (1e-06, 0.000345)
    """
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        return _TOLERANCE
    return max(_TOLERANCE, float(np.sqrt(np.finfo(dtype).eps)))


def log_table(log_proba: ArrayLike, n_samples: int, n_classes: int) -> FloatArray:
    """Log-probabilities as a float64 table whose rows sum to one in probability.

    Raises
    ------
    ValueError
        If the shape is not (n_samples, n_classes), an entry is NaN or above zero, or the
        probabilities of a row do not sum to 1 within :func:`row_sum_tolerance` of its type.
    """
    tolerance = row_sum_tolerance(np.asarray(log_proba).dtype)
    table = np.asarray(log_proba, dtype=np.float64)
    if table.shape != (n_samples, n_classes):
        raise ValueError(
            f"log_proba must be (n_samples, n_classes) = ({n_samples}, {n_classes}) "
            f"(got shape {table.shape}); pass the whole predict_log_proba table"
        )
    # Far below zero the exponential underflows to an honest zero.
    with np.errstate(under="ignore", over="ignore"):
        total = np.exp(table).sum(axis=1)
    wrong = ~(np.abs(total - 1.0) <= tolerance)
    if np.any(wrong):
        row = int(np.argmax(wrong))
        raise ValueError(
            f"log_proba must hold natural logarithms of probabilities that sum to 1 in every row "
            f"(got exponentials that sum to {total[row]:.9g} in row {row}); "
            "pass predict_log_proba, or log_softmax of the scores"
        )
    return table
