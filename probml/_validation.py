"""Checks of parameters and weights, and the wording of errors: expected, got, remedy."""

from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "check_choice",
    "check_flag",
    "check_number",
    "check_priors",
    "check_sample_weight",
    "real_numbers",
]

FloatArray = NDArray[np.floating]

PRIOR_SUM_TOLERANCE = 1e-5
"""How far a sum of priors may be from 1; scikit-learn draws the line at the same place."""


def check_number(
    name: str,
    value: Any,
    low: float,
    high: float = np.inf,
    *,
    integer: bool = False,
    open_low: bool = False,
    open_high: bool = False,
) -> None:
    """Raise unless ``low <= value <= high`` (``<`` at an open end) and the type fits.

    Raises
    ------
    TypeError
        If `value` is not a number, or not an integer where one is needed.
    ValueError
        If `value` is NaN or outside the interval.
    """
    kind = "an integer" if integer else "a number"
    bounds = f"{'(' if open_low else '['}{low}, {high}{')' if open_high else ']'}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral if integer else Real):
        raise TypeError(f"{name} must be {kind} in {bounds} (got {value!r})")
    try:
        x = float(value)
    except OverflowError:  # an int beyond the largest float
        x = float("-inf" if str(value).startswith("-") else "inf")
    above = x > low if open_low else x >= low
    below = x < high if open_high else x <= high
    if not (above and below):
        raise ValueError(f"{name} must be {kind} in {bounds} (got {value!r})")


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Raise :class:`ValueError` unless `value` is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {sorted(choices)} (got {value!r})")


def check_flag(name: str, value: Any) -> None:
    """Raise :class:`TypeError` unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False (got {value!r})")


def real_numbers(name: str, values: ArrayLike) -> FloatArray:
    """`values` as float64.

    Raises
    ------
    ValueError
        If an entry is text, complex, or anything else that is not a real number.

    Examples
    --------
    >>> real_numbers("priors", ["a"])
    Traceback (most recent call last):
    ...
    ValueError: priors must hold real numbers (got dtype <U1)
    """
    array = np.asarray(values)
    if array.dtype.kind == "O":
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError):
            pass
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers (got dtype {array.dtype})")
    return array.astype(np.float64)


def check_priors(priors: ArrayLike | None, counts: NDArray[Any]) -> FloatArray:
    """Class priors: the given ones, or the maximum-likelihood estimate ``counts / sum(counts)``.

    Source: catalogue DI-08.

    Parameters
    ----------
    priors : array_like of shape (n_classes,) or None
        Probabilities of the classes in sorted order of their labels.
    counts : ndarray of shape (n_classes,)
        Weight of each class in the training data.

    Raises
    ------
    ValueError
        If `priors` has another length, a negative or non-finite entry, or does not sum to 1.

    Examples
    --------
    >>> check_priors(None, np.array([1.0, 3.0])).tolist()
    [0.25, 0.75]
    >>> check_priors([0.5, 0.8], np.array([1.0, 3.0]))
    Traceback (most recent call last):
    ...
    ValueError: The sum of the priors should be 1 (got 1.3); pass counts / counts.sum()
    """
    if priors is None:
        frequencies: FloatArray = counts / np.sum(counts)
        return frequencies
    values = real_numbers("priors", priors)
    if values.shape != np.shape(counts):
        raise ValueError(
            f"Number of priors must match number of classes: expected shape {np.shape(counts)} "
            f"(got {values.shape}); the order is that of the sorted labels"
        )
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"Priors must be non-negative and finite (got priors={values.tolist()})")
    with np.errstate(over="ignore"):
        total = float(values.sum())
    if abs(total - 1.0) > PRIOR_SUM_TOLERANCE:
        raise ValueError(
            f"The sum of the priors should be 1 (got {total:.6g}); pass counts / counts.sum()"
        )
    normalised: FloatArray = values / total
    return normalised


def check_sample_weight(sample_weight: ArrayLike | None, n_samples: int) -> FloatArray | None:
    """One finite, non-negative weight per row, not all zero; None stays None.

    A weight of ``k`` stands for ``k`` copies of the row, a weight of zero for none.

    Raises
    ------
    ValueError
        If the shape is wrong, a weight is negative, NaN or infinite, all are zero, or their sum
        overflows or vanishes.

    Examples
    --------
    >>> check_sample_weight([1, 2], 2).tolist()
    [1.0, 2.0]
    """
    if sample_weight is None:
        return None
    weight = real_numbers("sample_weight", sample_weight)
    if weight.ndim == 0:
        weight = np.full(n_samples, float(weight))
    if weight.ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar (got {weight.ndim}D array)")
    if weight.shape != (n_samples,):
        raise ValueError(
            f"sample_weight must have one entry per row: expected shape ({n_samples},) "
            f"(got {weight.shape})"
        )
    if not np.isfinite(weight).all() or (weight < 0).any():
        bad = int(np.flatnonzero(~np.isfinite(weight) | (weight < 0))[0])
        raise ValueError(
            f"sample_weight must be finite and non-negative (got {weight[bad]} in row {bad}); "
            "drop rows of unknown weight"
        )
    if not weight.any():
        raise ValueError("sample_weight must not be zero for every row; leave it out for weight 1")
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not np.isfinite(total) or total < np.finfo(np.float64).tiny:
        raise ValueError(
            f"sample_weight must have a sum that can be divided by (got {total}); "
            "divide the weights by their largest"
        )
    return weight
