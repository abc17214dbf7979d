"""Least squares with an L2 penalty, in closed form.

    min  sum_n (t_n - b - w' x_n)^2 + alpha ||w||^2        (catalogue OP-13)

The intercept is not penalised: shifting a function makes it no less smooth.  Hence the columns
and the targets are centred, and with the singular values s of the centred data

    w = V diag(s / (s^2 + alpha)) U' t_c,    b = mean(t) - w' mean(x).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import check_number, real_numbers
from probml.numerics import FloatArray

__all__ = ["Ridge", "ridge"]


class Ridge(NamedTuple):
    """Weights, one per column, and the intercept."""

    coef: FloatArray
    intercept: float


def ridge(X: ArrayLike, t: ArrayLike, alpha: float) -> Ridge:
    """Least squares with an L2 penalty on the weights and none on the intercept.

    Source: catalogue OP-13; notes on Hung-yi Lee's lectures, Regularization.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Rows.
    t : array_like of shape (n_samples,)
        Targets.
    alpha : float
        Strength of the penalty on the *sum* of squares, as scikit-learn's ``Ridge(alpha)``; 0 is
        least squares, with the shortest of several solutions.

    Returns
    -------
    Ridge

    Raises
    ------
    ValueError
        If the shapes do not conform, an entry is not finite, or `alpha` is negative.

    Examples
    --------
    >>> coef, intercept = ridge([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], alpha=2.0)
    >>> coef.round(12).tolist(), round(intercept, 12)
    ([1.0], 2.0)
    """
    check_number("alpha", alpha, 0, open_high=True)
    data, target = real_numbers("X", X), real_numbers("t", t)
    if data.ndim != 2 or not data.size or target.shape != (len(data),):
        raise ValueError(
            "X must be a matrix and t a vector with one entry per row "
            f"(got shapes {data.shape} and {target.shape})"
        )
    if not (np.isfinite(data).all() and np.isfinite(target).all()):
        raise ValueError("X and t must be finite; drop or impute the rows that are not")
    mean, middle = data.mean(axis=0), target.mean()
    U, s, Vt = np.linalg.svd(data - mean, full_matrices=False)
    kept = s > max(data.shape) * np.finfo(np.float64).eps * s[0]
    along = U[:, kept].T @ (target - middle) * (s[kept] / (s[kept] ** 2 + alpha))
    coef: FloatArray = Vt[kept].T @ along
    return Ridge(coef, float(middle - mean @ coef))
