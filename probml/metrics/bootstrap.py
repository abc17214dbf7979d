"""Intervals for means of scores that are far from normal: losses, and differences of losses.

Rows are drawn anew, with replacement and within each stratum, and every resample is judged in
units of its own standard error,

    t* = (mean* - mean) / se*,    interval: mean - t*_(high) se  to  mean - t*_(low) se.

A few rows carry much of a log loss.  Percentiles of ``mean*`` ignore that the resamples with few
such rows also know less about their spread; ``t*`` does not.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._crew import Crew
from probml._labels import as_labels
from probml._validation import check_number, real_numbers
from probml.metrics.intervals import Interval

__all__ = ["RandomState", "bootstrap_interval", "bootstrap_table"]

FloatArray = NDArray[np.float64]
RandomState = int | np.random.Generator

# Strata of fewer rows are joined: one row has no spread, and that of two is mostly chance.
_SMALLEST_STRATUM = 5
# Rows drawn at once: their counts, 1 MB, stay in the cache of a core.
_BLOCK = 1 << 17
# Resamples per pass over the scores, where one alone would fill a block: as many as possible, so
# that the table is read seldom, but no more rows than 200 MB of counts.
_FEW, _MANY, _MOST = 4, 16, 1 << 23


def bootstrap_interval(
    scores: ArrayLike,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    n_resamples: int = 1999,
    random_state: RandomState = 0,
) -> Interval:
    """Studentised, stratified bootstrap interval for the mean of a score over rows.

    With weights ``w_k = n_k / n`` of the strata, ``mean = sum_k w_k mean_k`` and
    ``se² = sum_k w_k² s_k² / n_k``.  To both ``se`` and ``se*`` half of the largest deviation of
    one row is added in quadrature, so that a resample in which all rows are alike has a finite
    ``t*``.  For a paired comparison pass the differences ``a - b`` of two models' scores.
    Source: Davison and Hinkley (1997), "Bootstrap methods and their application", section 5.2.

    Parameters
    ----------
    scores : array_like of shape (n_samples,)
        One score per row, or one difference.
    strata : array_like of shape (n_samples,), optional
        Labels within which rows are drawn, usually ``y_true``.  The interval is then that for
        test sets with these class counts.  The smallest strata are joined until each has at
        least five rows.
    level : float
        Coverage asked for, in (0, 1).
    n_resamples : int
        At least ``2 / (1 - level) - 1``.
    random_state : int or numpy.random.Generator
        The same integer gives the same interval.

    Returns
    -------
    Interval
        In the unit of the scores.  Negated scores give the negated interval.  Of width zero only
        if scores do not vary within any stratum.

    Raises
    ------
    ValueError
        If there are fewer than two rows, a score is NaN or infinite, or `strata` has another
        length.

    Examples
    --------
    >>> losses = np.repeat([0.1, 3.0], [95, 5])
    >>> low, high = bootstrap_interval(losses)
    >>> bool(0.1 < low < losses.mean() < high)
    True
    """
    values: FloatArray = real_numbers("scores", scores).astype(np.float64, copy=False)
    if values.ndim != 1:
        raise ValueError(
            f"scores must be one number per row (got shape {values.shape}); pass row_scores"
        )
    return bootstrap_table(values[:, None], strata, level, n_resamples, random_state)[0]


def bootstrap_table(
    scores: FloatArray,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    n_resamples: int = 1999,
    random_state: RandomState = 0,
) -> list[Interval]:
    """Intervals of :func:`bootstrap_interval` for many scores of the same rows at once.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_scores)
        Rows are drawn once for all columns, which costs little more than for one.
    strata, level, n_resamples, random_state
        As in :func:`bootstrap_interval`.

    Returns
    -------
    list of Interval
        One per column.

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`.

    Examples
    --------
    >>> a, b = bootstrap_table(np.array([[1.0, -1.0], [2.0, -2.0], [4.0, -4.0]]))
    >>> (a.low, a.high) == (-b.high, -b.low)
    True
    """
    check_number("level", level, 0, 1, open_low=True, open_high=True)
    check_number("n_resamples", n_resamples, math.ceil(2 / (1 - level)) - 1, integer=True)
    if len(scores) < 2 or not np.isfinite(scores).all():
        raise ValueError(
            f"scores must be finite, for at least two rows (got {_what(scores)}); clip losses, "
            "and score more rows"
        )
    n, m = scores.shape
    random = np.random.default_rng(random_state)
    square = 0.25 * ((scores - scores.mean(axis=0)) ** 2).max(axis=0)
    shift, squares, own = np.zeros((n_resamples, m)), np.tile(square, (n_resamples, 1)), square
    groups = [scores[rows] - scores[rows].mean(axis=0) for rows in _strata(strata, n)]
    with Crew().at_work():  # small products: a second thread would wait more than work
        for group in groups:
            own = own + _square_error(np.zeros(m), (group**2).sum(axis=0), len(group))
            sums = _resampled_sums(np.hstack([group, group**2]), n_resamples, random)
            shift += sums[:, :m]
            squares += _square_error(sums[:, :m], sums[:, m:], len(group))
    t = np.divide(shift, np.sqrt(squares), out=np.zeros_like(shift), where=squares > 0.0)
    t.sort(axis=0)
    k = math.floor((1.0 - level) / 2.0 * (n_resamples + 1) * (1 + 1e-12)) - 1
    se, mean = np.sqrt(own) / n, scores.mean(axis=0)
    low, high = mean - t[n_resamples - 1 - k] * se, mean - t[k] * se
    return [Interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def _what(scores: FloatArray) -> str:
    return f"{len(scores)} rows" if len(scores) < 2 else "NaN or infinity"


def _square_error(total: FloatArray, squares: FloatArray, n: int) -> FloatArray:
    """Square of the standard error of a sum of `n` rows, from their sum and sum of squares."""
    error: FloatArray = np.maximum(squares - total**2 / n, 0.0) * (n / (n - 1))
    return error


def _resampled_sums(table: FloatArray, n_resamples: int, random: np.random.Generator) -> FloatArray:
    """Column sums of `n_resamples` draws of all rows: the counts of the rows times the table."""
    n = len(table)
    sums = np.empty((n_resamples, table.shape[1]))
    step = max(_BLOCK // n, min(_MANY, max(_FEW, _MOST // n)))
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        drawn = random.integers(0, n, size=(size, n))
        drawn += n * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        sums[start : start + size] = counts.astype(np.float64) @ table
    return sums


def _strata(labels: ArrayLike | None, n: int) -> list[NDArray[np.intp]]:
    """Rows of each stratum, the small ones joined in order of their size."""
    if labels is None:
        return [np.arange(n)]
    known = as_labels(labels, "strata")
    if known.size != n:
        raise ValueError(f"strata must have one label per row, {n} (got {known.size})")
    _, code, sizes = np.unique(known, return_inverse=True, return_counts=True)
    by_code = np.split(np.argsort(code, kind="stable"), np.cumsum(sizes)[:-1])
    groups: list[list[NDArray[np.intp]]] = [[]]
    for rows in sorted(by_code, key=len):
        if sum(map(len, groups[-1])) >= _SMALLEST_STRATUM:
            groups.append([])
        groups[-1].append(rows)
    if len(groups) > 1 and sum(map(len, groups[-1])) < _SMALLEST_STRATUM:
        last = groups.pop()
        groups[-1].extend(last)
    return [np.concatenate(group) for group in groups]
