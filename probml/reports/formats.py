"""How figures are written: few digits, aligned, a dash where there is nothing to say."""

import math

__all__ = [
    "DASH",
    "decimal",
    "p_value",
    "percent",
    "ratio",
    "ratio_spread",
    "scientific",
    "seconds",
    "short_range",
    "signed",
    "signed_range",
    "spread",
    "value_range",
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


def value_range(low: float, high: float) -> str:
    """From one value to another.

    Examples
    --------
    >>> value_range(0.8663, 0.8794), value_range(2.5, float("inf"))
    ('0.8663–0.8794', '2.5000–inf')
    """
    return f"{decimal(low)}–{decimal(high)}"


def short_range(low: float, high: float) -> str:
    """From one share to another, in three decimals and without their zeros.

    Examples
    --------
    >>> short_range(0.8663, 1.0), short_range(0.0, 0.25)
    ('.866–1', '0–.250')
    """
    return "–".join(_bare(f"{x:.3f}") for x in (low, high))


def _bare(share: str) -> str:
    return {"0.000": "0", "1.000": "1"}.get(share, share.removeprefix("0"))


def signed_range(interval: tuple[float, float]) -> str:
    """From one difference to another.

    Examples
    --------
    >>> signed_range((-0.0012, 0.25))
    '−0.0012 to +0.2500'
    """
    return f"{signed(interval[0])} to {signed(interval[1])}"


def percent(share: float) -> str:
    """A probability in per cent, which never reads as certain unless it is.

    Examples
    --------
    >>> percent(0.9812), percent(0.99999), percent(1e-7), percent(1.0), percent(0.0)
    ('98 %', '>99.9 %', '<0.1 %', '100 %', '0 %')
    """
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    if share < 0.001:
        return "<0.1 %"
    if share > 0.999:
        return ">99.9 %"
    return f"{100 * share:.1f} %" if min(share, 1.0 - share) < 0.01 else f"{100 * share:.0f} %"


def p_value(p: float) -> str:
    """Two digits, or below which power of ten it is.

    Examples
    --------
    >>> p_value(1.0), p_value(0.0312), p_value(2e-8)
    ('1', '0.031', '<0.0001')
    """
    return "<0.0001" if p < 1e-4 else f"{p:.2g}"


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


def spread(low: float, high: float) -> str:
    """Lower to upper quartile of seconds.

    Examples
    --------
    >>> spread(0.5, 1.25)
    '0.500–1.25'
    """
    return f"{seconds(low)}–{seconds(high)}"


def ratio_spread(low: float, high: float) -> str:
    """Lower to upper quartile of ratios.

    Examples
    --------
    >>> ratio_spread(1.9, 2.1)
    '1.9×–2.1×'
    """
    return f"{ratio(low)}–{ratio(high)}"
