"""How far two results are apart."""

from typing import Any

import numpy as np

__all__ = ["relative"]


def relative(got: Any, expected: Any) -> float:
    """Largest ``|a - b| / (1 + |b|)``; equal infinities are equal."""
    a, b = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if a.shape != b.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.where(a == b, 0.0, np.abs(a - b) / (1.0 + np.abs(b)))
    return float(np.max(difference, initial=0.0))
