"""Intervals for the mean of paired differences: is one model better than another on these rows?

Both models are scored on the same rows, and most of the spread is common to both: what counts is
the spread of ``d_i = a_i - b_i``, whose mean has the standard error ``s_d / sqrt(n)``.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from probml._validation import check_number, real_numbers
from probml.metrics.intervals import Interval

__all__ = ["paired_interval"]


def paired_interval(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Interval:
    """Interval for the mean of ``a - b`` over rows that both were scored on.

    ``mean(d) ± t sqrt(var(d) / m)`` over the ``n`` differences and two more, of which a half is
    one unit up, a half one unit down and the rest nothing, ``m = n + 2``.  For shares of right
    labels this is the interval of Agresti and Min (2005), Statistics in Medicine 24:729, which
    keeps its coverage where few rows differ; the two rows matter less the more there are.  The
    unit is 1: of labels, nats, or the Brier score.

    Parameters
    ----------
    a, b : array_like of shape (n_samples,)
        Score of each row by either model, in the order of the same rows.
    level : float
        Coverage asked for, in (0, 1).

    Returns
    -------
    Interval
        Never of width zero, as equal scores on some rows do not prove equal models.

    Raises
    ------
    ValueError
        If the two are empty, of different shapes, or hold NaN or infinity.

    Examples
    --------
    >>> ours = [True] * 90 + [False] * 10
    >>> theirs = [True] * 80 + [False] * 20
    >>> low, high = paired_interval(ours, theirs)
    >>> round(low, 3), round(high, 3)
    (0.036, 0.16)
    """
    check_number("level", level, 0, 1, open_low=True, open_high=True)
    x, y = real_numbers("a", a), real_numbers("b", b)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(
            f"a and b must be one score per row, for the same rows (got shapes {x.shape} and "
            f"{y.shape}); score both models on one test split"
        )
    d = x - y
    if not np.isfinite(d).all():
        raise ValueError("a and b must be finite (got NaN or infinity); clip losses before")
    m = len(d) + 2
    centre = float(d.sum()) / m
    variance = (float(d @ d) + 1.0) / m - centre * centre
    t = float(stdtrit(m - 1, (1.0 + level) / 2.0))
    spread = t * math.sqrt(max(0.0, variance) / m)
    return Interval(centre - spread, centre + spread)
