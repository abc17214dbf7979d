"""A calibration error without what chance adds to it, and what chance alone would show.

In bin b outcomes miss forecasts by ``d_b = sum_(i in b) (came_i - p_i) / n``, and the error is
``sum_b |d_b|``.  If the forecasts are calibrated, ``d_b`` has mean 0 and variance
``v_b = sum_(i in b) p_i (1 - p_i) / n²``, and ``|d_b|`` has mean ``sqrt(2 v_b / pi)``, not 0.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from probml.metrics._bins import Bins, Forecasts, bins_by, forecasts
from probml.metrics.intervals import Interval

__all__ = ["CalibrationError", "calibration_error"]

FloatArray = NDArray[np.float64]

# The 25th smallest and largest of 999 are the ends of 95 %, without interpolation.
_SIMULATIONS, _TAIL = 999, 25
_BLOCK = 1 << 17


class CalibrationError(NamedTuple):
    """An expected calibration error, and what to compare it with.

    Attributes
    ----------
    plain : float
        :func:`~probml.metrics.expected_calibration_error`, which chance pushes up.
    debiased : float
        Without that: of mean 0 if the forecasts are calibrated, and thus negative about as
        often as not.
    null : Interval
        Where 95 % of the plain errors lie that a perfectly calibrated forecaster with these
        forecasts has.  A plain error above it is evidence of miscalibration.
    """

    plain: float
    debiased: float
    null: Interval


def calibration_error(
    y_true: ArrayLike,
    log_proba: ArrayLike,
    classes: ArrayLike,
    n_bins: int = 15,
    *,
    binning: str = "width",
    class_wise: bool = False,
) -> CalibrationError:
    """Expected calibration error, its debiased estimate, and its range under calibration.

    Split at random, one half of a bin can say in which direction it is off, and the other by
    how much: ``sign(d') d''`` has mean 0 under calibration, as the halves are independent.  Its
    mean over all splits, where the sums are normal, is

        ``d_b erf(d_b / sqrt(2 v_b)) - 2 sqrt(v_b) phi(d_b / sqrt(v_b))``

    with the standard normal density phi.  It tends to ``|d_b|`` as ``d_b / sqrt(v_b)`` grows, and
    is too small by up to half of ``sqrt(v_b)`` between.  The null band is drawn: outcomes of 999
    forecasters to whom each row happens as it was forecast.  Percentiles of a bootstrap are no
    interval for this error, as resamples carry the bias twice.

    Parameters
    ----------
    y_true, log_proba, classes, n_bins, binning, class_wise
        As in :func:`~probml.metrics.expected_calibration_error`.

    Returns
    -------
    CalibrationError
        The same forecasts have the same band.

    Raises
    ------
    ValueError
        As :func:`~probml.metrics.expected_calibration_error`.

    Examples
    --------
    >>> p = np.linspace(0.01, 0.99, 1000)
    >>> came = np.random.default_rng(0).random(1000) < p
    >>> error = calibration_error(came, np.log(np.column_stack([1 - p, p])), [False, True])
    >>> error.null.low < error.plain < error.null.high, round(error.debiased, 3)
    (True, -0.013)
    """
    said = forecasts(y_true, log_proba, classes)
    events = list(said.events(class_wise))
    bins = [bins_by(p, n_bins, binning) for p, _ in events]
    gaps = np.concatenate([b.sums(came - p) for b, (p, came) in zip(bins, events, strict=True)])
    spread = np.concatenate([b.sums(p * (1.0 - p)) for b, (p, _) in zip(bins, events, strict=True)])
    draws = _class_wise_draws(said, bins) if class_wise else _top_draws(events[0][0], bins[0])
    null = np.sort(np.concatenate([np.abs(gap).sum(axis=-1) for gap in draws]))
    per = len(events) * len(said.truth)
    return CalibrationError(
        plain=float(np.abs(gaps).sum() / per),
        debiased=float(_halved(gaps, np.sqrt(spread)).sum() / per),
        null=Interval(float(null[_TAIL - 1] / per), float(null[-_TAIL] / per)),
    )


def _halved(gap: FloatArray, sd: FloatArray) -> FloatArray:
    """Mean of one half of the gap with the sign of the other, over all halves."""
    certain = sd == 0.0
    x = gap / np.where(certain, 1.0, sd)
    with np.errstate(under="ignore"):
        phi = np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)
    return np.where(certain, np.abs(gap), gap * erf(x / np.sqrt(2.0)) - 2.0 * sd * phi)


def _top_draws(p: FloatArray, bins: Bins) -> Iterator[FloatArray]:
    """Gaps of the bins, blocks of (simulations, bins), if each event comes as forecast."""
    order = np.argsort(bins.bin_of, kind="stable")
    start = np.flatnonzero(np.diff(bins.bin_of[order], prepend=-1))
    ordered, random = p[order], np.random.default_rng(0)
    expected = np.add.reduceat(ordered, start)
    for size in _blocks(len(p)):
        came = random.random((size, len(p))) < ordered
        gaps: FloatArray = np.add.reduceat(came, start, axis=1, dtype=np.float64) - expected
        yield gaps


def _class_wise_draws(said: Forecasts, bins: list[Bins]) -> Iterator[FloatArray]:
    """The same for all classes at once: one class comes true in each row."""
    n, K = said.P.shape
    width = max(len(b.edges) for b in bins)
    cell = np.column_stack([b.bin_of + k * width for k, b in enumerate(bins)])
    expected = np.bincount(cell.ravel(), weights=said.P.ravel(), minlength=K * width)
    cumulative = np.cumsum(np.ascontiguousarray(said.P.T), axis=0)
    random, row = np.random.default_rng(0), K * np.arange(n)
    for _ in range(_SIMULATIONS):
        drawn = _drawn_columns(cumulative, random.random(n) * cumulative[-1])
        came = np.bincount(cell.ravel()[row + drawn], minlength=K * width)
        gaps: FloatArray = came.astype(np.float64) - expected
        yield gaps[None]


def _drawn_columns(cumulative: FloatArray, u: FloatArray) -> NDArray[np.intp]:
    """For each sample the first class whose cumulative probability exceeds `u`.

    The cumulative probabilities are (n_classes, n_samples): each class is one run of memory.
    """
    column = np.zeros(len(u), dtype=np.intp)
    for bound in cumulative[:-1]:
        column += bound <= u
    return column


def _blocks(n: int) -> Iterator[int]:
    step = max(1, _BLOCK // n)
    for done in range(0, _SIMULATIONS, step):
        yield min(step, _SIMULATIONS - done)
