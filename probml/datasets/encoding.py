"""Labels as vectors: the target of a network is one-hot, ``t_k = [y = k]`` (catalogue DT-05)."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from probml._labels import class_indices

__all__ = ["one_hot"]


def one_hot(y: ArrayLike, classes: ArrayLike, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """One row per label, with a single 1 in the column of its class.

    ``t_ik = 1 if y_i = classes_k else 0``; ``classes[t.argmax(axis=1)]`` gives `y` back.
    Source: catalogue DT-05.

    Parameters
    ----------
    y : array_like of shape (n_samples,)
        Labels.
    classes : array_like of shape (n_classes,)
        Every label there is, in the order of the columns: ``range(10)`` for digits,
        ``model.classes_`` for the columns of ``predict_proba``.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)

    Raises
    ------
    ValueError
        If a label is not in `classes`, or `classes` repeats one.

    Examples
    --------
    >>> one_hot(["b", "a"], classes=["a", "b", "c"], dtype=int)
    array([[0, 1, 0],
           [1, 0, 0]])
    """
    column = class_indices(y, classes, "y")
    targets = np.zeros((column.size, np.asarray(classes).size), dtype)
    targets[np.arange(column.size), column] = 1
    return targets
