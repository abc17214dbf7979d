"""Checks that every metric shares: labels become class indices, tables become float64.

A metric that meets input it cannot judge raises; it never returns NaN instead.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["as_labels", "class_indices", "log_table", "row_sum_tolerance", "same_kind"]

FloatArray = NDArray[np.float64]

# What a row of probabilities may miss 1 by, in double precision (catalogue DT-11).
_TOLERANCE = 1e-6


def as_labels(y: ArrayLike, name: str) -> NDArray[Any]:
    """One-dimensional, non-empty array of labels.

    Raises
    ------
    ValueError
        If `y` is empty or not one-dimensional; the message calls it `name`.
    """
    labels = np.asarray(y)
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(
            f"{name} must be one label per sample, with at least one sample "
            f"(got shape {labels.shape}); pass a 1-D array"
        )
    return labels


def class_indices(y: ArrayLike, classes: ArrayLike, name: str = "y_true") -> NDArray[np.intp]:
    """Position of each label in `classes`, which need not be sorted.

    Parameters
    ----------
    y : array_like of shape (n_samples,)
        Labels.
    classes : array_like of shape (n_classes,)
        Distinct labels.
    name : str
        What an error message calls `y`.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        From 0 to n_classes - 1.

    Raises
    ------
    ValueError
        If `classes` repeats a label, or `y` holds one that is not among them, or is
        text where the classes are numbers.

    Examples
    --------
    >>> class_indices(["b", "a", "b"], ["b", "a"]).tolist()
    [0, 1, 0]
    """
    labels, known = as_labels(y, name), as_labels(classes, "classes")
    order = np.argsort(known, kind="stable")
    ordered = known[order]
    if np.any(ordered[1:] == ordered[:-1]):
        raise ValueError("classes must be distinct (got a label twice); pass np.unique(y)")
    same_kind(labels, known, f"{name} and classes")
    position = np.minimum(np.searchsorted(ordered, labels), known.size - 1)
    unknown = ordered[position] != labels
    if np.any(unknown):
        raise ValueError(
            f"{name} must hold only labels listed in classes (got {labels[unknown][0]!r}); "
            "pass every class the model knows, in the order of its columns"
        )
    indices: NDArray[np.intp] = order[position]
    return indices


def same_kind(a: NDArray[Any], b: NDArray[Any], names: str) -> None:
    """Refuse to compare text with numbers, which would quietly be unequal everywhere.

    Raises
    ------
    ValueError
        If one array holds text and the other does not.
    """
    if _is_text(a) != _is_text(b):
        raise ValueError(
            f"{names} must be labels of one kind (got dtypes {a.dtype} and {b.dtype}); "
            "convert one of them"
        )


def _is_text(labels: NDArray[Any]) -> bool:
    if labels.dtype.kind == "O":
        return isinstance(labels[0], str)
    return labels.dtype.kind in "UST"


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
