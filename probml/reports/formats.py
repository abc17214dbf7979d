"""How figures are written: few digits, aligned, a dash where there is nothing to say."""

import math

__all__ = [
    "DASH",
    "count",
    "decimal",
    "ratio",
    "ratio_spread",
    "scientific",
    "seconds",
    "signed",
    "spread",
]

DASH = "–"


def decimal(x: float | None, digits: int = 4) -> str:
    """Fixed number of digits, or powers of ten from 100,000 on.

    Examples
    --------
    >>> decimal(0.873), decimal(4_210_000.0), decimal(float("inf")), decimal(None)
    ('0.8730', '4.21e+06', 'inf', '–')
    """
    if x is None or math.isnan(x):
        return DASH
    if math.isfinite(x) and abs(x) >= 1e5:
        return f"{x:.2e}"
    return f"{x:,.{digits}f}"


def signed(x: float | None, digits: int = 4) -> str:
    """A difference with its sign; a power of ten rather than a zero that is none.

    Examples
    --------
    >>> signed(0.00012), signed(-0.5), signed(0.0), signed(-0.000012)
    ('+0.0001', '−0.5000', '0', '−1e-05')
    """
    if x is None or math.isnan(x):
        return DASH
    if x == 0:
        return "0"
    size = decimal(abs(x), digits) if abs(x) >= 0.5 * 10**-digits else f"{abs(x):.0e}"
    return ("−" if x < 0 else "+") + size


def scientific(x: float | None) -> str:
    """Two significant digits in powers of ten.

    Examples
    --------
    >>> scientific(2.34e-9), scientific(0.0)
    ('2.3e-09', '0')
    """
    if x is None or math.isnan(x):
        return DASH
    return "0" if x == 0 else f"{x:.1e}"


def seconds(x: float | None) -> str:
    """Three significant digits, but no digit below a tenth of a millisecond.

    Examples
    --------
    >>> seconds(123.4), seconds(1.234), seconds(0.01234)
    ('123', '1.23', '0.0123')
    """
    if x is None or math.isnan(x):
        return DASH
    if x <= 0 or math.isinf(x):
        return f"{x:.0f}"
    digits = min(4, max(0, 2 - math.floor(math.log10(x))))
    return f"{x:,.{digits}f}"


def ratio(x: float | None) -> str:
    """A factor with two significant digits.

    Examples
    --------
    >>> ratio(1.934), ratio(0.0521), ratio(120.0)
    ('1.9×', '0.052×', '120×')
    """
    if x is None or math.isnan(x):
        return DASH
    if x >= 10 or x <= 0:
        return f"{x:,.0f}×"
    digits = max(1, 1 - math.floor(math.log10(x)))
    return f"{x:.{digits}f}×"


def spread(cost: tuple[float, float, float] | None) -> str:
    """Lower to upper quartile of seconds; "n/a" where there is none.

    Examples
    --------
    >>> spread((0.5, 0.75, 1.25)), spread(None)
    ('0.500–1.25', 'n/a')
    """
    return "n/a" if cost is None else f"{seconds(cost[0])}–{seconds(cost[2])}"


def ratio_spread(low: float, high: float) -> str:
    """Lower to upper quartile of ratios; "n/a" where there is none.

    Examples
    --------
    >>> ratio_spread(1.9, 2.1), ratio_spread(math.nan, math.nan)
    ('1.9×–2.1×', 'n/a')
    """
    return "n/a" if math.isnan(low) else f"{ratio(low)}–{ratio(high)}"


def count(n: int | None) -> str:
    """A whole number with thousands separated.

    Examples
    --------
    >>> count(60000)
    '60,000'
    """
    return DASH if n is None else f"{n:,}"
