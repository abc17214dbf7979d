"""What wrong probabilities do to the figures that people compute from them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

__all__ = ["damage"]


def damage(estimator: Any, problem: Any, rows: NDArray[Any]) -> str:
    """One sentence on scores and decisions from the values as returned, and once repaired.

    Repaired values are clipped at zero and divided by their sum, and the classes are taken to be
    as likely as those say: then the expected log loss and Brier score of the repaired values are
    as low as scores can be, and what the returned values seem to score instead is flattery or
    punishment.

    Parameters
    ----------
    estimator : object
        Not fitted.
    problem : Problem
        What it is fitted to.
    rows : ndarray of shape (n, n_features)
        What it is asked for.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from probml.laws.classifiers._wrong import NotNormalised
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    >>> problem = SimpleNamespace(X=X, y=y)
    >>> print(damage(NotNormalised(), problem, np.array([[1.5]])))
    expected log loss 0.698 for 0.693, Brier score 0.5 for 0.5, 0 of 1 decisions at 0.5 changed
    """
    model = clone(estimator).fit(problem.X, problem.y)
    P = np.asarray(model.predict_proba(rows))
    if P.dtype.kind not in "fiu" or P.ndim != 2 or not np.isfinite(P).all():
        return "no score can be computed from these values"
    P = P.astype(np.float64)
    repaired = np.clip(P, 0.0, None)
    totals = repaired.sum(axis=1, keepdims=True)
    if not totals.all():
        return "no score can be computed from these values"
    repaired /= totals
    changed = int(np.any((P > 0.5) != (repaired > 0.5), axis=1).sum())
    return (
        f"expected log loss {_log_loss(P, repaired):.3g} for {_log_loss(repaired, repaired):.3g}, "
        f"Brier score {_brier(P, repaired):.3g} for {_brier(repaired, repaired):.3g}, "
        f"{changed} of {len(P)} decisions at 0.5 changed"
    )


def _log_loss(P: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean over rows of ``-sum_k truth_k log p_k``; what is impossible costs nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = np.where(truth > 0.0, -truth * np.log(P), 0.0)
    return float(costs.sum(axis=1).mean())


def _brier(P: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean over rows of the expected ``sum_j (p_j - [j is the class])^2``."""
    return float((np.sum(P * P, axis=1) - 2.0 * np.sum(P * truth, axis=1) + 1.0).mean())
