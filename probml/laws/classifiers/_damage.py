"""What wrong probabilities do to the figures that people compute from them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["damage"]

_NONE = "no score can be computed from these values"


def damage(got: Any, expected: Any = None) -> str:
    """One sentence on scores and decisions by the values as returned, and as they should be.

    The classes are taken to be as likely as `expected` says; then its own expected log loss and
    Brier score are as low as scores can be, and what the returned values seem to score instead
    is flattery or punishment.

    Parameters
    ----------
    got : array_like of shape (n, n_classes)
        Values as returned.
    expected : array_like of shape (n, n_classes), optional
        What they should be; by default `got` clipped at zero and divided by its sums.

    Examples
    --------
    >>> print(damage([[0.6, 0.6]]))
    expected log loss 0.511 for 0.693, Brier score 0.52 for 0.5, decisions at 0.5 changed in 1 of 1
    row
    """
    if got is None:
        return ""
    P = np.asarray(got)
    if P.dtype.kind not in "fiu" or P.ndim != 2 or not np.isfinite(P).all():
        return _NONE
    P = P.astype(np.float64)
    truth = np.clip(P, 0.0, None) if expected is None else np.asarray(expected, dtype=np.float64)
    totals = truth.sum(axis=1, keepdims=True)
    if truth.shape != P.shape or not np.isfinite(truth).all() or not (totals > 0.0).all():
        return _NONE
    truth = truth / totals
    changed = int(np.any((P > 0.5) != (truth > 0.5), axis=1).sum())
    return (
        f"expected log loss {_log_loss(P, truth):.3g} for {_log_loss(truth, truth):.3g}, "
        f"Brier score {_brier(P, truth):.3g} for {_brier(truth, truth):.3g}, "
        f"decisions at 0.5 changed in {changed} of {len(P)} {'row' if len(P) == 1 else 'rows'}"
    )


def _log_loss(P: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean over rows of ``-sum_k truth_k log p_k``; what is impossible costs nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = np.where(truth > 0.0, -truth * np.log(np.clip(P, 0.0, None)), 0.0)
    return float(costs.sum(axis=1).mean())


def _brier(P: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean over rows of the expected ``sum_j (p_j - [j is the class])^2``."""
    return float((np.sum(P * P, axis=1) - 2.0 * np.sum(P * truth, axis=1) + 1.0).mean())
