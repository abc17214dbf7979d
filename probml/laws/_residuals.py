"""How far two results are apart."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["identical", "largest", "refused", "relative"]


def relative(got: Any, expected: Any) -> float:
    """Largest ``|a - b| / (1 + |b|)``; equal infinities are equal, and NaN is infinitely far."""
    a, b = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if a.shape != b.shape or np.isnan(a).any():
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.where(a == b, 0.0, np.abs(a - b) / (1.0 + np.abs(b)))
    return float(np.max(difference, initial=0.0))


def largest(*residuals: float) -> float:
    """Largest of several residuals; NaN if one is NaN, which Python's ``max`` may lose.

    Examples
    --------
    >>> max(0.0, float("nan")), largest(0.0, float("nan"))
    (0.0, nan)
    """
    return float(np.max(residuals))


def identical(got: Any, expected: Any) -> float:
    """0 if two arrays have one shape and equal entries, 1 otherwise."""
    return float(not np.array_equal(np.asarray(got), np.asarray(expected)))


def refused(call: Callable[[], Any]) -> float:
    """0 if `call` raises ValueError, 1 if it returns."""
    try:
        call()
    except ValueError:
        return 0.0
    return 1.0
