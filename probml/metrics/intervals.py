"""Intervals for proportions.

Wilson's interval solves ``|p_hat - p| = z sqrt(p (1 - p) / n)`` for ``p``.  Unlike
``p_hat ± z sqrt(p_hat (1 - p_hat) / n)`` it keeps its coverage near 0 and 1, where the
accuracies of good classifiers lie.
"""

import math
from typing import NamedTuple

from scipy.special import ndtri

__all__ = ["Interval", "share_interval", "wilson_interval"]


class Interval(NamedTuple):
    """Lower and upper end."""

    low: float
    high: float


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval for a proportion, without continuity correction.

    ``(p_hat + z²/2n ± z sqrt(p_hat(1 - p_hat)/n + z²/4n²)) / (1 + z²/n)`` with
    ``z = Phi^-1((1 + level)/2)``.  Source: Wilson (1927), JASA 22:209.

    Parameters
    ----------
    successes : int
        Samples that were right, 0 to `n`.
    n : int
        Samples, at least 1.
    level : float
        Coverage asked for, in (0, 1).

    Returns
    -------
    Interval
        Within [0, 1]; its low end is exactly 0 without a success, its high end exactly 1
        without a failure.

    Raises
    ------
    ValueError
        If `n` is below 1, `successes` is outside 0..n, or `level` is outside (0, 1).

    Examples
    --------
    >>> low, high = wilson_interval(8730, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.8663, 0.8794)
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(
            f"wilson_interval expects 0 <= successes <= n with n >= 1 "
            f"(got successes={successes}, n={n}); pass counts, not shares"
        )
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie in (0, 1) (got {level}); 0.95 is 95 %")
    low, high = share_interval(successes / n, n, float(ndtri((1.0 + level) / 2.0)))
    return Interval(0.0 if successes == 0 else low, 1.0 if successes == n else high)


def share_interval(share: float, n: float, z: float) -> Interval:
    """Solutions p of ``|share - p| = z sqrt(p (1 - p) / n)``, for `n` that need not be whole.

    Parameters
    ----------
    share : float
        In [0, 1].
    n : float
        Rows, or how many rows it is worth, above 0.
    z : float
        Quantile, above 0.

    Returns
    -------
    Interval
        Within [0, 1] up to rounding.

    Examples
    --------
    >>> low, high = share_interval(0.5, 100.0, 1.96)
    >>> round(low, 4), round(high, 4)
    (0.4038, 0.5962)
    """
    z2n = z * z / n
    centre = share + z2n / 2.0
    spread = math.sqrt(z2n * (share * (1.0 - share) + z2n / 4.0))
    return Interval((centre - spread) / (1.0 + z2n), (centre + spread) / (1.0 + z2n))
