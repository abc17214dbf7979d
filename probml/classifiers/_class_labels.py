"""Labels that come in parts, and what the rows of each class weigh."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._labels import distinct, same_kind
from probml._validation import check_number
from probml.numerics import FloatArray

__all__ = ["class_factors", "class_positions", "known_classes"]


def known_classes(held: NDArray[Any] | None, classes: ArrayLike | None) -> NDArray[Any]:
    """Sorted labels that a part of the data may hold.

    Parameters
    ----------
    held : ndarray or None
        Labels that the model knows; None before the first part.
    classes : array_like or None
        What the caller says they are.

    Raises
    ------
    ValueError
        If `classes` is missing before the first part, empty, or differs from those held.
    """
    given = None if classes is None else np.unique(np.asarray(classes))
    if held is None:
        if given is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit. "
                "It lists every label that will come"
            )
        if not given.size:
            raise ValueError("classes must list at least one label (got none)")
        known: NDArray[Any] = given
        return known
    if given is not None and not np.array_equal(given, held):
        raise ValueError(
            f"classes must stay the same between calls: {given.tolist()} is not the same as on "
            f"last call to partial_fit (expected {held.tolist()})"
        )
    return held


def class_positions(y: NDArray[Any], known: NDArray[Any]) -> NDArray[np.intp]:
    """Position of each label among the known ones; raises if one is not among them."""
    same_kind(y, known, "y and classes")
    labels, positions = distinct(y)
    strange = np.setdiff1d(labels, known)
    if strange.size:
        raise ValueError(
            f"The target labels {strange.tolist()} in y do not exist in the initial "
            f"classes {known.tolist()}; list every class at the first call"
        )
    return np.searchsorted(known, labels)[positions]


def class_factors(
    class_weight: Any, classes: NDArray[Any], totals: NDArray[np.floating]
) -> FloatArray:
    """What the weights of the rows of each class are multiplied by.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        Factors by label; "balanced" gives all classes the same total, and None is 1 for all.
    classes : ndarray of shape (n_classes,)
        Labels.
    totals : ndarray of shape (n_classes,)
        Sums of the weights of their rows.

    Raises
    ------
    ValueError
        If `class_weight` is something else, or names a label that does not exist.
    """
    if class_weight is None:
        return np.ones(len(totals))
    if isinstance(class_weight, str) and class_weight == "balanced":
        with np.errstate(over="ignore"):
            balanced: FloatArray = totals.sum() / (len(totals) * totals)
        if not np.isfinite(balanced).all():
            raise ValueError(
                "class_weight='balanced' needs weights of one size: expected sums that can be "
                f"divided (got {totals.tolist()}); pass class_weight=None"
            )
        return balanced
    if not isinstance(class_weight, dict):
        raise ValueError(f"class_weight must be None, 'balanced' or a dict (got {class_weight!r})")
    unknown = set(class_weight) - set(classes.tolist())
    if unknown:
        raise ValueError(
            f"class_weight must have labels of y as keys: expected some of "
            f"{classes.tolist()} (got {sorted(unknown, key=str)})"
        )
    for label, factor in class_weight.items():
        check_number(f"class_weight[{label!r}]", factor, 0.0, 1e100)
    return np.array([class_weight.get(k, 1.0) for k in classes.tolist()], dtype=np.float64)
