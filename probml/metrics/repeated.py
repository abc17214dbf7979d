"""Intervals for models that were fitted several times: with several seeds, or on several splits.

Scores of several fits on the same rows, or of fits on overlapping training sets, are not
independent, so ``s / sqrt(number of scores)`` is far too small an error for their mean.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from probml._validation import check_number, real_numbers
from probml.metrics.intervals import Interval

__all__ = ["corrected_t_interval", "seeds_interval"]


def seeds_interval(scores: ArrayLike, level: float = 0.95) -> Interval:
    """Interval for the mean score over seeds and rows, of which both are a sample.

    With the variance of the means of seeds, ``v_s = var(mean over rows) / S``, and of rows,
    ``v_r = var(mean over seeds) / n``,

        ``mean ± t sqrt(v_s + v_r)``,

    with Satterthwaite's degrees of freedom, ``(v_s + v_r)² / (v_s²/(S-1) + v_r²/(n-1))``.
    ``v_s + v_r`` is the variance of a bootstrap that draws seeds and rows anew; its percentiles
    are not used because with few seeds they are much too near each other.  What varies with both,
    as noise, is counted twice, so that the interval is rather too wide than too narrow.
    Source: Owen (2007), "The pigeonhole bootstrap", Annals of Applied Statistics 1:386.

    Parameters
    ----------
    scores : array_like of shape (n_seeds, n_samples)
        Score of each fit on each row; for a comparison, differences of two models' scores.
    level : float
        Coverage asked for, in (0, 1).

    Returns
    -------
    Interval
        With two seeds that differ much it is very wide: 0.90 of the asked 0.95 are covered.

    Raises
    ------
    ValueError
        If there are fewer than two seeds or rows, or a score is NaN or infinite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> right = rng.random((5, 1000)) < 0.9
    >>> low, high = seeds_interval(right)
    >>> bool(low < right.mean() < high)
    True
    """
    check_number("level", level, 0, 1, open_low=True, open_high=True)
    x = real_numbers("scores", scores)
    if x.ndim != 2 or min(x.shape) < 2:
        raise ValueError(
            f"scores must be (n_seeds, n_samples), at least two of each (got shape {x.shape}); "
            "for a single fit use bootstrap_interval, which says nothing about other seeds"
        )
    if not np.isfinite(x).all():
        raise ValueError("scores must be finite (got NaN or infinity); leave out seeds that failed")
    variances = [x.mean(axis=1 - axis).var(ddof=1) / x.shape[axis] for axis in (0, 1)]
    total = float(sum(variances))
    if total == 0.0:
        return Interval(float(x.mean()), float(x.mean()))
    share = [(v / total) ** 2 / (k - 1) for v, k in zip(variances, x.shape, strict=True)]
    return _around(float(x.mean()), math.sqrt(total), 1.0 / float(sum(share)), level)


def corrected_t_interval(
    scores: ArrayLike, n_train: int, n_test: int, level: float = 0.95
) -> Interval:
    """Interval for the mean score over splits of one data set into training and test rows.

    Over J splits, ``mean ± t_(J-1) sqrt((1/J + n_test/n_train) s²)``: training sets overlap, and
    more splits of the same rows do not tell more and more.  Source: Nadeau and Bengio (2003),
    "Inference for the generalization error", Machine Learning 52:239.

    Parameters
    ----------
    scores : array_like of shape (n_splits,)
        Mean score on the test rows of each split; for a comparison, the difference of two
        models' scores.
    n_train, n_test : int
        Rows of either part of a split.
    level : float
        Coverage asked for, in (0, 1).

    Returns
    -------
    Interval
        For a fit on `n_train` rows.

    Raises
    ------
    TypeError
        If a number of rows is not an integer.
    ValueError
        If there are fewer than two splits, a score is NaN or infinite, as where a fit failed, or
        a number of rows is below 1.

    Examples
    --------
    >>> low, high = corrected_t_interval([0.90, 0.92, 0.91, 0.93, 0.89], 80, 20)
    >>> round(low, 3), round(high, 3)
    (0.881, 0.939)
    """
    check_number("level", level, 0, 1, open_low=True, open_high=True)
    check_number("n_train", n_train, 1, integer=True)
    check_number("n_test", n_test, 1, integer=True)
    x = real_numbers("scores", scores)
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all():
        raise ValueError(
            "scores must be one finite number per split, at least two "
            f"(got {np.array2string(x, threshold=8, precision=4)}); score every split, or leave "
            "out those that failed and say so"
        )
    error = math.sqrt((1.0 / len(x) + n_test / n_train) * float(x.var(ddof=1)))
    return _around(float(x.mean()), error, len(x) - 1.0, level)


def _around(mean: float, error: float, df: float, level: float) -> Interval:
    spread = float(stdtrit(df, (1.0 + level) / 2.0)) * error
    return Interval(mean - spread, mean + spread)
