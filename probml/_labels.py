"""Labels and their classes: checked once, the same way by metrics and data sets."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["as_labels", "class_indices", "distinct", "same_kind"]


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
        first = labels[unknown].tolist()[0]
        raise ValueError(
            f"{name} must hold only labels listed in classes (got {first!r}); "
            "pass every class the model knows, in the order of its columns"
        )
    indices: NDArray[np.intp] = order[position]
    return indices


def distinct(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Sorted distinct labels, and the position of each label among them.

    As `np.unique` does with `return_inverse`; integers of a narrow range are counted, which takes
    a tenth of the time of sorting them.

    Examples
    --------
    >>> labels, positions = distinct(np.array([7, 3, 7]))
    >>> labels.tolist(), positions.tolist()
    ([3, 7], [1, 0, 1])
    """
    if y.dtype.kind in "iu" and y.size:
        low, high = int(y.min()), int(y.max())
        if high - low <= y.size and high <= np.iinfo(np.intp).max:
            shifted = y.astype(np.intp) - low
            seen = np.bincount(shifted) > 0
            labels = (np.flatnonzero(seen) + low).astype(y.dtype)
            return labels, (np.cumsum(seen) - 1)[shifted]
    labels, positions = np.unique(y, return_inverse=True)
    return labels, positions


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
